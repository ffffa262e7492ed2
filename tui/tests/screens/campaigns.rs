//! One text to many.

use mychatflow_data::protocol::calls::campaign::CloneFor;
use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::msg::{Mouse, MouseDeed, Msg, Question};
use mychatflow_tui::state::Charset;
use serde_json::{Value, json};

use crate::console::Console;
use crate::shop::{Shop, ago, id};

/// A draft, one that waits for its time, one that was paused, and one that was ended by hand.
fn more(shop: &mut Shop) {
    let zero = json!({"queued": 0, "checking": 0, "sending": 0, "sent": 0, "delivered": 0, "read": 0, "replied": 0,
        "skipped": 0, "failed": 0, "unknown": 0, "opted_out": 0});
    let one = |number: u8, name: &str, state: &str, recipients: i64, change: fn(&mut Value)| {
        let mut counts = zero.clone();
        counts["queued"] = json!(recipients);
        let mut campaign = json!({"id": id(number), "name": name, "state": state, "text": "Hi {{ name }} 👋", "instance": id(20),
            "recipients": recipients, "counts": counts, "eta": null, "scheduled_at": null, "timezone": "Europe/Berlin",
            "created_at": ago(10), "started_at": null, "finished_at": null, "reason": null, "next_at": null, "per_hour": 0.0,
            "duplicates": 1});
        change(&mut campaign);
        campaign
    };
    let mut all = vec![
        one(62, "Neujahrsgrüße 🎆 an alle Stammkundinnen und Stammkunden der letzten drei Jahre", "draft", 1, |_| {}),
        one(63, "Advent 東京", "scheduled", 40, |c| c["scheduled_at"] = json!(ago(-1_200))),
        one(64, "Inventory", "paused", 12, |c| {
            c["reason"] = json!("the number is suspect: 3 of the last 10 messages failed");
            c["started_at"] = json!(ago(60));
        }),
        one(65, "Mistake", "cancelled", 99, |c| {
            c["started_at"] = json!(ago(3_000));
            c["finished_at"] = json!(ago(2_990));
            c["reason"] = json!("cancelled by anna");
        }),
    ];
    if let Value::Array(old) = &shop.campaigns {
        all.extend(old.iter().cloned());
    }
    shop.campaigns = Value::Array(all);
}

fn both(name: &str, keys: &str, change: impl Fn(&mut Shop)) {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut shop = Shop::usual();
        change(&mut shop);
        let mut console = Console::with(columns, rows, shop, |_| {});
        console.keys(keys);
        insta::assert_snapshot!(format!("campaigns_{name}_{columns}"), console.picture());
    }
}

#[test]
fn usual() {
    both("usual", "3", |_| {});
    both("all_states", "3jj", more);
    both("skeleton", "3", |shop| shop.silent = Some("campaign.list"));
    both("failure", "3", |shop| shop.refuse = Some(("campaign.list", "the store can't be read: disk full")));
    both("empty", "3", |shop| shop.campaigns = json!([]));
    both("page", "3<enter>", |_| {});
    both("page_down", "3<enter>G", |_| {});
    both("page_draft", "3<enter>", more);
    both("page_paused", "3jj<enter>", more);
    both("page_waiting", "3<enter>", |shop| shop.silent = Some("campaign.series"));
    both("page_refused", "3<enter>", |shop| shop.refuse = Some(("campaign.series", "no such method yet")));
}

/// Three texts, of which one does better.
fn variants(shop: &mut Shop) {
    let one = |label: &str, text: &str, replied: i64| {
        json!({"label": label, "text": text, "counts": {"queued": 40, "checking": 0, "sending": 0, "sent": 10, "delivered": 20,
            "read": 60 - replied, "replied": replied, "skipped": 2, "failed": 0, "unknown": 0, "opted_out": 3}})
    };
    let campaign = &mut shop.campaigns[0];
    campaign["variants"] = json!([
        one("A", "Hi {{ name }}, order your stollen until 12 December!", 4),
        one(
            "B",
            "{{ name }}, dein Stollen wartet 🎄 nur noch bis 12. Dezember, also bestelle am besten gleich heute!",
            30
        ),
        one("C", "東京のお客様 ❤️ {{ name }}", 6)
    ]);
    campaign["media"] = json!({"file_name": "stollen \u{202e}gnp.exe", "mime": "image/png", "bytes": 182_000});
    campaign["quiet"] = json!("21:00-08:00");
    campaign["scheduled_at"] = json!(ago(200));
    campaign["audience"] = json!("tag:vip last_in:<30d");
}

