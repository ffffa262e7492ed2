//! What scripts build on: the documents that commands print with `--json`, the exit status, and what is never logged.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use mychatflow_sandbox::waha::Engine;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::support::{DEADLINE, NUMBER, QUESTION, Ran, Shop, World};

/// Fails unless the document has all these keys; there may be more.
fn has(document: &Value, keys: &[&str]) {
    for key in keys {
        assert!(document.get(*key).is_some(), "{key} is missing in {document:#}");
    }
}

async fn one(world: &World, line: &[&str]) -> Value {
    let mut lines = world.done(line).await;
    assert_eq!(lines.len(), 1, "{line:?} prints one document");
    lines.remove(0)
}

const MESSAGE: [&str; 8] = ["id", "at", "direction", "author", "state", "text", "wa_id", "reason"];
const CHAT: [&str; 9] = ["id", "name", "phone", "state", "reason", "mode", "paused_until", "unread", "last_at"];
const SENT: [&str; 4] = ["id", "state", "wa_id", "client_ref"];

#[tokio::test]
async fn a_shop_is_furnished_and_its_number_paired() {
    let mut world = World::unfurnished(Shop::on(Engine::Noweb)).await;
    world.start().await;
    let tenant = one(&world, &["tenant", "add", "Shop", "--plan", "starter", "--timezone", "Europe/Berlin"]).await;
    has(&tenant, &["id", "name", "plan", "timezone"]);
    assert_eq!(
        (&tenant["name"], &tenant["plan"], &tenant["timezone"]),
        (&json!("Shop"), &json!("starter"), &json!("Europe/Berlin"))
    );
    assert_eq!(world.run(&["tenant", "add", "Shop"]).await.code, 1, "the name is taken");
    assert_eq!(one(&world, &["settings", "set", "reply.mode", "draft"]).await["value"], "draft");
    assert_eq!(world.run(&["settings", "set", "reply.mode", "sometimes"]).await.code, 1);
    has(&one(&world, &["quick-reply", "add", "Address", "Quay Street 12"]).await, &["label", "text"]);

    let added = one(&world, &["instance", "add", NUMBER, "--waha", "main", "--session", NUMBER]).await;
    has(&added, &["id", "name", "session", "status", "webhook_url"]);
    assert_eq!((&added["name"], &added["session"]), (&json!(NUMBER), &json!(NUMBER)));
    assert!(added["status"].is_string(), "the server is up: {added}");
    let webhook = one(&world, &["instance", "webhook", NUMBER, "--reveal"]).await;
    assert_eq!(webhook["url"], added["webhook_url"]);
    let key = webhook["hmac_key"].as_str().unwrap();
    let told = world.waha.config(NUMBER).unwrap().to_string();
    assert!(key.len() >= 32 && told.contains(key) && told.contains(webhook["url"].as_str().unwrap()), "{told}");
    let hidden = one(&world, &["instance", "webhook", NUMBER]).await;
    assert_eq!(hidden["hmac_key"], Value::Null);

    world.pair().await;
    let shown = one(&world, &["instance", "show", NUMBER]).await;
    has(&shown, &["id", "name", "waha", "session", "status", "verdict", "reason", "since", "me"]);
    assert_eq!((&shown["status"], &shown["verdict"]), (&json!("WORKING"), &json!("healthy")));
    assert!(shown["me"].to_string().contains("447700900500"), "{shown}");
}

