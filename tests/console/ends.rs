//! However the console ends, the terminal is as it was before.

use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;

use crate::support::{QUESTION, World};
use crate::terminal::Terminal;
use crate::{command, console, shop, talk};

/// The modes that the console sets, and the bytes that take them back.
const MODES: [(&[u8], &[u8]); 7] = [
    (b"\x1b[?1049h", b"\x1b[?1049l"),
    (b"\x1b[?25l", b"\x1b[?25h"),
    (b"\x1b[?2004h", b"\x1b[?2004l"),
    (b"\x1b[?1004h", b"\x1b[?1004l"),
    (b"\x1b[?1000h", b"\x1b[?1000l"),
    (b"\x1b[?1006h", b"\x1b[?1006l"),
    (b"\x1b[?2026h", b"\x1b[?2026l"),
];

/// Waits for the console's end, and fails unless the terminal is given back. Returns the exit status.
async fn given_back(console: &mut Terminal) -> u32 {
    let code = console.ended().await;
    let raw = console.raw();
    for (set, _) in MODES {
        let was_set = raw.windows(set.len()).any(|window| window == set);
        assert!(was_set, "{:?} was never set", String::from_utf8_lossy(set));
    }
    nothing_is_left_behind(console);
    code
}

/// Fails unless the terminal is as it was before the program that has ended.
pub fn nothing_is_left_behind(console: &Terminal) {
    assert!(console.modes_are_as_before(), "stty shows something else than before");
    let raw = console.raw();
    let last = |bytes: &[u8]| raw.windows(bytes.len()).rposition(|window| window == bytes);
    for (set, reset) in MODES {
        assert!(last(set).is_none() || last(reset) > last(set), "{:?} is left behind", String::from_utf8_lossy(set));
    }
    let screen = console.frame();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste(), "{}", console.text());
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
}

#[tokio::test]
async fn by_keys() {
    let world = shop().await;
    for key in ["q", "<ctrl-c>"] {
        let mut console = console(&world, 80, 24).await;
        console.keys(key);
        assert_eq!(given_back(&mut console).await, 0, "{key}");
        assert_eq!(console.text().trim(), "", "{key}");
    }
}

#[tokio::test]
async fn by_keys_where_something_is_written() {
    let (world, mut console) = talk(80, 24).await;
    console.keys("ihalf a sen").until("half a sen").await;
    console.keys("<ctrl-c>");
    assert_eq!(given_back(&mut console).await, 0);
    assert_eq!(world.done(&["chat", "draft", &world.ana.phone]).await[0]["text"], "half a sen");
}

#[tokio::test]
async fn by_signals_and_what_was_written_is_kept() {
    let (world, mut console) = talk(80, 24).await;
    for (signal, words) in [(Signal::TERM, "by term"), (Signal::INT, "by int"), (Signal::HUP, "by hup")] {
        console.keys(&format!("i {words}")).until(words).await;
        console.signal(signal);
        assert_eq!(given_back(&mut console).await, 0, "{signal:?}");
        let kept = world.done(&["chat", "draft", &world.ana.phone]).await;
        assert!(kept[0]["text"].as_str().unwrap().contains(words), "{signal:?}: {kept:?}");
        console = self::console(&world, 80, 24).await;
        console.keys("2").until("Ana").await;
        console.keys("<enter>").until(words).await;
    }
}

#[tokio::test]
async fn by_a_panic() {
    let world = shop().await;
    let mut command = command(&world);
    command.env("MYCHATFLOW_BREAK_BY", "f12");
    let mut console = Terminal::run(command, 80, 24);
    console.until(" credits").await;
    console.keys("2").until("inbox").await;
    world.ana_asks().await;
    console.until("Ana").await;
    console.keys("<enter>").until("r write").await;
    console.keys("ivery secret words").until("very secret words").await;
    console.paste("pasted secret").until("pasted secret").await;
    console.keys("<f12>");
    assert_eq!(given_back(&mut console).await, 101);
    let told = console.text();
    assert!(told.contains("broken by f12") && told.contains("tui/src/runtime/provoke.rs"), "{told}");
    let (path, record) = record(&world);
    assert!(told.replace('\n', "").contains(&path), "where it is kept is told: {told}");
    for known in ["chat.list answered", "key (a character)", "key f12", "paste (13 bytes)", "interaction.added"] {
        assert!(record.contains(known), "{known}: {record}");
    }
    for secret in ["secret", QUESTION, "sourdough", "Ana", "7700900123", "Harbour"] {
        assert!(!record.contains(secret), "{secret}: {record}");
    }
}

/// What the console has written down about its end, and where; for its owner alone.
fn record(world: &World) -> (String, String) {
    let path = world.path().join(".local/state/mychatflow/console-last.log");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    (path.display().to_string(), std::fs::read_to_string(path).unwrap())
}