#[test]
fn several_texts_stand_side_by_side() {
    both("variants", "3<enter><pagedown>", variants);
    both("variants_plan", "3<enter>G", variants);
    let mut shop = Shop::usual();
    variants(&mut shop);
    let mut console = Console::with(120, 36, shop, |_| {});
    console.keys("3<enter>G");
    assert!(console.shows("B: more people answer, and it is no accident"));
    assert!(!console.lines().join("").contains('\u{202e}'));
}

/// The same, and what each of the people got.
fn several(shop: &mut Shop) {
    variants(shop);
    for (line, label) in shop.report.iter_mut().zip(["A", "B", "A", "C"]) {
        line["variant"] = json!(label);
    }
}

#[test]
fn who_got_it_and_who_did_not() {
    both("people", "3r", |_| {});
    both("people_variants", "3rj", several);
    both("people_variant", "3rtt", several);
    both("people_variant_tab", "3rtt>", several);
    both("people_tab", "3r<<", |_| {});
    both("people_empty", "3r", |shop| shop.report = Vec::new());
    both("people_waiting", "3r", |shop| shop.silent = Some("campaign.report"));
    both("people_failure", "3r", |shop| shop.refuse = Some(("campaign.report", "the store can't be read")));
}

#[test]
fn forms_and_questions() {
    both("test", "3T", variants);
    both("copy", "3c", |_| {});
    both("copy_name", "3c<down><enter>", |_| {});
    both("launch", "3L", more);
    both("cancel", "3X", |_| {});
    both("remove", "3D", more);
    both("preview", "3v", |_| {});
}

fn asked(console: &Console, fits: impl Fn(&Question) -> bool) -> usize {
    console.asked.iter().filter(|question| fits(question)).count()
}

#[test]
fn the_parts_of_the_bar_differ_by_their_signs_in_every_charset() {
    for charset in [Charset::Unicode, Charset::Ascii] {
        let mut console = Console::with(80, 24, Shop::usual(), |setup| setup.charset = charset);
        console.keys("3<enter>");
        let lines = console.lines();
        let key = lines.iter().find(|line| line.contains("sent 150")).expect("the signs are told");
        let before = |words: &str| key.split(words).next().and_then(|left| left.trim_end().chars().next_back());
        let mut signs: Vec<char> =
            ["sent 150", "on the way", "to go", "left out", "in trouble"].into_iter().filter_map(before).collect();
        signs.sort_unstable();
        signs.dedup();
        assert_eq!(signs.len(), 5, "{key}");
    }
}

#[test]
fn an_event_moves_the_bar() {
    let mut console = Console::open(80, 24);
    console.keys("3");
    assert!(console.shows("150 sent, 12 not, 121 to go") && console.shows("57%"));
    let mut campaign = console.shop.campaigns[0].clone();
    campaign["counts"]["queued"] = json!(20);
    campaign["counts"]["sent"] = json!(120);
    console.tell(Topic::CampaignChanged, campaign);
    assert!(console.shows("250 sent, 12 not, 21 to go") && console.shows("93%"));
    console.keys("<enter>");
    let mut campaign = console.shop.campaigns[0].clone();
    campaign["state"] = json!("paused");
    campaign["reason"] = json!("the number is suspect");
    console.tell(Topic::CampaignChanged, campaign);
    assert!(console.shows("the number is suspect"), "the page follows, too");
}

#[test]
fn an_event_about_a_new_one_puts_it_on_top_and_one_about_nothing_asks() {
    let mut console = Console::open(80, 24);
    console.keys("3");
    let mut campaign = console.shop.campaigns[0].clone();
    campaign["id"] = json!(id(99));
    campaign["name"] = json!("From elsewhere");
    campaign["created_at"] = json!(ago(0));
    console.tell(Topic::CampaignChanged, campaign);
    assert_eq!(console.state.campaigns.rows.items()[0].name, "From elsewhere");
    console.tell(Topic::CampaignChanged, json!({"id": id(60)}));
    assert_eq!(asked(&console, |question| matches!(question, Question::CampaignShow(_))), 1);
}