#[tokio::test]
async fn a_question_is_answered_counted_and_paid() {
    let world = World::open(Shop::on(Engine::Noweb)).await;
    world.ana_asks().await;
    world.answered_once(DEADLINE).await;

    let chat = one(&world, &["chat", "list"]).await;
    has(&chat, &CHAT);
    assert_eq!(
        (&chat["name"], &chat["phone"], &chat["mode"]),
        (&json!("Ana"), &json!("+447700900123"), &json!("auto"))
    );
    let messages = world.done(&["chat", "show", chat["id"].as_str().unwrap()]).await;
    messages.iter().for_each(|message| has(message, &MESSAGE));
    let whose: Vec<_> = messages.iter().map(|message| (&message["direction"], &message["author"])).collect();
    assert_eq!(whose, [(&json!("in"), &json!("customer")), (&json!("out"), &json!("assistant"))]);
    assert_eq!(messages[0]["text"], QUESTION);
    assert!(messages[0]["wa_id"].as_str().unwrap().starts_with("false_"), "{:#}", messages[0]);
    assert!(messages[1]["wa_id"].as_str().unwrap().starts_with("true_"), "{:#}", messages[1]);

    let credits = world.credits().await;
    has(&credits, &["plan", "granted", "used", "reserved", "balance", "period_start", "period_end"]);
    assert_eq!((&credits["granted"], &credits["used"], &credits["balance"]), (&json!(400), &json!(1), &json!(399)));
    let granted = one(&world, &["credit", "grant", "50", "--note", "a gift"]).await;
    has(&granted, &["id", "amount", "balance"]);
    assert_eq!((&granted["amount"], &granted["balance"]), (&json!(50), &json!(449)));
    assert_eq!(one(&world, &["credit", "audit"]).await, json!({"balance": 449, "derived": 449, "drift": 0}));

    let stats = one(&world, &["stats"]).await;
    has(&stats, &["ingest", "answers", "sends"]);
    let kinds = ["accepted", "duplicate", "bad_signature", "unreadable", "ignored"];
    has(&stats["ingest"], &kinds);
    let sum: i64 = kinds.iter().map(|kind| stats["ingest"][kind].as_i64().unwrap()).sum();
    assert_eq!(stats["ingest"]["received"], sum, "{stats:#}");
    assert!(sum >= 1 && stats["sends"]["sent"] == 1, "{stats:#}");
}

const CAMPAIGN: [&str; 7] = ["id", "name", "state", "recipients", "counts", "eta", "per_hour"];

