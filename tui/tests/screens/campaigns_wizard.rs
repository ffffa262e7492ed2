//! A campaign being made, from its name to its launch.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mychatflow_data::protocol::calls::campaign::CampaignAttach;
use mychatflow_data::protocol::piece::Rest;
use mychatflow_tui::msg::{Effect, Mouse, MouseDeed, Msg, Question};
use mychatflow_tui::state::Charset;
use mychatflow_tui::state::overlay::Overlay;
use mychatflow_tui::state::wizard::{Step, Wizard};
use mychatflow_tui::theme::ThemeName;
use serde_json::json;

use crate::console::Console;
use crate::shop::{Shop, ago, id};

const REST: Duration = Duration::from_millis(400);

/// A shop whose first campaign is a draft.
fn drafted() -> Shop {
    let mut shop = Shop::usual();
    let draft = &mut shop.campaigns[0];
    draft["state"] = json!("draft");
    draft["audience"] = json!("tag:vip");
    draft["scheduled_at"] = json!(ago(-1_200));
    draft["quiet"] = json!("21:00-08:00");
    draft["variants"] = json!([
        {"label": "A", "text": "Hi {{ name }}, order your stollen until 12 December!", "counts": draft["counts"]},
        {"label": "B", "text": "Hallo {{ name }}!", "counts": draft["counts"]}]);
    shop
}

fn both(name: &str, shop: impl Fn() -> Shop, keys: &str) {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut console = Console::with(columns, rows, shop(), |_| {});
        console.keys(keys).pass(REST);
        insta::assert_snapshot!(format!("wizard_{name}_{columns}"), console.picture());
    }
}

fn wizard(console: &Console) -> &Wizard {
    console
        .state
        .overlays
        .iter()
        .find_map(|overlay| match overlay {
            Overlay::Wizard(wizard) => Some(&**wizard),
            _ => None,
        })
        .expect("a wizard is open")
}

fn is_open(console: &Console) -> bool {
    console.state.overlays.iter().any(|overlay| matches!(overlay, Overlay::Wizard(_)))
}

fn asked(console: &Console, method: &str) -> usize {
    console.asked.iter().filter(|question| question.method() == method).count()
}

fn params(console: &Console, method: &str) -> serde_json::Value {
    let asked = console.asked.iter().rev().find(|question| question.method() == method).expect("it was asked");
    asked.params().expect("a question has parameters")
}

const NAMED: &str = "3nNews<enter>";
const WRITTEN: &str = "3nNews<enter><enter>Hi {{ name }}<enter>";

#[test]
fn every_step() {
    both("name", Shop::usual, "3n");
    both("name_taken", Shop::usual, "3nsummer break<enter>");
    both("people", Shop::usual, NAMED);
    both("people_query", Shop::usual, &format!("{NAMED}<right><tab>tag:vip"));
    both("people_words", Shop::usual, &format!("{NAMED}<right><tab>regulars<enter>"));
    both("people_segment", Shop::usual, &format!("{NAMED}<right><right>"));
    both("people_file", Shop::usual, &format!("{NAMED}<left><tab>~/people.csv"));
    both("text_empty", Shop::usual, &format!("{NAMED}<enter>"));
    both(
        "text",
        Shop::usual,
        &format!("{NAMED}<enter>Hi {{{{ name }}}}, order your stollen<alt-enter>until 12 December!"),
    );
    both("text_mistake", Shop::usual, &format!("{NAMED}<enter>Hi {{{{ name"));
    both("variants", Shop::usual, &format!("{WRITTEN}Hallo {{{{ name }}}}<tab>"));
    both("plan", Shop::usual, &format!("{WRITTEN}<enter><tab>2026-12-01 09:00<tab><tab><tab><tab>21:00-8"));
    both("plan_now", Shop::usual, &format!("{WRITTEN}<enter>"));
    both("check", Shop::usual, &format!("{WRITTEN}<enter><enter>"));
    both("check_down", Shop::usual, &format!("{WRITTEN}<enter><enter>jjj"));
    both("launch", Shop::usual, &format!("{WRITTEN}<enter><enter>L"));
    both("leave", Shop::usual, "3nNews<esc>");
    both("edit", drafted, "3e");
    both("edit_plan", drafted, "3e<enter><enter>");
    both("look_over", drafted, "3f");
    both("help", Shop::usual, "3n<f1>");
}

