//! `setup` in a script: no questions, flags instead, and one document.

use std::fs;

use crate::home::{GEMINI_KEY, Home, WAHA_KEY};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_it_says_which_flags_to_give() {
    let home = Home::empty().await;
    let (code, said) = home.told(&["setup"]).await;
    assert_eq!(code, Some(1), "{said}");
    for flag in ["--waha-url", "--waha-key-file", "--gemini-key-file", "--shop", "--hours", "--mode", "--number"] {
        assert!(said.contains(flag), "{flag}: {said}");
    }
    assert!(!home.config().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_gives_the_answers_as_flags() {
    let home = Home::empty().await;
    let (waha, gemini) = (home.path().join("waha.key"), home.path().join("gemini.key"));
    fs::write(&waha, format!("{WAHA_KEY}\n")).unwrap();
    fs::write(&gemini, format!("{GEMINI_KEY}\n")).unwrap();
    let url = home.waha.url();
    let (waha, gemini) = (waha.to_str().unwrap(), gemini.to_str().unwrap());
    let line =
        [
            &[
                "setup",
                "--waha-url",
                &url,
                "--waha-key-file",
                waha,
                "--gemini-key-file",
                gemini,
                "--shop",
                "Corner Shop",
            ][..],
            &["--profile", "A corner shop.", "--hours", "Mon-Fri 9-18", "--mode", "draft", "--number", "main"],
        ]
        .concat();
    let report = home.done(&line).await.remove(0);
    assert_eq!(
        (&report["written"], &report["tenant"], &report["instance"]),
        (&true.into(), &"Corner Shop".into(), &"main".into())
    );
    assert!(report["waha"].as_str().unwrap().contains("version") && report["gemini"].is_string(), "{report}");
    let open: Vec<_> = report["first_steps"].as_array().unwrap().iter().filter(|step| step["done"] == false).collect();
    assert_eq!(open[0]["step"], "number", "{report}");
    // The same once more changes nothing.
    let again = home.done(&line).await.remove(0);
    assert_eq!(again["written"], false, "{again}");
    assert_eq!(home.done(&["tenant", "list"]).await.len(), 1);
    assert_eq!(home.done(&["instance", "list"]).await.len(), 1);
    // The pairing code of the only number needs no name.
    let code = home.done(&["instance", "qr"]).await;
    assert!(code[0]["value"].is_string(), "{code:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_refused_what_does_not_answer() {
    let home = Home::empty().await;
    let key = home.path().join("key");
    fs::write(&key, "wrong").unwrap();
    let url = home.waha.url();
    let (code, said) = home.told(&["setup", "--waha-url", &url, "--waha-key-file", key.to_str().unwrap()]).await;
    assert!(code == Some(1) && said.contains("refuses the api key"), "{said}");
    assert!(!home.config().exists(), "nothing is written that did not answer");
}
