//! What is done with one person and with many: editing, merging, erasing, marks, filters that are kept.

use std::time::Duration;

use mychatflow_data::model::contact::ConsentState;
use mychatflow_data::protocol::calls::contact::{ContactTag, OptOut, Tagging};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::msg::{Question, Refusal};
use mychatflow_tui::state::Screen;
use serde_json::{Value, json};

use crate::console::Console;
use crate::shop::{Shop, ago, id};

/// The last question of a kind.
macro_rules! last {
    ($console:expr, $kind:ident) => {
        $console
            .asked
            .iter()
            .rev()
            .find_map(|question| match question {
                Question::$kind(call) => Some(call.clone()),
                _ => None,
            })
            .expect("it was asked")
    };
}

fn count(console: &Console, method: &str) -> usize {
    console.asked.iter().filter(|question| question.method() == method).count()
}

fn both(name: &str, keys: &str, change: impl Fn(&mut Shop)) {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut shop = Shop::usual();
        change(&mut shop);
        let mut console = Console::with(columns, rows, shop, |_| {});
        console.keys(keys);
        insta::assert_snapshot!(format!("contacts_{name}_{columns}"), console.picture());
    }
}

fn merges() -> Value {
    json!([
        {"id": id(110), "kept": id(40), "name": "Jonas", "phone": "4915144444444", "addresses": ["4915144444444@c.us"], "cause": "owner", "at": ago(30)},
        {"id": id(111), "kept": id(40), "name": null, "phone": null, "addresses": ["777@lid"], "cause": "lid", "at": ago(9000)}])
}

#[test]
fn a_wrong_filter_is_explained_and_keeps_the_list() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut console = Console::open(columns, rows);
        console.keys("5/vip last_in:");
        console.shop.refuse = Some((
            "contact.list",
            "last_in: needs how long ago, such as last_in:<30d (less than 30 days) or last_in:>2w (more than two weeks)",
        ));
        console.keys("x");
        insta::assert_snapshot!(format!("contacts_wrong_filter_{columns}"), console.picture());
        assert!(console.shows("Aylin Yılmaz"));
        console.shop.refuse = None;
        console.keys("<backspace>");
        assert!(!console.shows("needs how long ago"));
    }
}

#[test]
fn segments_are_picked_kept_and_removed() {
    both("segments", "5s", |_| {});
    both("segment_on", "5sreg<enter>", |_| {});
    both("segment_save", "5/tag:bread<enter>S", |_| {});
    both("segment_remove", "5s<ctrl-x>", |_| {});
    both("segments_none", "5s", |shop| shop.segments = json!([]));
    let mut console = Console::open(80, 24);
    console.keys("5S");
    assert!(console.shows("there is no filter to keep"));
    console.keys("sreg<enter>");
    assert_eq!(last!(console, ContactList).query.as_deref(), Some("tag:vip last_in:<30d -opted_out"));
    assert!(console.shows("regulars: 41 people"));
    console.keys("<esc>/tag:bread<enter>SBread<enter>");
    let add = last!(console, SegmentAdd);
    assert_eq!((add.name.as_str(), add.query.as_str()), ("Bread", "tag:bread"));
    assert!(console.shows("Bread is kept: 5 people"));
    console.keys("sregu<ctrl-x>n");
    assert_eq!(count(&console, "segment.remove"), 0);
    console.keys("<ctrl-x>y");
    assert_eq!(last!(console, SegmentRemove).name.as_str(), "regulars");
}

#[test]
fn a_daemon_without_segments_breaks_nothing() {
    let mut shop = Shop::usual();
    shop.refuse = Some(("segment.list", "not there yet"));
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("5");
    assert!(console.shows("Aylin Yılmaz") && !console.shows("not there yet"));
    console.keys("s");
    assert!(console.shows("not there yet"));
}

#[test]
fn an_edit_tells_only_what_is_other_than_before() {
    let mut console = Console::open(80, 24);
    console.keys("5e<enter>");
    assert!(console.state.overlays.is_empty());
    assert_eq!(count(&console, "contact.edit") + count(&console, "contact.tag"), 0);
    // name, language, tags, note, columns, consent
    console.keys("e<tab><ctrl-u>EN<tab>, weekly<tab><tab><ctrl-u>city=Köln<tab><ctrl-u>refused<enter>");
    let edit = last!(console, ContactEdit);
    assert_eq!((edit.name, edit.language.as_deref(), edit.note), (None, Some("en"), None));
    let fields: Vec<(&str, &str)> = edit.fields.iter().map(|(name, words)| (name.as_str(), words.as_str())).collect();
    assert_eq!(fields, [("city", "Köln")], "the other column stands in the line above");
    assert_eq!(edit.consent.map(|said| said.state), Some(ConsentState::Refused));
    let tag = last!(console, ContactTag);
    assert_eq!((tag.remove, tag.tags.as_slice()), (Tagging::Add, ["weekly".to_owned()].as_slice()));
    assert!(console.shows("is kept"));
}

