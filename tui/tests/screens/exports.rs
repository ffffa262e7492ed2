//! A list as a file: what is ordered, and what is said of it.

use mychatflow_data::user_file::Existing;
use mychatflow_tui::export::{ExportError, ExportKind, ExportOrder};
use mychatflow_tui::msg::{Effect, Msg};

use crate::console::Console;

/// The files that the console wanted.
fn orders(console: &Console) -> Vec<ExportOrder> {
    let order = |effect: &Effect| match effect {
        Effect::Export(order) => Some((**order).clone()),
        _ => None,
    };
    console.effects.iter().filter_map(order).collect()
}

/// The last file is written, or not.
fn ends(console: &mut Console, end: Result<&str, ExportError>) {
    let order = orders(console).pop().expect("a file is wanted");
    console.take(Msg::Exported(Box::new(order), end.map(str::to_owned)));
}

fn exists() -> ExportError {
    ExportError::Exists { place: "/home/ana/list.csv".to_owned() }
}

#[test]
fn what_is_ordered_is_the_list_on_the_screen() {
    let cases = [
        ("5x", ExportKind::People { query: None }),
        ("5/city:Berlin<enter>x", ExportKind::People { query: Some("city:Berlin".to_owned()) }),
        ("5/vip<enter>,,x", ExportKind::People { query: Some("vip review:customer".to_owned()) }),
        ("6x", ExportKind::QuickReplies),
    ];
    for (keys, kind) in cases {
        let mut console = Console::open(80, 24);
        console.keys(keys).keys("<ctrl-u>~/list.csv<enter>");
        let order = orders(&console).pop().expect("a file is wanted");
        assert_eq!((order.kind, order.path.as_str(), order.existing), (kind, "~/list.csv", Existing::Keep), "{keys}");
        assert!(order.tenant.is_some());
    }
}

#[test]
fn a_file_that_is_there_is_written_over_after_a_yes_alone() {
    let mut console = Console::open(80, 24);
    console.keys("5x<ctrl-u>list.csv<enter>");
    assert!(console.shows("writing …"));
    ends(&mut console, Err(exists()));
    insta::assert_snapshot!("exports_over_80", console.picture());
    // Enter keeps it, and another place can be named.
    console.keys("<enter>");
    assert_eq!(orders(&console).len(), 1);
    assert!(console.shows("File on this machine"));
    console.keys("<enter>");
    ends(&mut console, Err(exists()));
    console.keys("y");
    assert_eq!(orders(&console).pop().map(|order| order.existing), Some(Existing::Replace));
    ends(&mut console, Ok("12 people are in /home/ana/list.csv, which nobody but you can read"));
    assert!(console.shows("12 people are in /home/ana/list.csv") && console.state.overlays.is_empty());
}

#[test]
fn why_there_is_no_file_stands_in_the_form_or_in_a_notice() {
    let mut console = Console::open(80, 24);
    console.keys("5x<ctrl-u>none/list.csv<enter>");
    let failed = || Err(ExportError::Failed("there is no directory none; make it first".to_owned()));
    ends(&mut console, failed());
    assert!(console.shows("there is no directory none") && console.shows("File on this machine"));
    console.keys("<enter><esc>");
    assert!(console.state.overlays.is_empty());
    console.keys("x");
    assert!(console.shows("one file at a time"), "the first one is still being written");
    ends(&mut console, failed());
    assert!(console.shows("there is no directory none"));
    console.keys("x");
    assert!(console.shows("File on this machine"));
}

#[test]
fn one_is_asked_before_a_half_written_file_is_left() {
    let mut console = Console::open(80, 24);
    console.keys("5x<ctrl-u>~/list.csv<enter><esc>q");
    assert!(console.shows("Leave? list.csv is not written yet"));
    console.keys("<enter>");
    assert!(!console.effects.contains(&Effect::Quit));
    console.keys("q");
    ends(&mut console, Ok("12 people are in /home/ana/list.csv"));
    assert!(console.effects.contains(&Effect::Quit), "it is written: nothing is left to be asked");
}
