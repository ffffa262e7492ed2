//! `config check` and `config show`.

use crate::desk::Desk;

#[tokio::test]
async fn a_mistake_is_named_with_its_line() {
    let desk = Desk::new();
    desk.write(".config/mychatflow/config.toml", "[reply]\nmoed = \"auto\"\n");
    let ran = desk.run(&["config", "check"]).await;
    assert_eq!((ran.code(), ran.stdout()), (1, ""));
    assert!(
        ran.stderr().contains("config.toml:2: unknown key reply.moed; the nearest known key is reply.mode"),
        "{}",
        ran.stderr()
    );
    let checked = &desk.run(&["config", "check", "--json"]).await.lines()[0];
    assert!(checked["file"].as_str().unwrap().ends_with(".config/mychatflow/config.toml"), "{checked}");
    let ran = desk.run(&["config", "check", "--json", "--config", "no.toml"]).await;
    assert_eq!((ran.code(), &ran.lines()[0]["file"]), (1, &"no.toml".into()));
    let ran = desk.run(&["daemon"]).await;
    assert_eq!(ran.code(), 1);
    assert!(ran.stderr().contains("config.toml:2"), "{}", ran.stderr());
}

#[tokio::test]
async fn a_password_in_an_address_is_printed_nowhere() {
    for address in
        ["http://anna:hunter2@waha.example:3000", "http://anna:hun/ter2@waha.example", "http://waha/?k=hunter2"]
    {
        let desk = Desk::new();
        for text in [
            format!("[[waha]]\nurl = \"{address}\"\n"),
            format!("[gemini]\nbase_url = \"{address}\"\n"),
            format!("[webhook]\npublic_url = \"{address}\"\n"),
        ] {
            desk.write(".config/mychatflow/config.toml", &text);
            for line in [&["config", "check"][..], &["config", "show"], &["doctor"], &["daemon"], &["daemon", "status"]]
            {
                for json in [&[][..], &["--json"]] {
                    let ran = desk.run(&[line, json].concat()).await;
                    let said = format!("{}{}", ran.stdout(), ran.stderr());
                    assert!(!said.contains("ter2"), "{line:?}: {said}");
                }
            }
            let ran = desk.run(&["config", "check"]).await;
            assert!(ran.stderr().contains("[redacted]"), "{}", ran.stderr());
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_toml_is_no_missing_daemon() {
    let desk = Desk::new();
    let file = desk.write("my.toml", "[reply]\n[[[\n");
    for line in [&["daemon", "reload"][..], &["credit", "show"]] {
        let ran = desk.run(&[line, &["--config", file.to_str().unwrap()]].concat()).await;
        assert_eq!(ran.code(), 1, "{}", ran.stderr());
        assert!(ran.stderr().contains("my.toml:2: not TOML"), "{}", ran.stderr());
    }
}

#[tokio::test]
async fn what_is_in_effect_is_shown_without_secrets() {
    let desk = Desk::new();
    let file = desk.write("my.toml", "[gemini]\napi_key = \"hunter2\"\n[[waha]]\n");
    let line = ["config", "show", "--json", "--config", file.to_str().unwrap()];
    let mut command = desk.command(&line);
    let ran = command.env("MYCHATFLOW__REPLY__MODE", "draft").output().await.unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    let value = |key: &str| {
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.into_iter().find(|line| line["key"] == key).unwrap()
    };
    assert_eq!(
        (value("gemini.api_key")["value"].as_str(), value("reply.mode")["value"].as_str()),
        (Some("********"), Some("draft"))
    );
    assert_eq!(value("reply.mode")["source"], "MYCHATFLOW__REPLY__MODE");
    assert_eq!(value("webhook.listen")["source"], "default");
    assert!(value("gemini.api_key")["source"].as_str().unwrap().ends_with("my.toml:2"));

    let ran = desk.run(&["config", "check", "--config", file.to_str().unwrap()]).await;
    assert_eq!(ran.code(), 0);
    assert!(ran.stdout().starts_with("ok: ") && ran.stdout().contains("waha main has no api_key"), "{}", ran.stdout());
}
