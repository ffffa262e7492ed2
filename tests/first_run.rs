//! The first run at a terminal: nothing is there yet, and nobody is left alone.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[path = "first_run/home.rs"]
mod home;
#[path = "first_run/servers.rs"]
mod servers;
#[path = "first_run/shop.rs"]
mod shop;
#[path = "support/terminal.rs"]
mod terminal;
#[path = "first_run/unattended.rs"]
mod unattended;

use terminal::Terminal;

#[tokio::test(flavor = "multi_thread")]
async fn without_anything_it_offers_what_there_is_to_do() {
    let home = tempfile::tempdir().unwrap();
    let mut at = Terminal::of_ours(&[], home.path(), 80, 24);
    at.until("Your choice [1]:").await;
    at.keys("3<enter>");
    at.until(".config/mychatflow/config.toml").await;
    at.keys("what<enter>");
    at.until("1, 2, 3 or q").await;
    at.keys("q<enter>");
    let (status, said) = at.end().await;
    assert_eq!(status, 0, "{said}");
    assert!(!said.contains("panicked") && !said.contains("\x1b[?1049h"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_config_it_offers_to_start_the_daemon() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join(".config/mychatflow");
    std::fs::create_dir_all(&dir).unwrap();
    let config = "[webhook]\nlisten = \"127.0.0.1:0\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n";
    std::fs::write(dir.join("config.toml"), config).unwrap();
    let mut at = Terminal::of_ours(&[], home.path(), 80, 24);
    at.until("Start the daemon now?").await;
    at.keys("<enter>");
    at.until("There is no business yet").await;
    at.until("mychatflow setup").await;
    at.keys("q");
    assert_eq!(at.end().await.0, 0);
    // It has gone on without the console.
    let mut at = Terminal::of_ours(&["daemon", "stop"], home.path(), 80, 24);
    let (status, said) = at.end().await;
    assert!(status == 0 && said.contains("stopped"), "{said}");
}
