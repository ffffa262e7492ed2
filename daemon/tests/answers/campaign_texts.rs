//! What goes out: one of several texts, to numbers that were looked up.

use mychatflow_data::model::campaign::CampaignState;
use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::waha::{Engine, Operation};
use serde_json::json;

use crate::campaigns::{call, campaign, list, received, spring, unlimited, until, until_state};
use crate::world::{SESSION, World};

#[tokio::test]
async fn each_text_goes_to_its_part_of_the_people() {
    let world = unlimited(Engine::Noweb).await;
    let texts = json!(["Hello {{ name }}", "{{ street }}"]);
    let params = json!({"name": "spring", "text": "Hi {{ name }}", "variants": texts, "file": list(60)});
    campaign(&world, "campaign.create", params).await;
    let preview = call(&world, "campaign.preview", json!({"name": "spring"})).await.unwrap();
    let shown: Vec<_> = preview["items"].as_array().unwrap().iter().map(|line| line["variant"].clone()).collect();
    assert!(["A", "B", "C"].iter().all(|label| shown.contains(&json!(label))) && shown.len() == 5, "{preview:#}");
    for (variants, expected) in [(json!(["Dear {{ name }}"]), ["Dear ", "Hi "].as_slice()), (json!([]), &["Hi "])] {
        let params = json!({"name": "spring", "variants": variants, "limit": 20});
        let other = call(&world, "campaign.preview", params).await.unwrap();
        let texts: Vec<&str> =
            other["items"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect();
        let begins = |with: &&str| texts.iter().any(|text| text.starts_with(*with));
        assert!(expected.iter().all(begins), "{other:#}");
        assert!(texts.iter().all(|text| expected.iter().any(|with| text.starts_with(with))), "{other:#}");
    }
    let broken = json!({"name": "spring", "variants": ["{{ name"]});
    assert!(call(&world, "campaign.preview", broken).await.unwrap_err().contains("line 1"));
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let done = until_state(&world, CampaignState::Completed).await;
    let [a, b, c] = [0, 1, 2].map(|at| done.variants[at].counts);
    assert_eq!((a.sent + b.sent, c.skipped, a.total() + b.total() + c.total()), (60 - c.total(), c.total(), 60));
    assert_eq!((&preview["looked_at"], &preview["left_out"]), (&json!(60), &json!(c.total())));
    let begins = |with: &str| world.waha.sent().iter().filter(|sent| sent.text.starts_with(with)).count() as i64;
    assert_eq!((begins("Hi "), begins("Hello ")), (a.sent, b.sent));
    let report = call(&world, "campaign.report", json!({"name": "spring", "variant": "b"})).await.unwrap();
    let lines = report["items"].as_array().unwrap();
    assert!(lines.len() as i64 == b.total() && lines.iter().all(|line| line["variant"] == "B"), "{report:#}");
    let none = call(&world, "campaign.report", json!({"name": "spring", "variant": "D"})).await.unwrap_err();
    assert!(none.contains("A to C"), "{none}");
}

/// A text as a version without limits may have stored it.
const ENDLESS: &str = "Hi {% for day in range(100000000) %}{{ name }}{% endfor %}";

#[tokio::test]
async fn a_stored_text_that_cannot_be_read_any_more_stops_its_campaign_and_leaves_nobody_out() {
    let world = unlimited(Engine::Noweb).await;
    let made = json!({"name": "spring", "text": "Hi {{ name }}", "file": list(20)});
    let id = campaign(&world, "campaign.create", made).await.id;
    let now = world.daemon.cx.now();
    world.shop.edit_campaign(id, Some(ENDLESS.into()), None, "UTC".into()).await.unwrap();
    let refused = call(&world, "campaign.launch", json!({"name": "spring"})).await.unwrap_err();
    assert!(refused.contains("its text can give nobody a message"), "{refused}");
    assert!(refused.contains("in line 1") && refused.contains("mychatflow campaign edit"), "{refused}");
    // It was launched before the update.
    world.shop.launch_campaign(id, now).await.unwrap();
    let paused = until_state(&world, CampaignState::Paused).await;
    let reason = paused.reason.unwrap();
    assert!(reason.contains("in line 1") && reason.contains("mychatflow campaign clone"), "{reason}");
    assert_eq!((paused.counts.queued, paused.counts.skipped, world.waha.sent_count()), (20, 0, 0));
}

#[tokio::test]
async fn who_is_not_on_whatsapp_is_left_out_and_others_get_it_where_whatsapp_knows_them() {
    let world = unlimited(Engine::Noweb).await;
    world.waha.not_on_whatsapp(SESSION, "447700900001").await.unwrap();
    world.waha.known_as(SESSION, "447700900002", "44770090002@c.us").await.unwrap();
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(100)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let done = until_state(&world, CampaignState::Completed).await;
    assert_eq!((done.counts.sent, done.counts.skipped), (99, 1), "{done:#?}");
    let received = received(&world);
    assert_eq!((received.len(), received.values().max()), (99, Some(&1)));
    assert!(received.contains_key("44770090002@c.us") && !received.contains_key("447700900002@c.us"));
    let left_out = call(&world, "campaign.report", json!({"name": "spring", "state": "skipped"})).await.unwrap();
    assert_eq!(left_out["items"][0]["reason"], "no WhatsApp on this number");
}

#[tokio::test]
async fn a_look_up_that_fails_now_and_then_stops_nothing() {
    let world = unlimited(Engine::Noweb).await;
    let fault = Fault::EngineError("Timed Out".into());
    world.waha.faults().add(Operation::CheckExists, When::Every(5), fault);
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(30)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let told = until(&world, "most of them", |found| found.counts.sent >= 20).await;
    assert!(told.counts.skipped == 0 && told.state == CampaignState::Running, "{told:#?}");
    world.waha.faults().clear();
    let done = until_state(&world, CampaignState::Completed).await;
    assert_eq!(done.counts.sent, 30, "{done:#?}");
}

#[tokio::test]
async fn a_server_that_looks_nothing_up_stops_the_campaign_until_somebody_says_to_go_on_without() {
    let world = unlimited(Engine::Noweb).await;
    let fault = Fault::Answer { status: 501, body: json!({"message": "not implemented by the engine"}) };
    world.waha.faults().add(Operation::CheckExists, When::Always, fault);
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(30)})).await;
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let paused = until_state(&world, CampaignState::Paused).await;
    let reason = paused.reason.unwrap();
    assert!(reason.contains("can't look numbers up") && reason.contains("--no-check"), "{reason}");
    assert_eq!((paused.counts.queued, world.waha.sent_count()), (30, 0));
    campaign(&world, "campaign.edit", json!({"name": "spring", "check": "never"})).await;
    campaign(&world, "campaign.resume", json!({"name": "spring"})).await;
    assert_eq!(until_state(&world, CampaignState::Completed).await.counts.sent, 30);
    assert_eq!(spring(&world).await.check.word(), "never");
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A draft with a picture that came in two pieces.
async fn with_picture(world: &World, people: usize) {
    campaign(world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(people)})).await;
    let (first, rest) = PNG.split_at(12);
    let piece = |data: &[u8], offset: usize, more: bool| {
        json!({"name": "spring", "file_name": "../menu.png", "mime": "image/jpeg", "data": base64(data),
               "offset": offset, "more": more})
    };
    let begun = campaign(world, "campaign.attach", piece(first, 0, true)).await;
    assert_eq!(begun.media, None, "half a file is none");
    let told = call(world, "campaign.launch", json!({"name": "spring"})).await.unwrap_err();
    assert!(told.contains("not whole"), "{told}");
    let told = call(world, "campaign.attach", piece(rest, 99, false)).await.unwrap_err();
    assert!(told.contains("does not follow"), "{told}");
    let media = campaign(world, "campaign.attach", piece(rest, 12, false)).await.media.unwrap();
    assert_eq!(
        (media.file_name.as_str(), media.mime.as_str(), media.bytes),
        ("menu.png", "image/png", PNG.len() as u64)
    );
}