#[test]
fn p_pauses_and_goes_on() {
    let mut console = Console::open(80, 24);
    console.keys("3p");
    assert_eq!(asked(&console, |question| matches!(question, Question::CampaignPause(_))), 1);
    assert!(console.shows("is paused"));
    console.keys("p");
    assert_eq!(asked(&console, |question| matches!(question, Question::CampaignResume(_))), 1);
    console.keys("jp");
    assert!(console.shows("only what runs can be paused; this one is completed"));
}

#[test]
fn only_a_draft_can_be_launched_and_edited() {
    let mut console = Console::open(80, 24);
    console.keys("3L");
    assert!(console.state.overlays.is_empty());
    assert!(console.shows("only a draft can be launched; this one is running"));
    console.keys("e");
    assert!(console.shows("only a draft can be edited"));
    console.keys("D");
    assert!(console.shows("this one is running; cancel it first"));
}

#[test]
fn a_launch_begins_with_what_it_would_do() {
    for keys in ["3L", "3<enter>L"] {
        let mut shop = Shop::usual();
        more(&mut shop);
        shop.campaigns[0]["variants"] = json!(["A", "B"].map(|label| json!({"label": label, "text": "Hi {{ name }}",
            "counts": shop.campaigns[0]["counts"]})));
        let mut console = Console::with(80, 24, shop, |_| {});
        console.keys(keys);
        assert!(console.shows("231 people of 283 on the list") && console.shows("31 asked not to be written to"));
        assert!(console.shows("say who you are in the first line") && console.shows("A, B: each person gets one"));
        console.keys("L");
        assert!(console.shows("231 people will get") && console.shows(" 52 "));
        assert!(console.shows("The risk is medium") && !console.shows("{{ name }}"));
        console.keys("n");
        assert_eq!(asked(&console, |question| matches!(question, Question::CampaignLaunch(_))), 0);
        console.keys("Ly");
        assert_eq!(asked(&console, |question| matches!(question, Question::CampaignLaunch(_))), 1);
        assert!(console.shows("How far it got"), "what was launched is what one sees");
    }
    let mut shop = Shop::usual();
    more(&mut shop);
    shop.silent = Some("campaign.preflight");
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("3LL");
    assert!(console.shows("it is still being looked over"), "nobody launches blindly");
    console.keys("y");
    assert_eq!(asked(&console, |question| matches!(question, Question::CampaignLaunch(_))), 0);
}

#[test]
fn what_was_cancelled_did_not_get_through() {
    let mut shop = Shop::usual();
    more(&mut shop);
    shop.campaigns[3]["counts"]["queued"] = json!(0);
    shop.campaigns[3]["counts"]["skipped"] = json!(66);
    shop.campaigns[3]["counts"]["sent"] = json!(33);
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("3jjj");
    let line = console.lines().into_iter().find(|line| line.contains("cancelled by anna")).expect("its line");
    assert!(line.contains("33%"), "{line}");
}

#[test]
fn a_test_goes_to_oneself_and_a_copy_is_a_draft() {
    let mut console = Console::open(80, 24);
    console.keys("3T<enter>");
    assert!(console.shows("a test is on its way to +4915111111111"));
    console.keys("T+44 7700 900123<enter>");
    assert!(matches!(console.asked.last(), Some(Question::CampaignTest(asked))
        if asked.to.as_ref().is_some_and(|phone| phone.to_string() == "+447700900123")));
    console.keys("c<down><enter>");
    assert!(console.shows("Christmas orders 2"), "a name that is free is offered");
    console.keys("<enter>");
    assert!(matches!(console.asked.last(), Some(Question::CampaignClone(asked))
        if asked.copy == "Christmas orders 2" && asked.whom == Some(CloneFor::NotReached)));
    assert_eq!(
        console.state.campaigns.rows.selected().map(|campaign| campaign.name.as_str()),
        Some("Christmas orders 2")
    );
}