#[test]
fn what_the_daemon_says_no_to_is_told_where_it_happened() {
    let refuses = |method: &'static str, words: &'static str| {
        move || {
            let mut shop = Shop::usual();
            shop.refuse = Some((method, words));
            shop
        }
    };
    both(
        "text_refused",
        refuses("campaign.preview", "line 2: unknown filter: uper is unknown"),
        &format!("{NAMED}<enter>Hi<alt-enter>{{{{ name|uper }}}}"),
    );
    both(
        "count_refused",
        refuses("contact.list", "tagg: is no filter; did you mean tag:?"),
        &format!("{NAMED}<right><tab>tagg:vip"),
    );
    both(
        "not_kept",
        refuses("campaign.create", "there is no number to send from; add one first"),
        &format!("{WRITTEN}<enter><enter>"),
    );
    both("not_looked_over", refuses("campaign.preflight", "not there yet"), &format!("{WRITTEN}<enter><enter>"));
}

#[test]
fn a_start_that_is_over_is_no_start() {
    let refuse = ("campaign.create", "\"2020-01-01 09:00\" is over; write a time to come, or now");
    let mut console = Console::with(80, 24, Shop { refuse: Some(refuse), ..Shop::usual() }, |_| {});
    console.keys(&format!("{WRITTEN}<enter><tab>2020-01-01 09:00"));
    assert!(console.shows("this time is over: write one to come"));
    console.keys("<enter>");
    assert!(console.shows("is over; write a time to come") && !console.shows("would start"));
}

#[test]
fn from_the_name_to_the_launch() {
    let mut console = Console::open(80, 24);
    console.keys("3nNews<enter><right><tab>tag:vip -opted_out<enter>Hi {{ name }}<enter>Hallo {{ name }}<enter>");
    assert_eq!(asked(&console, "campaign.create"), 0, "nothing is kept before the plan");
    console.keys("<tab>2026-12-01 09:00<tab><tab><tab>2h<tab>21:00-08:00<enter>");
    let made = params(&console, "campaign.create");
    for (name, value) in [
        ("name", json!("News")),
        ("segment", json!("tag:vip -opted_out")),
        ("text", json!("Hi {{ name }}")),
        ("variants", json!(["Hallo {{ name }}"])),
        ("at", json!("2026-12-01 09:00")),
        ("timezone", json!("Europe/Berlin")),
        ("quiet", json!("21:00-08:00")),
        ("missed", json!("run_late_within")),
        ("check", json!("before")),
        ("instance", json!(id(20))),
    ] {
        assert_eq!(made[name], value, "{name} in {made}");
    }
    assert!(console.shows("231 people of 283 on the list") && console.shows("medium: look at the advice first"));
    console.keys("T<enter>");
    assert!(console.shows("a test is on its way"), "the page is still there for it");
    assert!(is_open(&console));
    console.keys("L");
    assert!(console.shows("231 people will get \"News\""), "{}", console.lines().join("\n"));
    console.keys("y");
    assert_eq!(asked(&console, "campaign.launch"), 1);
    assert!(!is_open(&console));
    assert!(console.shows("How far it got"), "what was launched is what one sees");
}

#[test]
fn what_was_typed_stays_on_the_way_back_and_is_never_lost_unasked() {
    let mut console = Console::open(80, 24);
    console.keys("3nNews<enter><enter>Hi there<enter><enter><esc><esc><esc>");
    assert_eq!(wizard(&console).step, Step::People);
    console.keys("<enter>");
    assert!(console.shows("Hi there"));
    console.keys("<esc><esc><esc>");
    assert!(console.shows("Leave without keeping the "));
    console.keys("n");
    assert_eq!(wizard(&console).value("text"), "Hi there");
    console.keys("<esc>y");
    assert!(!is_open(&console));
    console.keys("n<esc>");
    assert!(!is_open(&console), "where nothing was typed nothing is asked");
}

