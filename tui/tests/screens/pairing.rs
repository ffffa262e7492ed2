//! A number being paired: the code as a phone sees it, its time, and how it may end.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use mychatflow_data::protocol::event::Topic;
use mychatflow_data::time::Timestamp;
use mychatflow_tui::msg::{Effect, Link, Msg, PhoneWish, Question, Refusal};
use mychatflow_tui::probe::PixelSupport;
use mychatflow_tui::state::{Charset, Guide, Setup};
use mychatflow_tui::theme::ThemeName;
use serde_json::{Value, json};

use crate::console::Console;
use crate::photo::{self, CELLS, photo, scanned};
use crate::shop::{NOW, Shop};

/// What WAHA shows: which code of the cycle, its text, since and until when in seconds after the start.
#[derive(Clone)]
struct Waha {
    value: String,
    attempt: u32,
    from_s: i64,
    until_s: i64,
    refusal: Option<&'static str>,
}

type Shared = Rc<RefCell<Waha>>;

fn at(seconds: i64) -> String {
    Timestamp::from_millis(NOW + seconds * 1000).to_string()
}

/// A pairing string of the usual length: 57 modules.
fn usual() -> String {
    photo::value(237)
}

fn waha(value: String) -> Shared {
    Rc::new(RefCell::new(Waha { value, attempt: 1, from_s: 0, until_s: 60, refusal: None }))
}

fn shop(waha: &Shared) -> Shop {
    let mut shop = Shop::usual();
    let waha = Rc::clone(waha);
    let number = shop.instances[1].clone();
    shop.also = Some(Box::new(move |question| {
        let waha = waha.borrow();
        let code = mychatflow_data::protocol::error::Code::NotConnected;
        Some(match question {
            Question::InstancePair(asked) => {
                Ok(json!({"id": number["id"], "name": number["name"], "status": "SCAN_QR_CODE",
                "code": asked.phone.as_ref().map(|_| "ABCD-EFGH")}))
            }
            Question::InstanceQr(_) => match waha.refusal {
                Some(words) => Err(Refusal { code: Some(code), text: words.to_owned() }),
                None => Ok(json!({"value": waha.value, "attempt": waha.attempt, "attempts_max": 6,
                    "shown_at": at(waha.from_s), "expires_at": at(waha.until_s), "png": null})),
            },
            _ => return None,
        })
    }));
    shop
}

/// A console with the pairing of the second number open.
fn open(columns: u16, rows: u16, waha: &Shared, change: impl FnOnce(&mut Setup)) -> Console {
    let mut console = Console::with(columns, rows, shop(waha), change);
    console.keys("4jp");
    console
}

fn pairing(columns: u16, rows: u16) -> Console {
    open(columns, rows, &waha(usual()), |_| {})
}

fn number(console: &Console, status: &str) -> Value {
    let mut number = console.shop.instances[1].clone();
    number["status"] = json!(status);
    number
}

fn questions(console: &Console) -> usize {
    console.asked.iter().filter(|question| matches!(question, Question::InstanceQr(_))).count()
}

#[test]
fn every_size_has_its_form() {
    for (columns, rows) in [(80, 24), (120, 36), (50, 15), (80, 33), (40, 10), (200, 60)] {
        insta::assert_snapshot!(format!("pairing_{columns}x{rows}"), pairing(columns, rows).picture());
    }
}

