//! The dashboard.

use std::time::Duration;

use mychatflow_data::model::chat::ChatState;
use mychatflow_data::protocol::event::Topic;
use mychatflow_tui::msg::{Link, Mouse, MouseDeed, Msg, Question};
use mychatflow_tui::state::chats::Tab;
use mychatflow_tui::state::dashboard::Tile;
use mychatflow_tui::state::{Charset, Screen};
use mychatflow_tui::theme::ThemeName;
use serde_json::{Value, json};

use crate::console::Console;
use crate::shop::{Shop, ago, id};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

fn chat(number: u8, name: Value, minutes: i64, reason: &str, preview: &str) -> Value {
    json!({"id": id(number), "name": name, "phone": "4915111111111", "state": "needs_you", "reason": reason, "mode": "auto",
        "paused_until": null, "unread": 1, "last_at": ago(minutes), "instance": id(20), "contact": id(40), "kind": "direct",
        "mode_set": null, "snoozed_until": null, "handoff_at": null, "preview": preview, "waiting_since": ago(minutes)})
}

/// A usual day with three people who wait.
fn usual() -> Shop {
    let mut shop = Shop::usual();
    let waiting = [
        chat(30, json!("Aylin Yılmaz"), 190, "price not in your facts", "What does the cake for Saturday cost?"),
        chat(
            31,
            json!("👨‍👩‍👧‍👦 Familie Müller-Lüdenscheidt von und zu Hohenstein"),
            42,
            "asked for a person",
            "Please call me back, this is the third time that I ask",
        ),
        chat(32, json!(null), 3, "assistant is off", "東京 ❤️"),
    ];
    shop.replies.push(("chat.list", json!({"items": waiting, "next": null})));
    shop
}

fn open(columns: u16, rows: u16, shop: Shop) -> Console {
    let mut console = Console::with(columns, rows, shop, |_| {});
    console.keys("1");
    console
}

#[test]
fn a_usual_day() {
    for (columns, rows) in SIZES.into_iter().chain([(200, 60)]) {
        let console = open(columns, rows, usual());
        insta::assert_snapshot!(format!("dashboard_{columns}"), console.picture());
    }
}

#[test]
fn in_letters_without_colour() {
    let mut console = Console::with(120, 36, usual(), |setup| {
        setup.charset = Charset::Ascii;
        setup.theme = ThemeName::Plain;
    });
    console.keys("1");
    insta::assert_snapshot!("dashboard_ascii_120", console.picture());
}

#[test]
fn a_first_run() {
    let mut shop = Shop::usual();
    shop.overview = json!({"chats": {"assistant": 0, "waiting": 0, "needs_you": 0, "snoozed": 0, "done": 0, "unread": 0},
        "today": {"received": 0, "sent": 0, "by_assistant": 0, "by_human": 0, "by_phone": 0, "by_campaign": 0},
        "first_response": {"p50_s": null, "p90_s": null, "answered": 0}, "held": 0, "drafts": 0, "unknown": 0,
        "dead_letters": 0, "unreviewed": 0, "hours": [], "days": [], "forecast": {"per_day": 0.0, "empty_at": null},
        "errors": [], "now": ago(0), "timezone": "Europe/Berlin"});
    shop.instances = json!([]);
    shop.campaigns = json!([]);
    for (columns, rows) in SIZES {
        let mut shop = Shop { replies: Vec::new(), ..clone(&shop) };
        shop.credit["used"] = json!(0);
        let console = open(columns, rows, shop);
        insta::assert_snapshot!(format!("dashboard_first_{columns}"), console.picture());
    }
}

#[test]
fn whoever_the_assistant_is_answering_waits_for_it_and_not_for_nobody() {
    for (answering, words) in [(1, "The assistant answers 1 customer."), (3, "The assistant answers 3 customers.")] {
        let mut shop = Shop::usual();
        shop.replies.push(("chat.list", json!({"items": [], "next": null})));
        shop.overview["chats"]["assistant"] = json!(answering);
        for (columns, rows) in SIZES {
            let picture = open(columns, rows, Shop { replies: shop.replies.clone(), ..clone(&shop) }).picture();
            assert!(picture.contains("Nobody waits for you.") && picture.contains(words), "{picture}");
        }
    }
}