#[test]
fn a_kept_draft_is_changed_and_made_anew_only_where_it_must_be() {
    let mut console = Console::open(80, 24);
    console.keys(WRITTEN).keys("<enter><enter>");
    assert_eq!(asked(&console, "campaign.create"), 1);
    console.keys("<esc><enter>");
    assert_eq!((asked(&console, "campaign.create"), asked(&console, "campaign.edit")), (1, 1));
    assert_eq!(params(&console, "campaign.edit")["at"], "now");
    console.keys("<esc><esc><esc><esc><left><left><left><enter><enter><enter><enter>");
    assert_eq!(asked(&console, "campaign.remove"), 1, "its people can't be changed");
    assert_eq!(asked(&console, "campaign.create"), 2);
    assert_eq!(params(&console, "campaign.create")["segment"], "regulars", "a segment goes by its name");
    console.keys("S");
    assert!(!is_open(&console) && console.shows("is kept as a draft"));
}

#[test]
fn the_daemon_is_asked_when_typing_rests_and_once() {
    let mut console = Console::open(80, 24);
    console.keys(NAMED).keys("<enter>");
    let before = asked(&console, "campaign.preview");
    console.keys("H").pass(Duration::from_millis(100)).keys("i").pass(Duration::from_millis(200)).keys("!");
    assert_eq!(asked(&console, "campaign.preview"), before);
    console.pass(Duration::from_millis(299));
    assert_eq!(asked(&console, "campaign.preview"), before);
    console.pass(Duration::from_millis(1));
    assert_eq!(asked(&console, "campaign.preview"), before + 1);
    assert_eq!(params(&console, "campaign.preview")["text"], "Hi!");
    console.pass(REST).keys("x<backspace>").pass(REST);
    assert_eq!(asked(&console, "campaign.preview"), before + 1, "the same text is asked about once");
    console.keys(" {{").pass(REST);
    assert_eq!(asked(&console, "campaign.preview"), before + 1, "what is wrong in itself is not asked about");
    assert!(console.shows("{{ is not closed by }}"));
}

#[test]
fn a_late_answer_to_another_text_is_not_shown() {
    let mut console = Console::open(80, 24);
    console.shop.silent = Some("campaign.preview");
    console.keys(NAMED).keys("<enter>old").pass(REST);
    let old = console.asked.last().cloned().expect("it was asked");
    console.keys("er").pass(REST);
    let line = json!({"phone": "+49151", "name": "Ana", "text": "the old words", "reason": null});
    let answer = old.played(Ok(json!({"items": [line], "next": null}))).expect("it fits");
    console.take(Msg::Answer(Box::new(answer)));
    assert!(!console.shows("the old words"));
}

/// A list of so many rows.
fn list(rows: usize) -> Arc<str> {
    let rows: String = (0..rows).map(|row| format!("+49151{row:08},Günther {row},Köln\n")).collect();
    format!("phone,First name,city\n{rows}").into()
}