#[test]
fn a_tag_with_spaces_outlives_every_form() {
    for keys in ["5e<tab><tab>, three little words<enter>", "5t, three little words<enter>"] {
        let mut shop = Shop::usual();
        shop.contacts[0]["tags"] = json!(["two words", "vip"]);
        let mut console = Console::with(80, 24, shop, |_| {});
        console.keys(keys);
        assert_eq!(count(&console, "contact.tag"), 1, "nothing is taken off");
        let tag = last!(console, ContactTag);
        assert_eq!((tag.remove, tag.tags.as_slice()), (Tagging::Add, ["three little words".to_owned()].as_slice()));
    }
}

#[test]
fn a_source_of_consent_needs_what_was_said() {
    let mut console = Console::open(80, 24);
    console.keys("5je<tab><tab><tab><tab><tab><tab>the counter<enter>");
    assert!(console.shows("say what it was: given or refused"));
    assert_eq!(count(&console, "contact.edit"), 0);
    console.keys("given<enter>");
    let said = last!(console, ContactEdit).consent.expect("a consent");
    assert_eq!((said.state, said.source.as_deref()), (ConsentState::Given, Some("the counter")));
}

#[test]
fn columns_that_are_taken_out_are_forgotten() {
    let mut console = Console::open(80, 24);
    console.keys("5e<tab><tab><tab><tab><ctrl-u><backspace><enter>");
    let edit = last!(console, ContactEdit);
    assert_eq!(edit.fields.get("city").map(String::as_str), Some(""));
    console.keys("e<tab><tab><tab><tab><alt-enter>no equals sign<enter>");
    assert!(console.shows("no equals sign: a name, = and its words"));
}

#[test]
fn a_person_in_full_opens_the_chat() {
    let mut console = Console::open(80, 24);
    console.keys("5<enter>");
    assert!(console.shows("ticked the box") && console.shows("strawberries"));
    console.keys("P");
    assert!(console.shows("is personal now"));
    assert!(console.shows("personal: never answered by the assistant"), "the sheet tells it as well");
    console.keys("<enter>");
    assert_eq!(console.state.screen, Screen::Chats);
    assert!(console.state.overlays.is_empty());
}

#[test]
fn merging_says_who_stays_and_can_be_taken_back() {
    both("merge", "5mfam", |_| {});
    both("merge_ask", "5mfam<enter>", |_| {});
    let mut console = Console::open(80, 24);
    console.keys("5mfam<enter>y");
    let merge = last!(console, ContactMerge);
    assert_eq!((merge.contact.as_str(), merge.other.as_str()), (id(40).as_str(), id(41).as_str()));
    assert!(!console.shows("Familie"));
    assert!(console.shows("is one person now; u takes it back"));
    console.shop.merges = merges();
    console.keys("<f5><enter><esc>u");
    insta::assert_snapshot!("contacts_unmerge_80", console.picture());
    assert!(console.shows("Jonas") && console.shows("is a person of their"));
    let reads = count(&console, "contact.list");
    console.keys("y");
    assert_eq!(count(&console, "contact.list"), reads + 1, "each of them comes to its place in the list");
    assert_eq!(last!(console, ContactUnmerge).merge.map(|merge| merge.to_string()), Some(id(110)));
    assert!(console.shows("two people again"));
    assert!(!console.shows("is one person now"), "that is not so any more");
}

#[test]
fn whoever_writes_comes_into_the_list_by_themselves() {
    let mut console = Console::open(80, 24);
    console.keys("5jj");
    let before = console.state.contacts.rows.selected_id();
    let new = json!({"id": id(49), "name": "Aaron Neu", "phone": "+4915199999999", "addresses": [], "review": "new",
        "opted_out_at": null, "tags": [], "created_at": ago(0)});
    console.shop.contacts.as_array_mut().expect("a list").insert(0, new);
    console.tell(Topic::ChatChanged, json!({"id": id(1), "typing": true}));
    console.pass(Duration::from_secs(2));
    assert!(!console.shows("Aaron Neu"), "typing tells nothing of people");
    let reads = count(&console, "contact.list");
    for _ in 0..5 {
        console.tell(Topic::ChatChanged, json!({"id": id(9)}));
    }
    console.pass(Duration::from_secs(2));
    assert_eq!(count(&console, "contact.list"), reads + 1, "once for a crowd");
    assert!(console.shows("Aaron Neu"));
    assert_eq!(console.state.contacts.rows.selected_id(), before, "the cursor stays on its person");
    console.keys("1");
    console.tell(Topic::ChatChanged, json!({"id": id(9)}));
    console.pass(Duration::from_secs(2));
    assert_eq!(count(&console, "contact.list"), reads + 1, "elsewhere nobody looks");
}