async fn a_picture_goes_out_once(engine: Engine) {
    let world = unlimited(engine).await;
    with_picture(&world, 20).await;
    // It is sent, and we do not hear of it: it is found by its caption.
    world.waha.faults().add(Operation::SendMedia, When::Every(7), Fault::DoThenCut);
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let done = until_state(&world, CampaignState::Completed).await;
    assert_eq!(done.counts.sent, 20, "{done:#?}");
    let received = received(&world);
    assert_eq!((received.len(), received.values().max()), (20, Some(&1)));
    assert!(world.waha.sent().iter().any(|sent| sent.text == "Hi Person 7"));
    let posted: Vec<_> = world.waha.requests().into_iter().filter(|asked| asked.path == "/api/sendImage").collect();
    let body = posted[0].json();
    assert_eq!((&body["file"]["data"], &body["file"]["filename"]), (&json!(base64(PNG)), &json!("menu.png")));
    let report = call(&world, "campaign.report", json!({"name": "spring", "limit": 1})).await.unwrap();
    let shown = call(&world, "chat.show", json!({"chat": report["items"][0]["chat"]})).await.unwrap();
    let message = &shown["items"][0];
    assert_eq!((&message["kind"], &message["media"]["file_name"]), (&json!("image"), &json!("menu.png")), "{shown:#}");
}

#[tokio::test]
async fn a_picture_goes_out_once_where_texts_have_ids_of_ours() {
    a_picture_goes_out_once(Engine::Noweb).await;
}

#[tokio::test]
async fn a_picture_goes_out_once_without_ids() {
    a_picture_goes_out_once(Engine::Webjs).await;
}