#[test]
fn a_list_from_the_disk_goes_in_pieces() {
    let mut console = Console::open(80, 24);
    console.keys(NAMED).keys("<left><tab>~/people.csv<tab>DE<enter>");
    assert!(console.effects.contains(&Effect::ReadFile { path: "~/people.csv".to_owned() }));
    assert!(console.shows("reading the file"));
    let whole = list(20_000);
    console.take(Msg::FileRead { path: "~/people.csv".to_owned(), text: Ok(Arc::clone(&whole)) });
    assert!(console.shows("{{ phone }} {{ first_name }} {{ city }}"));
    console.keys("Hi {{ first_name }}").pass(REST);
    assert!(params(&console, "campaign.preview")["file"].as_str().is_some_and(|head| head.lines().count() < 100));
    console.shop.silent = Some("campaign.extend");
    console.keys("<enter><enter><enter>");
    let made = params(&console, "campaign.create");
    assert_eq!(
        (&made["file_name"], &made["country"], &made["more"]),
        (&json!("people.csv"), &json!("DE"), &json!(true))
    );
    assert!(console.shows("of the list is on its way"));
    insta::assert_snapshot!("wizard_extending_80", console.picture());
    console.keys("<esc>");
    assert!(console.shows("wait a moment: the draft is on its way"), "what is under way is not left half done");
    console.shop.silent = None;
    let waiting = console.asked.last().cloned().expect("a piece was asked for");
    let reply = console.shop.reply(&waiting).expect("it answers");
    console.take(Msg::Answer(Box::new(waiting.played(reply).expect("it fits"))));
    assert_eq!(wizard(&console).step, Step::Check);
    let mut sent = made["file"].as_str().expect("a piece").to_owned();
    for question in &console.asked {
        if let Question::CampaignExtend(piece) = question {
            assert!(piece.file.len() <= 128 * 1024);
            sent.push_str(&piece.file);
        }
    }
    assert_eq!(sent, *whole, "nothing twice, nothing lost");
}

#[test]
fn a_list_that_can_not_be_read_keeps_one_where_one_is() {
    for (text, words) in [
        (Err("people.csv could not be read: no such file".to_owned()), "no such file"),
        (Ok("phone,name\n".into()), "nobody is on this list"),
    ] {
        let mut console = Console::open(80, 24);
        console.keys(NAMED).keys("<left><tab>people.csv<enter>");
        console.take(Msg::FileRead { path: "people.csv".to_owned(), text });
        assert_eq!(wizard(&console).step, Step::People);
        assert!(console.shows(words));
        console.keys("x");
        assert!(!console.shows(words), "once one types on, it is gone");
    }
    let mut console = Console::open(80, 24);
    console.keys(NAMED).keys("<left><tab>a.csv<enter><esc>");
    console.take(Msg::FileRead { path: "a.csv".to_owned(), text: Ok(list(3)) });
    assert_eq!(wizard(&console).step, Step::People, "whoever did not wait for it is not moved");
}

/// The disk answers with this.
fn opened(console: &mut Console, path: &str, bytes: Result<Vec<u8>, String>) {
    assert!(console.effects.contains(&Effect::ReadAttachment { path: path.to_owned() }));
    console.take(Msg::AttachmentRead { path: path.to_owned(), bytes: bytes.map(Into::into) });
}

/// Every piece of a file that was given to the daemon.
fn pieces(console: &Console) -> Vec<CampaignAttach> {
    let piece = |question: &Question| match question {
        Question::CampaignAttach(piece) => Some(piece.clone()),
        _ => None,
    };
    console.asked.iter().filter_map(piece).collect()
}

