//! A file with people: told first, then taken in.

use mychatflow_data::encoding::Encoding;
use mychatflow_data::protocol::calls::contact::ContactImport;
use mychatflow_data::protocol::piece::{Rehearsal, Rest};
use mychatflow_tui::msg::{Effect, Msg, Question};
use mychatflow_tui::piece::{Piece, PieceRead};
use serde_json::{Value, json};

use crate::console::Console;
use crate::shop::{Shop, id};

/// A reply about so many rows, of which some are rejected.
fn told(rows: i64, rejected: usize, more: bool) -> Value {
    let rejected: Vec<Value> = (0..rejected)
        .map(|at| json!({"row": at * 3 + 1, "value": "4.41E+11", "reason": "the number lost its last digits in a spreadsheet: write it as text"}))
        .collect();
    json!({"rows": rows, "imported": rows - 25, "repaired": 11, "duplicates": 2, "suppressed": 9, "rejected": rejected,
        "import": more.then(|| id(120)), "added": 200,
        "columns": [{"heading": "Mobil", "taken_for": "phone"}, {"heading": "Vorname", "taken_for": "name"}, {"heading": "Stadt", "taken_for": "Stadt"}]})
}

/// A console that asked for a file, with what the daemon will say.
fn asked(columns: u16, rows: u16, replies: Vec<Value>) -> Console {
    let mut shop = Shop::usual();
    let mut replies = replies.into_iter();
    shop.also = Some(Box::new(move |question| match question {
        Question::ContactImport(_) => replies.next().map(Ok),
        _ => None,
    }));
    let mut console = Console::with(columns, rows, shop, |_| {});
    console.keys("5i~/list.csv<tab>de<tab>autumn<enter>");
    console
}

fn imports(console: &Console) -> Vec<ContactImport> {
    let import = |question: &Question| match question {
        Question::ContactImport(import) => Some(import.clone()),
        _ => None,
    };
    console.asked.iter().filter_map(import).collect()
}

/// Where the console wants to read on.
fn wanted(console: &Console) -> Vec<u64> {
    let from = |effect: &Effect| match effect {
        Effect::ReadPiece { path, from, .. } if path == "~/list.csv" => Some(*from),
        _ => None,
    };
    console.effects.iter().filter_map(from).collect()
}

fn read(console: &mut Console, text: &str, next: u64, written_at: u64) {
    read_as(console, text, next, written_at, Encoding::Utf8);
}

fn read_as(console: &mut Console, text: &str, next: u64, written_at: u64, encoding: Encoding) {
    let from = *wanted(console).last().expect("a piece is wanted");
    let read = Ok(PieceRead { text: text.to_owned(), next, total: 600, encoding, written_at });
    console.take(Msg::Piece(Box::new(Piece { path: "~/list.csv".to_owned(), from, read })));
}

#[test]
fn the_form() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut console = Console::open(columns, rows);
        console.keys("5i");
        insta::assert_snapshot!(format!("contacts_import_form_{columns}"), console.picture());
        console.keys("list.csv<tab>Germany<tab><tab><ctrl-u>friends<enter>");
        assert!(console.shows("two letters: DE, GB, ZA"));
        assert!(console.effects.is_empty());
    }
}

#[test]
fn told_first_then_taken_in() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let replies = vec![told(150, 3, true), told(312, 11, false), told(150, 3, true), told(312, 11, false)];
        let mut console = asked(columns, rows, replies);
        assert_eq!(wanted(&console), [0]);
        read(&mut console, "Mobil;Vorname\n", 300, 7);
        insta::assert_snapshot!(format!("contacts_import_running_{columns}"), console.picture());
        assert_eq!(wanted(&console), [0, 300]);
        read(&mut console, "rest", 600, 7);
        let sent = imports(&console);
        assert_eq!((sent[0].import, sent[0].more, sent[0].dry_run), (None, Rest::Follows, Rehearsal::DryRun));
        assert_eq!((sent[0].name.as_deref(), sent[0].country.as_deref()), (Some("list.csv"), Some("DE")));
        assert_eq!(sent[0].tags, ["autumn"]);
        assert_eq!((sent[1].import.map(|it| it.to_string()), sent[1].more), (Some(id(120)), Rest::Nothing));
        insta::assert_snapshot!(format!("contacts_import_told_{columns}"), console.picture());
        assert!(console.shows("Nothing is stored yet."));
        console.keys("G");
        insta::assert_snapshot!(format!("contacts_import_rejected_{columns}"), console.picture());
        console.keys("<enter>");
        assert_eq!(wanted(&console), [0, 300, 0]);
        read(&mut console, "Mobil;Vorname\n", 300, 7);
        read(&mut console, "rest", 600, 7);
        let sent = imports(&console);
        assert!(sent[2..].iter().all(|call| call.dry_run == Rehearsal::Real) && sent.len() == 4);
        assert!(console.shows("287 people imported, 200 of them new"));
        console.keys("<enter>");
        assert!(console.state.overlays.is_empty());
    }
}