fn clone(shop: &Shop) -> Shop {
    let mut other = Shop::usual();
    other.overview = shop.overview.clone();
    other.instances = shop.instances.clone();
    other.campaigns = shop.campaigns.clone();
    other
}

#[test]
fn before_the_numbers_and_without_them() {
    for (columns, rows) in SIZES {
        let mut shop = usual();
        shop.silent = Some("overview");
        insta::assert_snapshot!(format!("dashboard_silent_{columns}"), open(columns, rows, shop).picture());
        let mut shop = usual();
        shop.refuse = Some(("overview", "the store is busy with its backup; try again in a minute"));
        insta::assert_snapshot!(format!("dashboard_refused_{columns}"), open(columns, rows, shop).picture());
    }
}

#[test]
fn three_in_the_morning() {
    for (columns, rows) in SIZES {
        let mut shop = usual();
        let waha = &mut shop.daemon["waha"][0];
        waha["health"] = json!("down");
        waha["error"] = json!("could not connect to 127.0.0.1:3000: connection refused");
        waha["ok_at"] = json!(ago(95));
        shop.daemon["gemini"]["health"] = json!("down");
        shop.daemon["gemini"]["error"] = json!("429: the quota of this key is used up");
        shop.daemon["store"]["free_bytes"] = json!(12_000_000);
        let mut console = open(columns, rows, shop);
        insta::assert_snapshot!(format!("dashboard_ill_{columns}"), console.picture());
        console.keys("k<enter>");
        insta::assert_snapshot!(format!("dashboard_health_{columns}"), console.picture());
    }
}

/// What the daemon has found, in its own words: what, since when, how it is known, what helps.
#[test]
fn what_the_daemon_has_found_is_read_word_by_word() {
    for (columns, rows) in SIZES {
        let mut shop = usual();
        shop.overview["findings"] = json!([
            {"code": "store_refuses_writes", "level": "failed", "subject": {"kind": "store"},
             "summary": "/var/lib/mychatflow/store.db takes no writes: the disk is full", "since": ago(14),
             "evidence": "the last write failed, and none went well since; deliveries that got a 503: 31", "seen_at": ago(1),
             "remedy": "make room or let it be written to; look at: df -h /var/lib/mychatflow/store.db"},
            {"code": "signature_refused", "level": "failed",
             "subject": {"kind": "number", "id": id(20), "name": "Main", "tenant": id(1)},
             "summary": "deliveries for Main are signed with another key than ours", "since": ago(40),
             "evidence": "refused: 45, the last one from 10.0.0.9", "seen_at": ago(2),
             "remedy": "mychatflow instance restart Main gives WAHA our key"}]);
        let mut console = open(columns, rows, shop);
        insta::assert_snapshot!(format!("dashboard_findings_{columns}"), console.picture());
        console.keys("k<enter>");
        insta::assert_snapshot!(format!("dashboard_findings_read_{columns}"), console.picture());
    }
}

#[test]
fn a_tile_opens_the_list_that_it_counts() {
    let table = [
        (Tile::NeedsYou, Screen::Chats, Some(Tab::In(ChatState::NeedsYou))),
        (Tile::Chats, Screen::Chats, Some(Tab::Inbox)),
        (Tile::Today, Screen::Chats, Some(Tab::All)),
        (Tile::Numbers, Screen::Numbers, None),
        (Tile::Credits, Screen::Credits, None),
        (Tile::Campaigns, Screen::Campaigns, None),
        (Tile::Trouble, Screen::Queue, None),
    ];
    for (tile, screen, tab) in table {
        let mut console = open(120, 36, usual());
        for _ in 0..Tile::ALL.len() {
            if console.state.dashboard.tile == tile {
                break;
            }
            console.keys("<tab>");
        }
        console.keys("<enter>");
        assert_eq!(console.state.screen, screen, "{tile:?}");
        if let Some(tab) = tab {
            assert_eq!(console.state.chats.tab, tab, "{tile:?}");
        }
        console.state.chats.focus = mychatflow_tui::state::chats::Pane::List;
        console.keys("<esc>");
        assert_eq!(console.state.screen, Screen::Dashboard, "back from {tile:?}");
    }
}