#[test]
fn a_file_goes_with_the_text_in_pieces_and_once() {
    let mut console = Console::open(80, 24);
    console.keys(NAMED).keys("<enter>Hi {{ name }}<tab>~/menu.PDF");
    insta::assert_snapshot!("wizard_file_80", console.picture());
    console.keys("<enter>");
    assert!(console.shows("reading the file") && wizard(&console).step == Step::Text);
    let whole: Vec<u8> = (0..700_000u32).map(|at| at.to_le_bytes()[0]).collect();
    opened(&mut console, "~/menu.PDF", Ok(whole.clone()));
    assert_eq!(wizard(&console).step, Step::Variants);
    console.shop.silent = Some("campaign.attach");
    console.keys("<enter><enter>");
    assert!(console.shows("of the file is on its way"), "the draft is there, and its file is not");
    console.keys("<esc>");
    assert!(console.shows("wait a moment: the draft is on its way"));
    console.shop.silent = None;
    let waiting = console.asked.last().cloned().expect("a piece was asked for");
    let reply = console.shop.reply(&waiting).expect("it answers");
    console.take(Msg::Answer(Box::new(waiting.played(reply).expect("it fits"))));
    assert!(wizard(&console).step == Step::Check && console.shows("menu.PDF (application/pdf, 700 kB)"));

    let sent = pieces(&console);
    let seen: Vec<_> = sent.iter().map(|piece| (piece.offset, piece.more, piece.mime.as_str())).collect();
    let upto = 512 * 1024;
    assert_eq!(seen, [(0, Rest::Follows, "application/pdf"), (upto, Rest::Nothing, "application/pdf")]);
    let bytes: Vec<u8> = sent.iter().flat_map(|piece| STANDARD.decode(&piece.data).expect("base64")).collect();
    assert_eq!(bytes, whole, "nothing twice, nothing lost");
    assert!(sent.iter().all(|piece| piece.file_name == "menu.PDF"));

    // The same file does not go there again; none at all is taken away.
    console.keys("<esc><esc><esc><enter>");
    opened(&mut console, "~/menu.PDF", Ok(whole));
    console.keys("<enter><enter>");
    assert!(wizard(&console).step == Step::Check && pieces(&console).len() == 2);
    console.keys("<esc><esc><esc><tab><ctrl-u><enter><enter><enter>");
    let last = pieces(&console).pop().expect("it was taken away");
    assert_eq!((last.file_name.as_str(), last.data.as_str(), pieces(&console).len()), ("", "", 3));
    assert!(wizard(&console).step == Step::Check && !console.shows("menu.PDF"));
}

#[test]
fn a_file_that_is_not_there_is_said_where_it_was_named() {
    let mut console = Console::open(80, 24);
    console.keys(NAMED).keys("<enter>Hi {{ name }}<tab>a.png<enter>");
    let reason = "there is no file a.png on this machine";
    opened(&mut console, "a.png", Err(reason.to_owned()));
    assert!(wizard(&console).step == Step::Text && console.shows(reason));
    insta::assert_snapshot!("wizard_file_missing_80", console.picture());
    console.keys("x");
    assert!(!console.shows(reason), "once one types on, it is gone");
    console.keys("<enter><esc>");
    opened(&mut console, "a.pngx", Ok(vec![1]));
    assert_eq!(wizard(&console).step, Step::Text, "whoever did not wait for it is not moved");
    assert!(pieces(&console).is_empty());
}

#[test]
fn a_file_that_is_refused_leaves_a_draft_that_is_changed_the_next_time() {
    let mut console = Console::open(80, 24);
    console.shop.refuse = Some(("campaign.attach", "WhatsApp shows no image/bmp"));
    console.keys(NAMED).keys("<enter>Hi {{ name }}<tab>a.bmp<enter>");
    opened(&mut console, "a.bmp", Ok(vec![1, 2, 3]));
    console.keys("<enter><enter>");
    assert!(wizard(&console).step == Step::Plan && console.shows("WhatsApp shows no image/bmp"));
    console.shop.refuse = None;
    console.keys("<enter>");
    assert_eq!(wizard(&console).step, Step::Check);
    assert_eq!((asked(&console, "campaign.create"), asked(&console, "campaign.edit")), (1, 1));
    assert_eq!(pieces(&console).len(), 2);
}

#[test]
fn the_file_of_a_draft_stays_until_another_is_named_or_a_dash() {
    let with_file = || {
        let mut shop = drafted();
        shop.campaigns[0]["media"] = json!({"file_name": "old.png", "mime": "image/png", "bytes": 900});
        shop
    };
    let mut console = Console::with(80, 24, with_file(), |_| {});
    console.keys("3e");
    assert!(console.shows("empty: the one it has; - takes that away"));
    console.keys("<enter><enter><enter>");
    assert!(wizard(&console).step == Step::Check && console.shows("old.png") && pieces(&console).is_empty());

    let mut console = Console::with(80, 24, with_file(), |_| {});
    console.keys("3e<tab>-<enter><enter><enter>");
    assert_eq!(pieces(&console).iter().map(|piece| piece.file_name.as_str()).collect::<Vec<_>>(), [""]);
    assert!(!console.shows("old.png"));
}

