//! The servers: each failure in its own words, no key shown, none taken for an answer.

use std::os::unix::fs::PermissionsExt;

use mychatflow_bench::typed::free_port;

use crate::home::{GEMINI_KEY, Home, WAHA_KEY};

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_address_is_told_in_its_own_words_before_any_key_is_asked() {
    let home = Home::empty().await;
    let (url, gemini) = (home.waha.url(), home.gemini.url());
    let bare = url.trim_start_matches("http://").to_owned();
    let silent = format!("127.0.0.1:{}", free_port());
    let mut at = home.at_terminal(&["setup"], 120, 50);
    at.until("WAHA's address [http://127.0.0.1:3000]:").await;
    assert!(!at.text().contains("key"), "no key is asked for before an address answers: {}", at.text());
    for (typed, words) in [
        (silent.as_str(), format!("Nobody listens at {silent}")),
        (silent.as_str(), "docker run -d --name waha".to_owned()),
        (gemini.as_str(), "Another server answers at".to_owned()),
        (WAHA_KEY, "That looks like a key".to_owned()),
        ("http://nowhere.invalid:3000", "nowhere.invalid".to_owned()),
        ("ftp://127.0.0.1", "begins with http".to_owned()),
    ] {
        at.keys(&format!("{typed}<enter>").replace(WAHA_KEY, ""));
        if typed == WAHA_KEY {
            at.types(&format!("{WAHA_KEY}\r"));
        }
        at.until(&words).await;
    }
    assert!(!at.text().contains("not shown"), "{}", at.text());
    // Pasted from a browser, with a scheme that WAHA does not speak there, and then without any.
    at.types(&format!("https://{bare}/dashboard\r"));
    at.until("/dashboard is a page of WAHA's").await;
    at.until("WAHA speaks no https there").await;
    at.until("its WAHA_API_KEY").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheme_that_is_missing_is_told() {
    let home = Home::empty().await;
    let mut at = home.at_terminal(&["setup"], 100, 30);
    at.until("WAHA's address").await;
    at.types(&format!("{}\r", home.waha.url().trim_start_matches("http://")));
    at.until("The http:// in front was missing").await;
    at.until("its WAHA_API_KEY").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_tried_hidden_and_asked_for_again_when_refused() {
    let home = Home::empty().await;
    let mut at = home.at_terminal(&["setup", "--no-start"], 120, 50);
    at.until("WAHA's address").await;
    at.types(&format!("{}\r", home.waha.url()));
    at.until("its WAHA_API_KEY").await;
    at.types("a-wrong-waha-key\r");
    at.until("WAHA refuses this key").await;
    at.until("WAHA's key once more").await;
    at.types(&format!("{WAHA_KEY}\r"));
    at.until("✓ WAHA version").await;
    at.until("Gemini's key, from").await;
    at.types("a-wrong-gemini-key\r");
    at.until("gemini refused the api key").await;
    at.until("Gemini's key once more").await;
    at.types(&format!("{GEMINI_KEY}\r"));
    at.until("answered a question in").await;
    let (status, said) = at.end().await;
    assert_eq!(status, 0, "{said}");
    for key in [WAHA_KEY, GEMINI_KEY, "a-wrong-waha-key", "a-wrong-gemini-key"] {
        assert!(!said.contains(key), "a key is not shown: {said}");
    }
    assert!(at.modes_are_as_before(), "the terminal shows again what is typed");
    let asked = home.gemini.requests();
    assert!(asked.iter().any(|request| request.path.contains(":generateContent")), "a real question: {asked:?}");
    assert_eq!(home.config().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert!(text.contains(WAHA_KEY) && text.contains(GEMINI_KEY) && !text.contains("a-wrong"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_not_there_is_asked_for_again() {
    let home = Home::empty().await;
    let mut at = home.at_terminal(&["setup", "--no-start", "--gemini-model", "gemini-of-nobody"], 120, 50);
    at.until("WAHA's address").await;
    at.types(&format!("{}\r", home.waha.url()));
    at.until("its WAHA_API_KEY").await;
    at.types(&format!("{WAHA_KEY}\r"));
    at.until("Gemini's key, from").await;
    at.types(&format!("{GEMINI_KEY}\r"));
    at.until("there is no model gemini-of-nobody").await;
    at.until("gemini-3.5-flash-lite").await;
    at.until("Model (Enter: later):").await;
    at.types("gemini-3.5-flash-lite\r");
    at.until("answered a question in").await;
    assert_eq!(at.end().await.0, 0);
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert!(text.contains("model = \"gemini-3.5-flash-lite\""), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_kept_and_what_was_left_is_asked_again() {
    let home = Home::empty().await;
    let mut at = home.at_terminal(&["setup"], 100, 40);
    at.until("WAHA's address").await;
    at.types(&format!("{}\r", home.waha.url()));
    at.until("its WAHA_API_KEY").await;
    at.types(&format!("{WAHA_KEY}\r"));
    at.until("Gemini's key, from").await;
    // Ctrl-C
    at.types("\x03");
    let (status, said) = at.end().await;
    assert_eq!(status, 130, "{said}");
    assert!(said.contains("mychatflow setup goes on from here"), "{said}");
    assert!(at.modes_are_as_before(), "the terminal shows again what is typed");
    let mut at = home.at_terminal(&["setup", "--no-start"], 100, 40);
    at.until("✓ WAHA version").await;
    at.until("Gemini's key, from").await;
    assert!(!at.text().contains("WAHA's address"), "{}", at.text());
    at.types("\r");
    at.until("mychatflow setup asks for it").await;
    assert_eq!(at.end().await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_waha_does_not_take_any_more_is_asked_for_at_the_next_setup() {
    let home = Home::empty().await;
    std::fs::create_dir_all(home.config().parent().unwrap()).unwrap();
    let before = format!("# mine\n[[waha]]\nname = \"main\"\nurl = \"{}\"\napi_key = \"old\"\n", home.waha.url());
    std::fs::write(home.config(), before).unwrap();
    let mut at = home.at_terminal(&["setup", "--no-start"], 100, 40);
    at.until("waha refuses the api key").await;
    at.until("its WAHA_API_KEY").await;
    at.types(&format!("{WAHA_KEY}\r"));
    at.until("is changed").await;
    at.until("Gemini's key, from").await;
    at.types("\r");
    assert_eq!(at.end().await.0, 0);
    let text = std::fs::read_to_string(home.config()).unwrap();
    assert!(text.starts_with("# mine\n") && text.contains(WAHA_KEY) && !text.contains("\"old\""), "{text}");
}