#[tokio::test]
async fn a_campaign_is_written_down_launched_and_reported() {
    let limits = "[campaign]\ngap_s = [0, 0]\nper_hour = 2\n";
    let world = World::open(Shop { daemon: limits, ..Shop::on(Engine::Noweb) }).await;
    let list = "phone,name,city\n07700 900201,Ben,Bath\n07700 900202,Cleo,\n+447700900203,Dee,Hull\nnobody,Eve,Bath\n";
    std::fs::write(world.path().join("people.csv"), list).unwrap();
    let file = ["--file", "people.csv", "--country", "GB"];
    let create = |name, text| [&["campaign", "create", name, "--text", text], &file[..]].concat();
    let refused = world.run(&create("spring", "Hi {{ name }")).await;
    assert!(refused.code == 1 && refused.stderr.contains("line 1"), "{}", refused.stderr);
    let made = one(&world, &create("spring", "Hi {{ name }} in {{ city }}")).await;
    has(&made, &CAMPAIGN);
    assert_eq!((&made["state"], &made["recipients"]), (&json!("draft"), &json!(4)));
    assert_eq!((&made["counts"]["queued"], &made["counts"]["skipped"]), (&json!(3), &json!(1)));
    assert_eq!(world.run(&create("Spring", "Hi")).await.code, 1, "the name is taken");
    let preview = world.done(&["campaign", "preview", "spring"]).await;
    assert_eq!(preview[0]["text"], "Hi Ben in Bath");
    assert_eq!((&preview[1]["reason"], &preview[3]["phone"]), (&json!("no value for city"), &json!("nobody")));
    let unstored = [&["campaign", "preview", "--text", "Dear {{ name }}", "--limit", "1"], &file[..]].concat();
    assert_eq!(one(&world, &unstored).await["text"], "Dear Ben");

    one(&world, &["campaign", "edit", "spring", "--text", "Hello {{ name }} in {{ city }}"]).await;
    assert_eq!(one(&world, &["campaign", "launch", "spring"]).await["state"], "running");
    world
        .until("two an hour", DEADLINE, async || {
            let shown = one(&world, &["campaign", "show", "spring"]).await;
            (shown["counts"]["queued"] == 0).then_some(())
        })
        .await;
    world.waha.wait_for_sent(2, DEADLINE).await.unwrap();
    let texts: Vec<String> = world.waha.sent().into_iter().map(|sent| sent.text).collect();
    assert_eq!(texts, ["Hello Ben in Bath", "Hello Dee in Hull"]);
    world
        .until("it is through", DEADLINE, async || {
            (one(&world, &["campaign", "show", "spring"]).await["state"] == "completed").then_some(())
        })
        .await;
    let report = world.done(&["campaign", "report", "spring"]).await;
    report.iter().for_each(|line| has(line, &["phone", "name", "state", "reason", "wa_id", "at"]));
    assert_eq!((&report[1]["state"], &report[1]["reason"]), (&json!("skipped"), &json!("no value for city")));
    assert_eq!(world.done(&["campaign", "report", "spring", "--state", "skipped"]).await.len(), 2);

    // The number has sent its two of this hour: the next campaign waits, is paused, resumed and cancelled.
    one(&world, &create("summer", "Hi {{ name }}")).await;
    one(&world, &["campaign", "launch", "summer"]).await;
    let slow = world
        .until("the reason", DEADLINE, async || {
            let shown = one(&world, &["campaign", "show", "summer"]).await;
            (!shown["reason"].is_null()).then_some(shown)
        })
        .await;
    assert!(slow["reason"].as_str().unwrap().ends_with(": 2 an hour reached"), "{slow:#}");
    let people = world.command(&["campaign", "show", "summer"]).output().await.unwrap();
    let people = String::from_utf8(people.stdout).unwrap();
    assert!(people.starts_with("[xxxxxxxxxx..............................] 1 of 4\n"), "{people}");
    assert_eq!(world.run(&["campaign", "remove", "summer"]).await.code, 1, "it is under way");
    assert_eq!(one(&world, &["campaign", "pause", "summer"]).await["state"], "paused");
    assert_eq!(one(&world, &["campaign", "resume", "summer"]).await["state"], "running");
    let cancelled = one(&world, &["campaign", "cancel", "summer"]).await;
    assert_eq!((&cancelled["state"], &cancelled["counts"]["skipped"]), (&json!("cancelled"), &json!(4)));
    let names: Vec<Value> =
        world.done(&["campaign", "list"]).await.into_iter().map(|campaign| campaign["name"].clone()).collect();
    assert_eq!(names, ["summer", "spring"]);
    assert_eq!(one(&world, &["campaign", "remove", "summer"]).await["name"], "summer");
    assert_eq!(world.waha.sent_count(), 2);
}

#[tokio::test]
async fn a_human_writes_and_steers() {
    let world = World::open(Shop::on(Engine::Noweb)).await;
    // Somebody who never wrote may be kept from the assistant.
    let paused = one(&world, &["chat", "pause", "+44 7700 900124", "--for", "12h"]).await;
    has(&paused, &CHAT);
    assert!(paused["paused_until"].is_string(), "{paused}");
    world.ana_asks().await;
    world.answered_once(DEADLINE).await;
    let ana = world.ana.phone.as_str();

    let sent = one(&world, &["chat", "send", ana, "Marta here, see you!", "--wait", "30s"]).await;
    has(&sent, &SENT);
    assert!(["sent", "delivered", "read"].contains(&sent["state"].as_str().unwrap()), "{sent}");
    assert!(sent["wa_id"].as_str().unwrap().starts_with("true_"), "{sent}");
    let mine = "0193c1f5-0000-7000-8000-000000000001";
    let queued = one(&world, &["chat", "send", ana, "One more thing.", "--client-ref", mine]).await;
    assert_eq!((&queued["state"], &queued["client_ref"]), (&json!("queued"), &json!(mine)));
    assert_eq!(one(&world, &["chat", "send", ana, "One more thing.", "--client-ref", mine]).await["id"], queued["id"]);
    world.at_rest().await;
    let texts: Vec<String> = world.reached_ana().into_iter().map(|sent| sent.text).collect();
    assert_eq!(texts[1..], ["Marta here, see you!", "One more thing."]);
    assert_eq!(world.bill().await, (1, 0), "people cost nothing");

    let chats = world.done(&["chat", "list"]).await;
    let chat = chats.iter().find(|chat| chat["name"] == "Ana").unwrap();
    assert!(chat["paused_until"].is_string(), "a human took over: {chat}");
    assert_eq!(one(&world, &["chat", "resume", ana]).await["paused_until"], Value::Null);
    assert!(one(&world, &["chat", "pause", "Ana"]).await["paused_until"].is_string());
}