#[test]
fn a_name_that_is_taken_leads_back_to_the_name() {
    let mut console = Console::open(80, 24);
    console.shop.also = Some(Box::new(|question| {
        let refusal = mychatflow_tui::msg::Refusal {
            code: Some(mychatflow_data::protocol::error::Code::Conflict),
            text: "a campaign of this name is there already".to_owned(),
        };
        (question.method() == "campaign.create").then_some(Err(refusal))
    }));
    console.keys(WRITTEN).keys("<enter><enter>");
    assert_eq!(wizard(&console).step, Step::Name);
    assert!(console.shows("is there already"));
    assert_eq!(wizard(&console).value("text"), "Hi {{ name }}");
}

#[test]
fn a_draft_is_edited_as_it_was() {
    let mut console = Console::with(80, 24, drafted(), |_| {});
    console.keys("3e<enter><enter><enter>");
    let changed = params(&console, "campaign.edit");
    assert_eq!(changed["text"], "Hi {{ name }}, order your stollen until 12 December!");
    assert_eq!(changed["variants"], json!(["Hallo {{ name }}!"]));
    assert_eq!((&changed["at"], &changed["quiet"]), (&json!("2026-11-24 10:32"), &json!("21:00-08:00")));
    console.keys("<esc><esc><esc><esc>");
    assert!(!is_open(&console), "all of it is kept");
}

#[test]
fn the_mouse_reaches_fields_steps_and_keys() {
    let mut console = Console::open(80, 24);
    console.keys(WRITTEN);
    let click = |console: &mut Console, words: &str| {
        let lines = console.lines();
        let row = lines.iter().position(|line| line.contains(words)).expect("the words stand there");
        let at = lines[row].find(words).expect("the words stand there");
        let column = mychatflow_tui::text::width(&lines[row][..at]) as u16 + 1;
        console.take(Msg::Mouse(Mouse { column, row: row as u16, deed: MouseDeed::Click }));
    };
    click(&mut console, "2 People");
    assert_eq!(wizard(&console).step, Step::People);
    click(&mut console, "everybody you know");
    assert_eq!(wizard(&console).value("source"), "query");
    click(&mut console, "5 Plan");
    assert_eq!(wizard(&console).step, Step::People, "what comes later is reached step by step");
    click(&mut console, "back");
    assert_eq!(wizard(&console).step, Step::Name);
}

#[test]
fn nothing_stands_outside_of_its_line() {
    let hostile = "evil \u{1b}]0;owned\u{7}\u{202e}gnp.exe 👨‍👩‍👧‍👦 東京".repeat(5);
    for (charset, theme) in [(Charset::Unicode, ThemeName::Light), (Charset::Ascii, ThemeName::Plain)] {
        for (columns, rows) in [(80, 24), (120, 36), (200, 60), (40, 10), (61, 13)] {
            let mut shop = Shop::usual();
            shop.replies.push((
                "campaign.preview",
                json!({"next": null, "items": [{"phone": hostile, "name": hostile, "text": hostile.repeat(20), "reason": null}]}),
            ));
            shop.instances[0]["name"] = json!(hostile);
            let mut console = Console::with(columns, rows, shop, |setup| {
                (setup.charset, setup.theme) = (charset, theme);
            });
            console.keys("3n");
            console.take(Msg::Paste(hostile.clone()));
            for keys in
                ["", "<enter>", "<right><tab>tag:x", "<enter>", "long words ", "<enter>", "<enter>", "<enter>", "jj"]
            {
                console.keys(keys).pass(REST);
                for line in console.lines() {
                    let wide = mychatflow_tui::text::width(&line);
                    assert!(wide <= usize::from(columns), "{keys} at {columns}x{rows}: {line}");
                    assert!(!line.contains('\u{1b}') && !line.contains('\u{202e}'), "{line}");
                    assert!(charset == Charset::Unicode || !line.contains('▸'), "{line}");
                }
            }
            assert_eq!(wizard(&console).step, Step::Check);
            console.resize(80, 24).resize(columns, rows);
        }
    }
}