#[test]
fn what_the_daemon_does_not_know_yet_is_said_and_nothing_breaks() {
    for (method, keys) in
        [("campaign.test", "3T<enter>"), ("campaign.clone", "3c<enter><enter>"), ("campaign.series", "3<enter>")]
    {
        let mut console = Console::open(80, 24);
        console.shop.refuse = Some((method, "not there yet"));
        console.keys(keys);
        assert!(console.shows("not there yet"), "{method}");
    }
}

fn recipient(number: usize) -> Value {
    let mut bytes = [7; 16];
    bytes[12..].copy_from_slice(&(number as u32).to_be_bytes());
    let id = mychatflow_data::ids::RecipientId::from_bytes(bytes).to_string();
    json!({"phone": format!("+49151{number:08}"), "name": null, "state": "sent", "reason": null,
        "wa_id": null, "at": ago(3), "id": id, "contact": null, "chat": null, "interaction": null})
}

fn reports(console: &Console) -> usize {
    asked(console, |question| matches!(question, Question::CampaignReport(_)))
}

#[test]
fn the_recipients_go_on_at_the_end_of_a_page() {
    let mut console = Console::open(80, 24);
    console.shop.report = (0..60).map(recipient).collect();
    console.keys("3r");
    assert_eq!(reports(&console), 1);
    console.keys("G");
    assert_eq!(reports(&console), 2);
    console.keys("G");
    assert!(console.shows("+4915100000059"));
    assert_eq!(reports(&console), 2, "that was all of them");
}

#[test]
fn only_what_is_in_sight_of_a_hundred_thousand_is_drawn() {
    let mut console = Console::open(80, 24);
    console.shop.also = Some(Box::new(|question| {
        let all: Vec<Value> = (0..100_000).map(recipient).collect();
        (question.method() == "campaign.report").then(|| Ok(json!({"items": all, "next": null})))
    }));
    console.keys("3rG");
    assert!(console.shows("+4915100099999"));
    console.keys("<pageup>k").resize(120, 36).resize(40, 10);
    assert_eq!(console.state.campaigns.people.rows.items().len(), 100_000);
    assert!(console.layout().hits.len() < 40, "only what is in sight can be clicked");
    console.keys("g");
    assert!(console.shows("+4915100000000"));
}

#[test]
fn recipients_are_shown_by_their_state() {
    let mut console = Console::open(120, 36);
    console.keys("3r");
    assert!(console.shows("[all 283]") && console.shows("queued 120") && !console.shows("checking 0"));
    console.keys(">");
    let only = |console: &Console| match console.asked.iter().rev().find(|asked| asked.method() == "campaign.report") {
        Some(Question::CampaignReport(asked)) => asked.state.map(|state| state.word()),
        _ => None,
    };
    assert_eq!(only(&console), Some("queued"));
    console.keys("<<<");
    assert_eq!(only(&console), Some("unknown"), "around the end");
    console.keys(">>>>>");
    let tab = console.lines().iter().position(|line| line.contains("[sent")).expect("the tabs stand there");
    let column = console.lines()[tab].find(" all ").expect("a tab");
    let column = mychatflow_tui::text::width(&console.lines()[tab][..column]) as u16 + 1;
    console.take(Msg::Mouse(Mouse { column, row: tab as u16, deed: MouseDeed::Click }));
    assert_eq!(only(&console), None);
}

#[test]
fn recipients_are_shown_by_their_text() {
    let mut shop = Shop::usual();
    several(&mut shop);
    let mut console = Console::with(120, 36, shop, |_| {});
    console.keys("3r");
    let asked = |console: &Console| match console.asked.iter().rev().find(|asked| asked.method() == "campaign.report") {
        Some(Question::CampaignReport(asked)) => (asked.state.map(|state| state.word()), asked.variant.clone()),
        _ => (None, None),
    };
    let (all, of) = (console.lines().concat(), |label: &str| Some(label.to_owned()));
    assert!(all.contains("[all 283]") && all.contains("t text"), "{all}");
    console.keys("t");
    assert_eq!(asked(&console), (None, of("A")));
    assert!(console.shows("[all 135]") && console.shows("Christmas orders: text A"));
    console.keys(">t");
    assert_eq!(asked(&console), (Some("queued"), of("B")), "the state stays, as the text does");
    console.keys("tt");
    assert_eq!(asked(&console), (Some("queued"), None), "after the last text come all of them");
    console.keys("t<esc>r");
    assert_eq!(asked(&console), (None, None), "it begins with everybody again");

    let mut console = Console::open(80, 24);
    console.keys("3rt");
    assert!(console.shows("everybody gets the same text") && !console.shows("t text"));
    assert_eq!(asked(&console), (None, None));
}

