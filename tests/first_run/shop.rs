//! The shop, its number and its people, up to the first answer.

use std::time::Duration;

use mychatflow_sandbox::waha::{Customer, Direction, Status};

use crate::home::{GEMINI_KEY, Home, WAHA_KEY};
use crate::terminal::{PATIENCE, Terminal};

/// The session that `setup` makes.
const SESSION: &str = "default";

/// Answers about both servers and the shop's name.
async fn up_to_the_questions(home: &Home, at: &mut Terminal) {
    at.until("WAHA's address").await;
    at.types(&format!("{}\r", home.waha.url()));
    at.until("its WAHA_API_KEY").await;
    at.types(&format!("{WAHA_KEY}\r"));
    at.until("Gemini's key, from").await;
    at.types(&format!("{GEMINI_KEY}\r"));
    at.until("What is the shop called?").await;
    at.types("Corner Shop\r");
    at.until("Its time zone, or the city that has it [Europe/Berlin]:").await;
    at.types("\r");
    at.until("1 of 10").await;
}

async fn setting(home: &Home, key: &str) -> String {
    let lines = home.done(&["settings", "show"]).await;
    let line = lines.into_iter().find(|line| line["key"] == key).unwrap();
    line["value"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_home_to_the_first_answer() {
    let home = Home::empty().await;
    let mut at = home.at_terminal(&["setup"], 100, 60);
    up_to_the_questions(&home, &mut at).await;
    at.types("A corner shop in Quay Street.\r");
    at.until("2 of 10").await;
    at.types("whenever I like\r");
    at.until("are not understood").await;
    at.types("Mon-Sun 0-24\r");
    at.until("read as: daily 00:00-24:00").await;
    at.until("3 of 10").await;
    at.types("\r");
    at.until("4 of 10").await;
    at.types("Sourdough costs 4,20 €.\r");
    at.until("5 of 10").await;
    at.types(".\r");
    at.until("3 of 10 answered").await;
    at.until("draft").await;
    at.until("Your choice [1]:").await;
    at.types("\r");
    at.until("Pair your WhatsApp number now").await;
    // A key that was pasted here is no answer, and is not shown.
    at.types("n-secret-1234567890\r");
    at.until("neither yes nor no").await;
    at.types("\r");
    at.until("code 1 of 6").await;
    let mum = Customer::new("+44 7700 900999", "Mum");
    let yesterday = jiff::Timestamp::now().as_second() - 86_400;
    home.waha.add_history(SESSION, &mum, Direction::In, "Call me", yesterday).await.unwrap();
    let code = home.run(&["instance", "list"]).await;
    assert!(!code.stderr.contains("dead"), "{code:?}");
    let (_, status) = home.told(&["daemon", "status"]).await;
    assert!(!status.contains("dead"), "a number that is being paired: {status}");
    home.waha.scan_qr(SESSION).await.unwrap();
    at.until("main is paired").await;
    at.until("1 person had a chat on this phone before").await;
    at.until("Your choice [1]:").await;
    at.types("3\r");
    at.until("Let the assistant answer 1 person").await;
    // Enter is no: Mum is not given to the assistant by it.
    at.types("\r");
    at.until("They wait under Contacts").await;
    at.until("Question (Enter: go on):").await;
    at.types("How much is the sourdough?\r");
    at.until("4,20").await;
    at.until("0 credits").await;
    at.types("\r");
    // The console opens on the steps that are left.
    at.until("first steps").await;
    at.until("3 of 5 done").await;
    at.until("write to the number from another phone").await;
    let (raw, mum) = (String::from_utf8_lossy(&at.raw()).into_owned(), home.done(&["contact", "list"]).await);
    assert!(!raw.contains("n-secret"), "what was pasted is not shown");
    assert_eq!(mum[0]["review"], "unreviewed");
    assert!(setting(&home, "business.profile").await.contains("Quay Street"));
    assert_eq!(setting(&home, "business.hours").await, "Mon-Sun 0-24");
    assert_eq!(setting(&home, "assistant.mode").await, "draft");
    let replies = home.done(&["quick-reply", "list"]).await;
    assert_eq!((replies.len(), &replies[0]["label"]), (1, &"Prices".into()));
    // A customer writes, the draft is approved, and she is answered.
    let ana = Customer::new("+44 7700 900123", "Ana");
    home.waha.customer_says(SESSION, &ana, "How much is the sourdough?").await.unwrap();
    at.until("an answer waits for a yes").await;
    at.types("2");
    at.until("Ana").await;
    at.types("\r");
    at.until("4,20").await;
    at.types("a");
    let sent = home.waha.wait_for_sent(1, PATIENCE).await.unwrap();
    assert!(sent[0].text.contains("4,20"), "{sent:?}");
    // Mum is left.
    at.types("\x1b");
    at.types("1");
    at.until("4 of 5 done").await;
    home.done(&["contact", "tag", "Mum", "--review", "personal"]).await;
    at.gone("first steps").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_setup_asks_only_for_what_is_missing() {
    let home = Home::empty().await;
    let mut at = home.at_terminal(&["setup"], 100, 50);
    up_to_the_questions(&home, &mut at).await;
    at.types("A corner shop in Quay Street.\r");
    at.until("2 of 10").await;
    // Ctrl-D
    at.types("\x04");
    let (status, said) = at.end().await;
    assert_eq!(status, 0, "{said}");
    let mut at = home.at_terminal(&["setup"], 100, 50);
    at.until("✓ The shop is Corner Shop").await;
    at.until("1 of 9").await;
    at.types(".\r");
    at.until("Your choice [1]:").await;
    at.types("3\r");
    at.until("Pair your WhatsApp number now").await;
    at.types("n\r");
    at.until("Question (Enter: go on):").await;
    at.types("\r");
    at.until("2 of 5 done").await;
    assert_eq!(setting(&home, "assistant.mode").await, "auto");
    // Everybody who opens the console now is told what comes next.
    let mut at = home.at_terminal(&[], 80, 24);
    at.until("first steps").await;
    at.types("2");
    at.until("Next: Pair a WhatsApp number").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_paired_already_needs_no_code() {
    let home = Home::empty().await;
    let mut at = home.at_terminal(&["setup"], 100, 50);
    up_to_the_questions(&home, &mut at).await;
    at.types(".\r");
    at.until("Your choice [1]:").await;
    at.types("\r");
    at.until("Pair your WhatsApp number now").await;
    at.types("\r");
    at.until("code 1 of 6").await;
    home.waha.scan_qr(SESSION).await.unwrap();
    home.waha.wait_for_status(SESSION, Status::Working, Duration::from_secs(20)).await.unwrap();
    at.until("main is paired").await;
    at.until("Question (Enter: go on):").await;
    at.types("\x04");
    assert_eq!(at.end().await.0, 0);
    let mut at = home.at_terminal(&["setup"], 100, 50);
    at.until("1 of 10").await;
    at.types(".\r");
    at.until("✓ The number main is paired and works").await;
    at.until("Question (Enter: go on):").await;
}