#[test]
fn a_phone_reads_the_code_off_the_console() {
    for (modules, bytes) in photo::SIZES {
        for (columns, rows) in [(80, 24), (120, 36)] {
            for theme in [ThemeName::Dark, ThemeName::Light] {
                let value = if modules == 57 { usual() } else { photo::value(bytes - 3) };
                let console = open(columns, rows, &waha(value.clone()), |setup| setup.theme = theme);
                let cells = console.cells();
                let at = format!("{modules} in {columns}x{rows} {theme}");
                let drawn = match (columns, rows) {
                    (80, 24) => modules <= 65,
                    _ => true,
                };
                assert_eq!(console.shows("No room for the code"), !drawn, "{at}\n{}", console.picture());
                // The usual size is looked at more closely.
                for cell in CELLS.into_iter().take(if modules == 57 { 2 } else { 1 }) {
                    for around in [0, 255] {
                        let read = scanned(&photo(&cells, cell, around));
                        assert_eq!(read, drawn.then(|| value.clone()), "{at} {cell:?} on {around}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_usual_code_takes_the_expected_form() {
    for (columns, rows, half_blocks) in [(80, 24, false), (120, 36, true)] {
        let console = pairing(columns, rows);
        let lines = console.lines().join("");
        assert_eq!(lines.contains('▀'), half_blocks || lines.contains('\u{1fb01}') && lines.contains('▀'));
        assert_eq!(lines.contains('\u{1fb02}'), !half_blocks, "{columns}");
        assert!(console.shows("Linked devices › Link a device") && console.shows("code 1 of 6 · 60 s"));
    }
}

#[test]
fn seconds_count_down_and_an_event_brings_the_next_code() {
    let waha = waha(usual());
    let mut console = open(80, 24, &waha, |_| {});
    for left in (55..60).rev() {
        console.pass(Duration::from_secs(1));
        assert!(console.shows(&format!("code 1 of 6 · {left} s")), "{}", console.picture());
    }
    let asked = questions(&console);
    *waha.borrow_mut() = Waha { value: photo::value(230), attempt: 2, from_s: 5, until_s: 25, refusal: None };
    let event = number(&console, "SCAN_QR_CODE");
    console.tell(Topic::InstanceChanged, event);
    assert_eq!(questions(&console), asked + 1);
    assert!(console.shows("code 2 of 6 · 20 s"), "{}", console.picture());
    assert_eq!(scanned(&photo(&console.cells(), (8, 16), 0)), Some(photo::value(230)));
}

#[test]
fn a_code_that_is_over_is_asked_for_again_without_an_event() {
    let waha = waha(usual());
    let mut console = open(80, 24, &waha, |_| {});
    let asked = questions(&console);
    *waha.borrow_mut() = Waha { value: photo::value(231), attempt: 2, from_s: 60, until_s: 80, refusal: None };
    console.pass(Duration::from_secs(59));
    assert_eq!(questions(&console), asked);
    console.pass(Duration::from_secs(1));
    assert_eq!(questions(&console), asked + 1);
    assert!(console.shows("code 2 of 6 · 20 s"));
}

#[test]
fn a_code_that_comes_twice_is_asked_for_until_it_is_another() {
    let waha = waha(usual());
    let mut console = open(80, 24, &waha, |_| {});
    // WAHA is a moment behind: the daemon counts on, but the code is still the first one.
    *waha.borrow_mut() = Waha { value: usual(), attempt: 2, from_s: 60, until_s: 80, refusal: None };
    console.pass(Duration::from_secs(60));
    let asked = questions(&console);
    console.pass(Duration::from_secs(1));
    assert_eq!(questions(&console), asked);
    console.pass(Duration::from_secs(1));
    assert_eq!(questions(&console), asked + 1);
    waha.borrow_mut().value = photo::value(233);
    console.pass(Duration::from_secs(2));
    assert_eq!(scanned(&photo(&console.cells(), (8, 16), 0)), Some(photo::value(233)));
    let asked = questions(&console);
    console.pass(Duration::from_secs(5));
    assert_eq!(questions(&console), asked);
}

#[test]
fn an_expired_code_says_so_while_the_next_one_is_awaited() {
    let mut console = pairing(80, 24);
    console.shop.silent = Some("instance.qr");
    console.pass(Duration::from_secs(61));
    insta::assert_snapshot!("pairing_expired_80", console.picture());
}

#[test]
fn after_six_codes_one_key_begins_anew() {
    let waha = waha(usual());
    let mut console = open(80, 24, &waha, |_| {});
    *waha.borrow_mut() = Waha { value: usual(), attempt: 6, from_s: 140, until_s: 160, refusal: None };
    console.pass(Duration::from_secs(140));
    assert!(console.shows("code 6 of 6 · 20 s"), "{}", console.picture());
    let asked = console.asked.len();
    console.pass(Duration::from_secs(20));
    assert!(console.shows("six codes are used up: press r"), "{}", console.picture());
    assert_eq!(console.asked.len(), asked, "a new cycle is for a person to begin");
    insta::assert_snapshot!("pairing_used_up_80", console.picture());
    *waha.borrow_mut() = Waha { value: usual(), attempt: 1, from_s: 160, until_s: 220, refusal: None };
    console.keys("r");
    assert!(console.shows("code 1 of 6 · 60 s"), "{}", console.picture());
    // WAHA says FAILED when its last code is over, or before our clock says so.
    *waha.borrow_mut() = Waha { value: usual(), attempt: 6, from_s: 300, until_s: 320, refusal: None };
    console.keys("r");
    let event = number(&console, "FAILED");
    console.tell(Topic::InstanceChanged, event);
    assert!(console.shows("six codes are used up"));
}

#[test]
fn g_goes_round_and_i_turns_over() {
    let mut console = pairing(120, 36);
    let has = |console: &Console, glyph: char| console.lines().join("").contains(glyph);
    assert!(!has(&console, '\u{1fb02}'));
    console.keys("g");
    assert!(has(&console, '\u{1fb02}'), "sextants\n{}", console.picture());
    assert_eq!(scanned(&photo(&console.cells(), (8, 16), 0)), Some(usual()));
    console.keys("g");
    assert!(console.shows("The code is hidden"), "{}", console.picture());
    console.keys("g");
    assert!(!has(&console, '\u{1fb02}') && has(&console, '▀'));
    console.keys("i");
    let turned = photo(&console.cells(), (8, 16), 255);
    assert_eq!(scanned(&photo::inverted(turned)), Some(usual()));
}

#[test]
fn pixels_are_left_to_the_terminal() {
    for (columns, rows) in [(80, 24), (100, 30)] {
        let mut console = open(columns, rows, &waha(usual()), |setup| setup.pixels = PixelSupport::Kitty);
        let picture = console.layout().picture.clone().expect("a picture");
        assert_eq!(picture.value, usual());
        assert!(picture.area.bottom() < rows, "the last row stays free: {:?}", picture.area);
        let cells = console.cells();
        assert!(picture.area.positions().all(|at| cells[at].symbol() == " "), "{}", console.picture());
        if columns == 80 {
            insta::assert_snapshot!("pairing_pixels_80", console.picture());
        }
        // Under something else it goes.
        console.keys("?");
        assert_eq!(console.layout().picture, None);
        console.keys("<esc>g");
        assert_eq!(console.layout().picture, None);
        assert_eq!(scanned(&photo(&console.cells(), (8, 16), 0)), Some(usual()));
    }
    let large = open(120, 36, &waha(usual()), |setup| setup.pixels = PixelSupport::Kitty);
    assert_eq!(large.layout().picture, None, "half blocks fit, and every font has them");
}

#[test]
fn success_is_told_and_leads_to_the_people_known_from_before() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut console = pairing(columns, rows);
        let mut done = number(&console, "WORKING");
        done["verdict"] = json!("healthy");
        done["me"] = json!({"id": "4917688888888@c.us", "name": "Corner Shop"});
        console.tell(Topic::InstanceChanged, done);
        assert!(console.shows("Paired with +4917688888888 (Corner Shop)"));
        assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Notify(_))));
        insta::assert_snapshot!(format!("pairing_done_{columns}"), console.picture());
        console.keys("<enter>");
        assert!(console.shows("people known from before"), "{}", console.picture());
    }
    let mut console = pairing(80, 24);
    console.shop.overview["unreviewed"] = json!(0);
    let done = number(&console, "WORKING");
    console.tell(Topic::InstanceChanged, done);
    console.keys("<enter>");
    assert!(console.state.overlays.is_empty());
}

#[test]
fn what_went_wrong_is_told_with_what_to_do() {
    for (status, name) in [
        ("FAILED", "failed"),
        ("PASSKEY_REQUIRED", "passkey"),
        ("PASSKEY_CONFIRMATION_REQUIRED", "passkey_confirmation"),
        ("STARTING", "starting"),
        ("SOMETHING_NEW", "other"),
    ] {
        let mut console = pairing(80, 24);
        let mut event = number(&console, status);
        event["reason"] = json!("failed at WAHA: restart it, or log out and pair again");
        console.tell(Topic::InstanceChanged, event);
        insta::assert_snapshot!(format!("pairing_{name}_80"), console.picture());
    }
    let mut shop = shop(&waha(usual()));
    shop.refuse = Some(("instance.pair", "Main is already paired with +4915111111111: log it out to pair it anew"));
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("4jp");
    insta::assert_snapshot!("pairing_refused_80", console.picture());
    let mut console = pairing(80, 24);
    console.take(Msg::Link(Link::Down { reason: "the daemon is gone".to_owned(), next_at: None }));
    insta::assert_snapshot!("pairing_lost_80", console.picture());
}

#[test]
fn a_phone_code_is_typed_instead() {
    let mut console = pairing(80, 24);
    console.keys("p0151");
    assert!(console.shows("begin with the country code"), "{}", console.picture());
    insta::assert_snapshot!("pairing_phone_form_80", console.picture());
    console.keys("<backspace><backspace><backspace><backspace>+49 151 11111111<enter>");
    assert!(console.shows("A B C D - E F G H"), "{}", console.picture());
    insta::assert_snapshot!("pairing_phone_80", console.picture());
    console.keys("y");
    assert!(console.effects.contains(&Effect::Copy("ABCD-EFGH".to_owned())));
    let event = number(&console, "SCAN_QR_CODE");
    console.tell(Topic::InstanceChanged, event);
    assert!(console.shows("A B C D - E F G H"), "a code to scan does not take its place");
    console.keys("r");
    assert!(console.shows("code 1 of 6"));
    // From the list it works as well.
    console.keys("<esc>c+49 151 11111111<enter>");
    assert!(console.shows("A B C D - E F G H"), "{}", console.picture());
}

#[test]
fn a_picture_is_saved_and_no_notice_hides_the_code() {
    for (columns, rows) in [(80, 24), (120, 36), (80, 33)] {
        let mut console = pairing(columns, rows);
        console.keys("s");
        let Some(Effect::SaveQr { name, value }) = console.effects.last() else { panic!("nothing is saved") };
        assert_eq!((name.as_str(), value), ("Bakery counter, second phone", &usual()));
        let said = "saved as /home/aylin/pairing-bakery-counter.png";
        console.take(Msg::Said(mychatflow_tui::msg::Said::Done(said.to_owned())));
        assert!(console.shows("saved as"), "{}", console.picture());
        insta::assert_snapshot!(format!("pairing_saved_{columns}x{rows}"), console.picture());
        assert_eq!(scanned(&photo(&console.cells(), (8, 16), 0)), Some(usual()));
    }
}

#[test]
fn in_the_demo_the_phone_is_made_up() {
    let mut console = open(80, 24, &waha(usual()), |setup| setup.guide = Guide::Scan);
    assert!(console.shows("let the made-up phone scan it"), "{}", console.picture());
    console.keys("f");
    let name = "Bakery counter, second phone".to_owned();
    assert!(console.effects.contains(&Effect::Phone(PhoneWish::Scan { name })));
    let mut real = pairing(80, 24);
    real.keys("f");
    assert!(!real.effects.iter().any(|effect| matches!(effect, Effect::Phone(_))));
}

#[test]
fn back_from_a_lost_connection_the_code_is_asked_for() {
    let mut console = pairing(80, 24);
    console.take(Msg::Link(Link::Down { reason: "gone".to_owned(), next_at: None }));
    let asked = questions(&console);
    let epoch = mychatflow_data::ids::RunId::from_bytes([8; 16]);
    console.take(Msg::Link(Link::Up { epoch, seq: 0 }));
    assert_eq!(questions(&console), asked + 1);
}

#[test]
fn without_utf_8_the_words_lead_on() {
    let console = open(80, 24, &waha(usual()), |setup| setup.charset = Charset::Ascii);
    assert!(console.lines().join("").is_ascii(), "{}", console.picture());
    insta::assert_snapshot!("pairing_ascii_80", console.picture());
}

#[test]
fn another_window_size_brings_another_form() {
    let mut console = pairing(120, 36);
    for (columns, rows, drawn) in [(80, 24, true), (62, 33, true), (40, 10, false), (61, 21, true), (120, 36, true)] {
        console.resize(columns, rows);
        let read = scanned(&photo(&console.cells(), (8, 16), 0));
        assert_eq!(read, drawn.then(usual), "{columns}x{rows}\n{}", console.picture());
    }
}