#[test]
fn enter_leads_to_the_chat_and_back_again() {
    let mut console = Console::open(80, 24);
    console.shop.report[0]["chat"] = json!(id(30));
    console.keys("3rj<enter>");
    assert!(console.shows("there is no chat with this person"));
    console.pass(std::time::Duration::from_secs(60)).keys("k<enter>");
    assert!(console.shows("Shall I keep a table?"));
    console.keys("<esc><esc>");
    assert!(console.shows("Christmas orders") && console.shows("[all 283]"));
    console.keys("<esc>");
    assert!(console.shows("Over time"));
    console.keys("<esc>");
    assert!(console.shows("Summer break"));
}

#[test]
fn what_is_open_is_read_again_when_something_happens_and_not_for_each_event() {
    let mut console = Console::open(80, 24);
    console.shop.report = (0..60).map(recipient).collect();
    console.keys("3rGG");
    assert_eq!(reports(&console), 2);
    let campaign = console.shop.campaigns[0].clone();
    for _ in 0..50 {
        console.tell(Topic::CampaignChanged, campaign.clone());
    }
    assert_eq!(reports(&console), 2);
    console.shop.report[59]["state"] = json!("replied");
    console.pass(std::time::Duration::from_secs(2));
    assert_eq!(reports(&console), 3, "the page that is in sight");
    assert_eq!(console.state.campaigns.people.rows.items().len(), 60);
    assert!(console.shows("+4915100000059") && console.shows("replied"), "{}", console.lines().join("\n"));
    let series = |console: &Console| asked(console, |question| matches!(question, Question::CampaignSeries(_)));
    console.keys("<esc>");
    let before = series(&console);
    console.tell(Topic::CampaignChanged, campaign.clone());
    console.tell(Topic::CampaignChanged, campaign);
    console.pass(std::time::Duration::from_secs(2));
    assert_eq!(series(&console), before + 1);
}

#[test]
fn one_that_is_removed_leaves_its_page() {
    let mut console = Console::open(80, 24);
    console.keys("3<enter>");
    console.shop.refuse = None;
    console.shop.also = Some(Box::new(|question| {
        let gone = mychatflow_tui::msg::Refusal {
            code: Some(mychatflow_data::protocol::error::Code::NotFound),
            text: "no such campaign".to_owned(),
        };
        (question.method() == "campaign.show").then_some(Err(gone))
    }));
    console.tell(Topic::CampaignChanged, json!({"id": id(60)}));
    assert!(console.shows("Summer break") && !console.shows("Christmas orders"));
}

#[test]
fn names_of_every_kind_stay_within_their_line() {
    for charset in [Charset::Unicode, Charset::Ascii] {
        for (columns, rows) in [(80, 24), (120, 36), (200, 60), (40, 10), (61, 13)] {
            for keys in ["3", "3<enter>", "3<enter>G", "3r", "3rj", "3jj<enter>", "3L"] {
                let mut shop = Shop::usual();
                more(&mut shop);
                variants(&mut shop);
                shop.campaigns[0]["name"] = json!("evil \u{1b}]0;owned\u{7}\u{202e}gnp.exe 👨‍👩‍👧‍👦 東京".repeat(5));
                shop.campaigns[0]["state"] = json!("running");
                shop.campaigns[0]["reason"] = json!("\u{1b}[2Jgone\u{0} ".repeat(9));
                shop.campaigns[0]["text"] = json!("long".repeat(2000));
                let mut console = Console::with(columns, rows, shop, |setup| setup.charset = charset);
                console.keys(keys);
                for line in console.lines() {
                    let wide = mychatflow_tui::text::width(&line);
                    assert!(wide <= usize::from(columns), "{keys} at {columns}x{rows}: {line}");
                    assert!(!line.contains('\u{1b}') && !line.contains('\u{202e}'), "{line}");
                }
            }
        }
    }
}