#[test]
fn one_walks_over_the_tiles_and_clicks_them() {
    let mut console = open(80, 24, usual());
    let tile = |console: &Console| console.state.dashboard.tile;
    assert_eq!(tile(&console), Tile::NeedsYou);
    let table = [
        ("l", Tile::Today),
        ("j", Tile::Numbers),
        ("h", Tile::Credits),
        ("k", Tile::NeedsYou),
        ("k", Tile::Health),
        ("G", Tile::Trouble),
        ("<up>", Tile::Chats),
        ("<right>", Tile::Campaigns),
        ("g", Tile::Health),
        ("<backtab>", Tile::Trouble),
    ];
    for (key, expected) in table {
        console.keys(key);
        assert_eq!(tile(&console), expected, "{key}");
    }
    let click = |console: &mut Console| {
        console.take(Msg::Mouse(Mouse { column: 60, row: 4, deed: MouseDeed::Click }));
    };
    click(&mut console);
    assert_eq!((tile(&console), console.state.screen), (Tile::Today, Screen::Dashboard));
    click(&mut console);
    assert_eq!(console.state.screen, Screen::Chats);
}

#[test]
fn every_tile_can_be_reached_where_there_is_little_room() {
    for (columns, rows) in [(40, 10), (60, 20), (80, 12), (200, 12)] {
        let mut console = open(columns, rows, usual());
        for _ in 0..Tile::ALL.len() {
            console.keys("<tab>");
            let laid = match &console.layout().panes {
                mychatflow_tui::layout::Panes::Dashboard(laid) => laid,
                other => panic!("no dashboard but {other:?}"),
            };
            assert!(laid.shows(console.state.dashboard.tile), "{columns}x{rows}: {:?}", console.state.dashboard.tile);
            for (_, area) in &laid.tiles {
                assert_eq!(area.intersection(console.layout().body), *area);
            }
        }
    }
}

#[test]
fn events_read_it_again_once_for_a_crowd_and_health_by_the_clock() {
    let mut console = open(80, 24, usual());
    let count = |console: &Console, method: &str| console.asked.iter().filter(|asked| asked.method() == method).count();
    let before = (count(&console, "overview"), count(&console, "chat.list"), count(&console, "daemon.status"));
    for _ in 0..5 {
        console.tell(Topic::ChatChanged, json!({"id": id(30)}));
    }
    assert_eq!(count(&console, "overview"), before.0);
    console.pass(Duration::from_secs(1));
    assert_eq!((count(&console, "overview"), count(&console, "chat.list")), (before.0 + 1, before.1 + 1));
    assert_eq!(count(&console, "daemon.status"), before.2);
    console.pass(Duration::from_secs(30));
    assert_eq!(count(&console, "daemon.status"), before.2 + 1);
    console.keys("8").pass(Duration::from_secs(60));
    assert_eq!(count(&console, "daemon.status"), before.2 + 1, "nobody looks");
}

#[test]
fn every_key_does_something() {
    let mut console = open(80, 24, usual());
    console.keys("w");
    assert!(matches!(console.asked.last(), Some(Question::Why(why)) if why.id == id(30)));
    console.keys("<esc>lw");
    assert!(console.shows("who wrote ours"));
    insta::assert_snapshot!("dashboard_meaning_80", console.picture());
    console.keys("<esc>/");
    assert!(console.shows("Search all messages"));
}