#[tokio::test]
async fn the_queue_and_the_daemon_tell_how_they_are() {
    let world = World::open(Shop::on(Engine::Noweb)).await;
    world.gemini.stop_listening().await;
    world.ana_asks().await;
    let waits = world.waiting("answer_chat", "gemini").await;
    has(&waits, &["id", "kind", "state", "reason", "age_s", "attempts"]);
    assert!(waits["attempts"].as_i64().unwrap() >= 1, "{waits}");
    let id = waits["id"].as_str().unwrap();
    assert_eq!(one(&world, &["queue", "hold", id]).await["state"], "held");
    assert_ne!(one(&world, &["queue", "release", id]).await["state"], "held");

    let status = one(&world, &["daemon", "status"]).await;
    has(&status, &["version", "protocol", "pid", "uptime_s", "socket", "webhook", "waha", "gemini", "store"]);
    assert_eq!(status["pid"], world.pid());
    assert_eq!((&status["waha"][0]["name"], &status["waha"][0]["health"]), (&json!("main"), &json!("ok")));
    assert_eq!((&status["gemini"]["health"], &status["store"]["health"]), (&json!("down"), &json!("ok")));

    let mut events = world.command(&["events", "--follow", "--json", "--topic", "interaction.added"]);
    let mut events = events.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = events.stdout.take().unwrap();
    let heard = async {
        let mut text = Vec::new();
        while !text.contains(&b'\n') {
            // Until the subscription stands nobody can tell; what Ana says then is heard.
            world.ana_says("hello?").await;
            let _quiet = tokio::time::timeout(std::time::Duration::from_secs(1), stdout.read_buf(&mut text)).await;
        }
        text
    };
    let text = tokio::time::timeout(DEADLINE, heard).await.unwrap();
    let line: Value = serde_json::from_slice(text.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    has(&line, &["seq", "tenant", "topic", "at", "data"]);
    assert_eq!(line["topic"], "interaction.added");
    events.kill().await.unwrap();
}

#[tokio::test]
async fn the_exit_status_says_what_went_wrong() {
    let mut world = World::open(Shop::on(Engine::Noweb)).await;
    assert_eq!(world.run(&["credit", "audit"]).await.code, 0);
    let refused = world.run(&["chat", "send", "nobody of this name", "hi"]).await;
    assert_eq!((refused.code, refused.lines), (1, vec![]));
    assert_eq!(world.run(&["chat", "lsit"]).await.code, 2);
    assert!(world.stop().await.success());
    let alone = world.run(&["credit", "audit"]).await;
    assert_eq!((alone.code, alone.lines), (3, vec![]));
    assert!(alone.stderr.contains("mychatflow daemon"), "{}", alone.stderr);
}

/// Another account of the machine gets to the socket, and no further.
#[tokio::test]
async fn a_stranger_is_not_allowed() {
    const NOBODY: u32 = 65_534;
    let groups = std::fs::read_to_string("/etc/group").unwrap();
    let group = groups.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.get(2) == Some(&"65534")).then(|| fields[0].to_owned())
    });
    let root = std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    let (Some(group @ ("nogroup" | "nobody")), true) = (group.as_deref(), root) else {
        eprintln!("left out: only root can be somebody else");
        return;
    };
    let daemon = if group == "nogroup" { "socket_group = \"nogroup\"" } else { "socket_group = \"nobody\"" };
    let world = World::open(Shop { daemon, ..Shop::on(Engine::Noweb) }).await;
    // Where strangers may go.
    std::fs::set_permissions(world.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let program = world.path().join("mychatflow");
    std::fs::copy(env!("CARGO_BIN_EXE_mychatflow"), &program).unwrap();
    let mut command = world.command_of(&program, &["credit", "audit", "--json"]);
    let ran = Ran::of(command.uid(NOBODY).gid(NOBODY).output().await.unwrap()).unwrap();
    assert_eq!((ran.code, ran.lines), (4, vec![]), "{}", ran.stderr);
    assert_eq!(world.run(&["credit", "audit"]).await.code, 0);
}