#[tokio::test]
async fn a_server_that_sends_no_files_stops_the_campaign_with_what_to_do() {
    let world = unlimited(Engine::Noweb).await;
    with_picture(&world, 20).await;
    let told = "The feature is available only in Plus version for 'NOWEB' engine.";
    let fault = Fault::Answer { status: 422, body: json!({"message": told, "error": "Unprocessable Entity"}) };
    world.waha.faults().add(Operation::SendMedia, When::Always, fault);
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let paused =
        until(&world, "paused", |found| found.state == CampaignState::Paused && found.counts.sending == 0).await;
    let reason = paused.reason.unwrap();
    assert!(reason.contains("2026.6.1") && reason.contains("--no-media"), "{reason}");
    assert_eq!((paused.counts.queued, world.waha.sent_count()), (20, 0));
    let empty = json!({"name": "spring", "file_name": "", "mime": "", "data": ""});
    assert_eq!(campaign(&world, "campaign.attach", empty).await.media, None);
    campaign(&world, "campaign.resume", json!({"name": "spring"})).await;
    assert_eq!(until_state(&world, CampaignState::Completed).await.counts.sent, 20);
    assert_eq!(received(&world).values().max(), Some(&1));
}

#[tokio::test]
async fn what_is_no_file_for_people_is_refused() {
    let world = unlimited(Engine::Noweb).await;
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi", "file": list(1)})).await;
    for (mime, data, why) in [
        ("application/zip", base64(b"PK"), "can't go with a campaign"),
        ("image/png", base64(b"<html>"), "is no image/png"),
        ("image/png", "%%".to_owned(), "not base64"),
    ] {
        let params = json!({"name": "spring", "file_name": "x", "mime": mime, "data": data});
        let told = call(&world, "campaign.attach", params).await.unwrap_err();
        assert!(told.contains(why), "{told}");
    }
    assert_eq!(spring(&world).await.media, None);
}

#[tokio::test]
async fn a_test_is_a_real_message_that_counts_nowhere() {
    let world = unlimited(Engine::Noweb).await;
    let file = "phone,name,city\n+447700900001,Ana,Bath\n+447700900002,Ben,Hull\n";
    let params = json!({"name": "spring", "text": "Hi {{ name }}", "variants": ["{{ city }}!"], "file": file});
    campaign(&world, "campaign.create", params).await;
    let own = call(&world, "campaign.test", json!({"name": "spring"})).await.unwrap();
    assert_eq!((&own["phone"], &own["text"]), (&json!("+447700900500"), &json!("Hi Ana")));
    let to = json!({"name": "spring", "to": "+447700900002", "variant": "B"});
    assert_eq!(call(&world, "campaign.test", to).await.unwrap()["text"], "Hull!");
    world.waha.wait_for_sent(2, crate::world::DEADLINE).await.unwrap();
    let sent: Vec<_> = world.waha.sent().into_iter().map(|sent| (sent.chat_id, sent.text)).collect();
    assert!(sent.contains(&("447700900500@c.us".into(), "Hi Ana".into())), "{sent:?}");
    assert!(sent.contains(&("447700900002@c.us".into(), "Hull!".into())), "{sent:?}");
    let found = spring(&world).await;
    assert_eq!((found.state, found.counts.queued, found.counts.total()), (CampaignState::Draft, 2, 2));
    // Nobody took the chat over.
    let chat = call(&world, "chat.list", json!({})).await.unwrap();
    assert!(chat["items"].as_array().unwrap().iter().all(|chat| chat["paused_until"].is_null()), "{chat:#}");
    let told = call(&world, "campaign.test", json!({"name": "spring", "variant": "C"})).await.unwrap_err();
    assert!(told.contains("A to B"), "{told}");
}

#[tokio::test]
async fn a_copy_is_for_those_who_are_meant_and_a_chart_shows_how_it_went() {
    let world = unlimited(Engine::Noweb).await;
    let file = "phone,name,city\n+447700900001,Ana,Bath\n+447700900002,Ben,\nnobody,N,Bath\n";
    let text = "Hi {{ name }} in {{ city }}";
    campaign(&world, "campaign.create", json!({"name": "spring", "text": text, "file": file})).await;
    let before = call(&world, "campaign.series", json!({"name": "spring"})).await.unwrap();
    assert_eq!(before, json!({"from": null, "step_s": 0, "points": []}));
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    until_state(&world, CampaignState::Completed).await;
    let series = call(&world, "campaign.series", json!({"name": "spring"})).await.unwrap();
    let sum =
        |what: &str| -> i64 { series["points"].as_array().unwrap().iter().map(|at| at[what].as_i64().unwrap()).sum() };
    assert_eq!((sum("sent"), sum("failed")), (1, 0), "{series:#}");
    let not_reached = json!({"name": "spring", "copy": "summer", "whom": "not_reached"});
    let copy = campaign(&world, "campaign.clone", not_reached).await;
    assert_eq!(
        (copy.state, copy.text.as_str(), copy.counts.queued, copy.recipients),
        (CampaignState::Draft, text, 1, 1)
    );
    let all = campaign(&world, "campaign.clone", json!({"name": "spring", "copy": "autumn"})).await;
    assert_eq!((all.counts.queued, all.counts.skipped), (2, 1));
    let taken = call(&world, "campaign.clone", json!({"name": "spring", "copy": "Summer"})).await.unwrap_err();
    assert!(taken.contains("already"), "{taken}");
    let nobody = json!({"name": "summer", "copy": "winter", "whom": "no_reply"});
    let nobody = call(&world, "campaign.clone", nobody).await.unwrap_err();
    assert!(nobody.contains("nobody of summer is left"), "{nobody}");
}