#[test]
fn without_a_daemon_it_says_from_when_the_numbers_are() {
    let mut console = open(80, 24, usual());
    let link = Link::Down { reason: "the daemon closed the connection".to_owned(), next_at: None };
    console.take(Msg::Link(link));
    assert!(console.shows("No daemon since 14:32; everything below is from then"));
    let asked = console.asked.len();
    console.pass(Duration::from_secs(120));
    assert_eq!(console.asked.len(), asked, "nobody is there to ask");
}

#[test]
fn a_refused_account_is_told_so_and_not_that_there_is_no_daemon() {
    let mut console = open(80, 24, usual());
    let reason = "the account anna works for no tenant here; ask an operator to run `mychatflow tenant grant`";
    console.take(Msg::Link(Link::Refused { reason: reason.to_owned(), next_at: None }));
    assert!(console.shows("not allowed") && console.shows("the account anna works for no tenant here"));
    assert!(!console.shows("o daemon since"), "{}", console.picture());
    console.take(Msg::Link(Link::Down { reason: "gone".to_owned(), next_at: None }));
    assert!(console.shows("no daemon since"));
}

#[test]
fn any_size_can_be_drawn() {
    for columns in [40, 41, 55, 68, 69, 80, 95, 99, 100, 110, 139, 161, 200] {
        for rows in [10, 11, 14, 17, 20, 24, 30, 44, 60] {
            let mut shop = usual();
            if rows % 4 == 0 {
                shop.daemon["waha"][0]["health"] = json!("down");
                shop.refuse =
                    Some(("overview", "a long reason that does not fit one line of a small terminal, nor two of them"));
            }
            let mut console = open(columns, rows, shop);
            for key in ["1", "G", "7", "8"] {
                console.keys(key);
                let picture = console.picture();
                assert!(picture.lines().all(|line| mychatflow_tui::text::width(line) <= usize::from(columns).max(24)));
            }
        }
    }
}

/// A shop between `setup` and its first answer.
fn unfinished(role: &str) -> Shop {
    let mut shop = usual();
    let step = |step: &str, done: bool, text: &str, next: &str| json!({"step": step, "done": done, "text": text, "next": next});
    shop.overview["first_steps"] = json!([
        step("model", true, "Give the assistant a key for Gemini", ""),
        step("facts", false, "Tell the assistant about the shop", "mychatflow setup asks ten questions"),
        step("number", false, "Pair a WhatsApp number", "mychatflow instance pair 'main'"),
        step(
            "people",
            false,
            "Say who 2 people from before the pairing are",
            "mychatflow contact list --review unreviewed"
        ),
        step("answer", false, "Answer the first customer", "Write to the shop's number from another phone"),
    ]);
    shop.tenants[0]["role"] = json!(role);
    shop
}

#[test]
fn what_is_left_until_the_first_answer_stands_on_top() {
    for (columns, rows) in [(120, 36), (80, 24)] {
        let console = open(columns, rows, unfinished("owner"));
        insta::assert_snapshot!(format!("dashboard_first_steps_{columns}"), console.picture());
    }
    // Whoever may only look is told what is missing, and offered nothing.
    let console = open(120, 36, unfinished("viewer"));
    let picture = console.picture();
    assert!(picture.contains("Pair a WhatsApp number") && !picture.contains("4 Numbers"), "{picture}");
    assert!(!open(120, 36, usual()).picture().contains("first steps"), "a shop that is done has no list");
}

#[test]
fn the_list_of_first_steps_opens_the_next_one() {
    let mut console = open(120, 36, unfinished("owner"));
    while console.state.dashboard.tile != Tile::FirstSteps {
        console.keys("<tab>");
    }
    console.keys("<enter>");
    assert!(console.picture().contains("mychatflow setup asks ten questions"), "{}", console.picture());
    let mut shop = unfinished("owner");
    shop.overview["first_steps"][1]["done"] = json!(true);
    let mut console = open(120, 36, shop);
    while console.state.dashboard.tile != Tile::FirstSteps {
        console.keys("<tab>");
    }
    console.keys("<enter>");
    assert_eq!(console.state.screen, Screen::Numbers);
}