#[test]
fn nobody_merged_is_said() {
    let mut console = Console::open(80, 24);
    console.keys("5u");
    assert!(console.shows("nobody was merged into Aylin"));
}

#[test]
fn a_person_with_merges_in_full() {
    both("shown_merged", "5<enter>", |shop| shop.merges = merges());
    both("shown_out", "5jj<enter>", |_| {});
}

#[test]
fn erasing_wants_a_word_and_leaves_a_receipt() {
    let mut console = Console::open(80, 24);
    console.keys("5<enter>D<enter>");
    assert!(console.shows("type erase, or leave with esc"));
    assert_eq!(count(&console, "contact.erase"), 0);
    console.keys("Erase<enter>");
    assert_eq!(last!(console, ContactErase).contact.as_str(), id(40));
    insta::assert_snapshot!("contacts_erased_80", console.picture());
    console.keys("<esc>");
    assert!(console.state.overlays.is_empty());
    assert!(!console.shows("Aylin"));
}

#[test]
fn a_refused_erasure_says_why() {
    let mut shop = Shop::usual();
    shop.refuse = Some(("contact.erase", "only an owner may erase people"));
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("5Derase<enter>");
    assert!(console.shows("only an owner may erase people"));
}

#[test]
fn many_are_told_after_a_summary() {
    both("marked", "5<space><space>j<space>", |_| {});
    both("marked_personal", "5AP", |_| {});
    both("marked_out", "5Ao", |_| {});
    both("marked_tags", "5At", |_| {});
    let mut console = Console::open(80, 24);
    console.keys("5AP");
    assert!(console.shows("Make 4 people personal?"), "one is already");
    console.keys("y");
    assert_eq!(count(&console, "contact.tag"), 4);
    assert!(console.shows("4 people are personal"));
    assert!(console.state.contacts.marked.is_empty());
    console.keys("<space><space>tnew<tab>vip<enter>");
    let tags: Vec<ContactTag> = console
        .asked
        .iter()
        .filter_map(|question| match question {
            Question::ContactTag(call) if call.review.is_none() => Some(call.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(tags.len(), 4);
    assert!(console.shows("2 people are tagged new, no longer vip"));
    console.keys("g<space>j<space>jDerase<enter>");
    assert!(console.state.overlays.is_empty() && count(&console, "contact.erase") == 0);
    assert!(console.shows("erasing is for one person at a time"));
    console.keys("<esc>g<space>oy");
    assert_eq!(last!(console, ContactOptout).back, OptOut::Out);
}

#[test]
fn whoever_could_not_be_told_keeps_the_mark() {
    let mut shop = Shop::usual();
    shop.also = Some(Box::new(|question| match question {
        Question::ContactTag(asked) if asked.contact.as_str() == id(41) => {
            Some(Err(Refusal { code: Some(Code::Conflict), text: "the person is gone".to_owned() }))
        }
        _ => None,
    }));
    let mut console = Console::with(80, 24, shop, |_| {});
    console.keys("5ACy");
    assert!(console.shows("3 people are released to the assistant; 1 could"));
    assert_eq!(console.state.contacts.marked.len(), 1);
    console.keys("<esc><esc>");
    assert!(console.state.contacts.marked.is_empty());
}

#[test]
fn hostile_people_in_long_lists_stay_within_their_cells() {
    let evil = "\u{202e}\u{1b}]0;x\u{7}👨‍👩‍👧‍👦\n";
    for (columns, rows) in [(80, 24), (120, 36), (200, 60)] {
        let mut shop = Shop::usual();
        shop.contacts = (0..200_u8)
            .map(|at| {
                json!({"id": id(at), "name": format!("{at} {}", evil.repeat(9)), "phone": null, "addresses": vec!["1@lid"; 40], "review": "new",
                    "opted_out_at": null, "tags": [evil, evil], "created_at": ago(1), "language": evil, "note": evil.repeat(200),
                    "fields": {evil.repeat(8): evil, "b": evil.repeat(90)},
                    "consent": {"state": "given", "at": ago(1), "source": evil, "proof": evil.repeat(50)}})
            })
            .collect();
        shop.segments =
            json!([{"id": id(1), "name": evil.repeat(9), "query": evil.repeat(9), "people": 1, "created_at": ago(1)}]);
        let mut console = Console::with(columns, rows, shop, |_| {});
        for keys in ["5G", "<enter>", "G", "e", "<esc>D", "<esc>m", "<esc><esc>As", "<esc>t", "<esc>P"] {
            console.keys(keys);
            for line in console.lines() {
                assert!(mychatflow_tui::text::width(&line) <= usize::from(columns), "{keys}: {line}");
                assert!(!line.contains(['\u{202e}', '\u{1b}', '\u{7}']), "{keys}: {line}");
            }
        }
    }
}