#[test]
fn columns_are_said_and_what_is_not_utf_8_is_remarked_on() {
    let mut with_remark = told(312, 0, false);
    with_remark["remarks"] = json!([{"row": 4, "value": "030 5550001", "remark": "+49305550001 is a landline"}]);
    let mut shop = Shop::usual();
    let mut replies = vec![told(150, 0, true), with_remark].into_iter();
    shop.also = Some(Box::new(move |question| match question {
        Question::ContactImport(_) => replies.next().map(Ok),
        _ => None,
    }));
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("5i~/list.csv<tab>de<tab><tab>phone<enter>");
    assert!(console.shows("such as phone=Contact number"));
    console.keys("=Reach, name=Who<enter>");
    read_as(&mut console, "Reach;Who\n", 300, 7, Encoding::Windows1252);
    let more =
        |effect: &Effect| matches!(effect, Effect::ReadPiece { from: 300, encoding: Some(Encoding::Windows1252), .. });
    assert_eq!(imports(&console)[0].column, ["phone=Reach", "name=Who"]);
    assert!(console.effects.iter().any(more), "the next piece is of the same");
    read_as(&mut console, "rest", 600, 7, Encoding::Windows1252);
    assert!(imports(&console)[1].column.is_empty());
    assert!(console.shows("it was read as Windows-1252"));
    console.keys("G");
    assert!(console.shows("is a landline"));
}

#[test]
fn esc_after_the_telling_leaves_it() {
    let mut console = asked(80, 24, vec![told(312, 0, false)]);
    read(&mut console, "all", 600, 7);
    console.keys("<esc>");
    assert!(console.state.overlays.is_empty());
    assert_eq!(imports(&console).len(), 1);
    // What was left while it was read goes no further.
    let mut console = asked(80, 24, vec![told(312, 0, false)]);
    console.keys("<esc>");
    read(&mut console, "all", 600, 7);
    assert!(imports(&console).is_empty());
}

#[test]
fn a_real_one_goes_on_without_being_looked_at() {
    let mut console = asked(80, 24, vec![told(312, 0, false), told(150, 0, true), told(312, 0, false)]);
    read(&mut console, "all", 600, 7);
    console.keys("<enter>");
    read(&mut console, "half", 300, 7);
    console.keys("<esc>");
    assert!(console.shows("importing: 150 rows so far; i shows it"));
    console.keys("i");
    assert!(console.shows("Being taken in. You may leave this; it goes on."));
    console.keys("<esc>");
    read(&mut console, "rest", 600, 7);
    assert!(console.shows("287 people imported"));
}

#[test]
fn more_rejected_rows_than_a_reply_holds_are_asked_for() {
    let mut first = told(9000, 2000, true);
    first["unread"] = json!(true);
    let mut console = asked(80, 24, vec![first, told(9000, 700, false)]);
    read(&mut console, "all", 600, 7);
    let sent = imports(&console);
    assert_eq!((sent[1].file.as_str(), sent[1].import.map(|it| it.to_string())), ("", Some(id(120))));
    assert_eq!(sent[1].more, Rest::Nothing);
    console.keys("G");
    assert!(console.shows("and 700 more: mychatflow contact import FILE --dry-run"));
}

#[test]
fn a_file_that_changes_is_another_one() {
    let mut console = asked(80, 24, vec![told(312, 0, false)]);
    read(&mut console, "all", 600, 7);
    console.keys("<enter>");
    read(&mut console, "all", 600, 8);
    assert!(console.shows("was written to in between"));
    assert_eq!(imports(&console).len(), 1, "what was told is not what would be taken in");
}

#[test]
fn what_is_in_the_way_is_told() {
    let mut console = asked(80, 24, Vec::new());
    let read = Err("there is no file ~/list.csv on this machine".to_owned());
    console.take(Msg::Piece(Box::new(Piece { path: "~/list.csv".to_owned(), from: 0, read })));
    insta::assert_snapshot!("contacts_import_no_file_80", console.picture());
    let mut shop = Shop::usual();
    shop.refuse = Some(("contact.import", "not there yet"));
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("5i~/list.csv<enter>");
    self::read(&mut console, "all", 600, 7);
    assert!(console.shows("not there yet") && console.shows("try again"));
    console.keys("<esc>i");
    assert!(console.shows("~/list.csv"), "the path need not be typed again");
}
