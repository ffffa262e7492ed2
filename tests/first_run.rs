//! The first run at a terminal: nothing is there yet, and nobody is left alone.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[path = "support/terminal.rs"]
mod terminal;

use std::os::unix::fs::PermissionsExt;

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
async fn setup_tries_waha_and_writes_a_config_for_its_owner_alone() {
    let home = tempfile::tempdir().unwrap();
    let mut at = Terminal::of_ours(&["setup"], home.path(), 100, 30);
    at.until("WAHA's address").await;
    at.keys("127.0.0.1:9<enter>");
    at.until("WAHA's key").await;
    at.keys("a-secret-key<enter>");
    at.until("Try another address or key?").await;
    at.keys("n<enter>");
    at.until("Gemini's key").await;
    at.keys("<enter>");
    at.until("What is the shop called?").await;
    at.keys("<enter>");
    at.until("Start the daemon now?").await;
    at.keys("n<enter>");
    let (status, said) = at.end().await;
    assert_eq!(status, 0, "{said}");
    assert!(!said.contains("a-secret-key"), "a key is not shown: {said}");
    let file = home.path().join(".config/mychatflow/config.toml");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("url = \"http://127.0.0.1:9\"") && text.contains("api_key = \"a-secret-key\""));
    // A second time it leaves what is there alone.
    let mut at = Terminal::of_ours(&["setup"], home.path(), 100, 30);
    let (status, said) = at.end().await;
    assert!(status == 1 && said.contains("is there already"), "{said}");
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
    at.keys("q");
    assert_eq!(at.end().await.0, 0);
    // It has gone on without the console.
    let mut at = Terminal::of_ours(&["daemon", "stop"], home.path(), 80, 24);
    let (status, said) = at.end().await;
    assert!(status == 0 && said.contains("stopped"), "{said}");
}