#[tokio::test]
async fn it_ends_in_order_and_has_logged_no_secret() {
    let mut world = World::open(Shop::on(Engine::Noweb)).await;
    let webhook = one(&world, &["instance", "webhook", NUMBER, "--reveal"]).await;
    // Trouble is told more about than success.
    world.gemini.answer_next("429_no_details");
    let error = mychatflow_sandbox::faults::Fault::DoThenEngineError("it broke".to_owned());
    let once = mychatflow_sandbox::faults::When::Next(1);
    world.waha.faults().add(mychatflow_sandbox::waha::Operation::SendText, once, error);
    world.ana_asks().await;
    world.answered_once(DEADLINE).await;
    world.done(&["chat", "send", &world.ana.phone, "Marta here, see you!", "--wait", "30s"]).await;
    let answer = world.reached_ana()[0].text.clone();
    assert!(world.stop().await.success(), "{}", world.log());

    let log = world.log();
    let place = |words: &str| log.find(words).unwrap_or_else(|| panic!("{words:?} is not logged:\n{log}"));
    assert!(place("ready webhook=") < place("signal=\"SIGTERM\"") && place("SIGTERM") < place("stopped"), "{log}");
    assert!(log.contains("a send did not end well"), "the trouble is told: {log}");
    for secret in [
        webhook["hmac_key"].as_str().unwrap(),
        world.waha.api_key(),
        world.gemini.api_key(),
        QUESTION,
        &answer,
        "sourdough",
        "Marta",
        "7700900123",
        "7700 900123",
        "Ana",
    ] {
        assert!(!log.contains(secret), "{secret:?} is in the log:\n{log}");
    }
}

#[tokio::test]
async fn a_placeholder_of_another_program_is_warned_of_before_it_goes_out() {
    let world = World::open(Shop::on(Engine::Noweb)).await;
    let create =
        ["campaign", "create", "spring", "--text", "Hi {name}, come by!", "--to", "+447700900124", "--no-check"];
    let ran = world.run(&create).await;
    assert!(
        ran.code == 0 && ran.stderr.contains("warning: {name} is a placeholder of another program"),
        "{}",
        ran.stderr
    );
    assert!(ran.lines[0]["warnings"][0].as_str().unwrap().ends_with("write {{ name }}"), "{:#}", ran.lines[0]);
    let ran = world.run(&["campaign", "preview", "spring"]).await;
    assert!(ran.stderr.contains("{name} is a placeholder"), "{}", ran.stderr);
    let ran = world.run(&["campaign", "launch", "spring"]).await;
    assert!(ran.code == 1 && ran.stderr.contains("--yes"), "nobody is there to be asked: {}", ran.stderr);
    assert_eq!(one(&world, &["campaign", "show", "spring"]).await["state"], "draft");
    assert_eq!(one(&world, &["campaign", "launch", "spring", "--yes"]).await["state"], "running");
    let own = ["campaign", "create", "summer", "--text", "Hi {{ name }}, 20% off", "--to", "+447700900124"];
    let ran = world.run(&own).await;
    assert!(!ran.stderr.contains("warning") && ran.lines[0].get("warnings").is_none(), "{}", ran.stderr);
}

#[tokio::test]
async fn a_text_may_begin_with_a_hyphen_and_an_escaped_new_line_is_remarked_on() {
    let world = World::open(Shop::on(Engine::Noweb)).await;
    let reply = one(&world, &["quick-reply", "add", "Prices", "- Bread 3 €\n- Cake 4 €"]).await;
    assert_eq!(reply["text"], "- Bread 3 €\n- Cake 4 €");
    world.done(&["credit", "grant", "5", "--note", "-- a gift"]).await;
    world.ana_asks().await;
    world.answered_once(DEADLINE).await;
    let sent = one(&world, &["chat", "send", "+447700900123", "-5% today", "--wait", "30s"]).await;
    assert!(sent["wa_id"].is_string(), "{sent:#}");
    let made = one(&world, &["campaign", "create", "dash", "--text", "-10% for you", "--to", "+447700900124"]).await;
    assert_eq!(made["text"], "-10% for you");
    let ran = world.run(&["quick-reply", "add", "Lines", r"first\nsecond"]).await;
    assert!(ran.code == 0 && ran.stderr.contains(r"has \n in it"), "{}", ran.stderr);
    assert_eq!(ran.lines[0]["text"], r"first\nsecond", "and stays as it is");
    for line in [
        &["ask", r"one\ntwo"][..],
        &["chat", "note", "+447700900123", r"one\ntwo"],
        &["chat", "draft", "+447700900123", r"one\ntwo"],
        &["contact", "edit", "+447700900123", "--note", r"one\ntwo"],
        &["contact", "edit", "+447700900123", "--set", r"city=one\ntwo"],
        &["credit", "grant", "1", "--note", r"one\ntwo"],
        &["settings", "set", "business.profile", r"one\ntwo"],
        &["campaign", "edit", "dash", "--text", r"one\ntwo"],
        &["campaign", "edit", "dash", "--variant", r"one\ntwo"],
        &["campaign", "preview", "dash", "--variant", r"one\ntwo"],
        &["quick-reply", "edit", "Lines", "--text", r"one\ntwo"],
    ] {
        let ran = world.run(line).await;
        assert!(ran.code == 0 && ran.stderr.contains(r"has \n in it"), "{line:?}: {}", ran.stderr);
    }
}

#[tokio::test]
async fn hours_that_an_earlier_version_took_are_kept_and_warned_of() {
    let world = World::open(Shop::on(Engine::Noweb)).await;
    let set = one(&world, &["settings", "set", "business.hours", "Mo-Fr 8-18 Uhr, Sa 9-13 Uhr"]).await;
    assert_eq!(set["read_as"], "Mon-Fri 08:00-18:00; Sat 09:00-13:00; Sun closed");
    let ran = world.run(&["settings", "set", "business.hours", "whenever we like"]).await;
    assert!(ran.code == 1 && ran.stderr.contains("Write them like Mon-Fri 08:00-12:00"), "{}", ran.stderr);
    let file = rusqlite::Connection::open(world.path().join("data").join(mychatflow_daemon::STORE_FILE)).unwrap();
    let old = "UPDATE settings SET value = 'every day from eight on' WHERE key = 'business.hours'";
    assert_eq!(file.execute(old, []).unwrap(), 1);
    let shown = world.done(&["settings", "show"]).await;
    let hours = shown.iter().find(|line| line["key"] == "business.hours").unwrap();
    assert_eq!(hours["value"], "every day from eight on");
    assert!(hours["warning"].as_str().unwrap().ends_with("Until then they close nothing"), "{hours:#}");
    assert!(hours.get("read_as").is_none() && hours.get("typed_hours").is_none(), "{hours:#}");
    world.ana_asks().await;
    world.answered_once(DEADLINE).await;
}
