//! The doctor finds what is wrong, says what to do, and mends what it may: the real binary and the real daemon between a
//! WAHA and a Gemini of the sandbox.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the report")]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::{gemini, waha};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long anything may take.
const SOON: Duration = Duration::from_secs(20);

struct World {
    home: TempDir,
    waha: waha::Server,
    gemini: gemini::Server,
    daemon: Option<Child>,
}

impl World {
    /// Everything is as it should be, but no daemon runs.
    async fn new() -> World {
        let world = World {
            home: tempfile::tempdir().unwrap(),
            waha: waha::Server::start(waha::Options::default()).await.unwrap(),
            gemini: gemini::Server::start(gemini::Options::default()).await.unwrap(),
            daemon: None,
        };
        world.configure(world.waha.api_key(), world.gemini.api_key());
        world
    }

    /// A shop whose number is paired.
    async fn in_order() -> World {
        let mut world = World::new().await;
        world.start().await;
        world.runs(&["tenant", "add", "Corner Shop"]).await;
        world.runs(&["instance", "add", "shop"]).await;
        world.waha.wait_for_status("default", waha::Status::ScanQrCode, SOON).await.unwrap();
        world.waha.scan_qr("default").await.unwrap();
        let working = async {
            loop {
                let shown = world.runs(&["instance", "show", "shop", "--json"]).await;
                let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
                if shown["status"] == "WORKING" && shown["verdict"] == "healthy" {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(SOON, working).await.unwrap();
        world
    }

    fn config(&self) -> PathBuf {
        self.home.path().join("config.toml")
    }

    fn configure(&self, waha_key: &str, gemini_key: &str) {
        self.configure_at(&self.waha.url(), waha_key, gemini_key);
    }

    fn configure_at(&self, waha_url: &str, waha_key: &str, gemini_key: &str) {
        let text = format!(
            "[daemon]\ndata_dir = \"data\"\nsocket = \"run/socket\"\n\
             [webhook]\nlisten = \"127.0.0.1:0\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n\
             [[waha]]\nname = \"main\"\nurl = \"{waha_url}\"\napi_key = \"{waha_key}\"\n\
             [gemini]\nbase_url = \"{}\"\napi_key = \"{gemini_key}\"\n",
            self.gemini.url(),
        );
        std::fs::write(self.config(), text).unwrap();
        self.chmod(0o600);
    }

    fn chmod(&self, mode: u32) {
        std::fs::set_permissions(self.config(), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mychatflow"));
        command.args(line).arg("--config").arg(self.config());
        command.env_clear().env("HOME", self.home.path()).kill_on_drop(true);
        command
    }

    async fn start(&mut self) {
        let mut daemon = self.command(&["daemon"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(daemon.stderr.take().unwrap()).lines();
        let ready = async { while !log.next_line().await.unwrap().unwrap().contains("ready") {} };
        timeout(SOON, ready).await.unwrap();
        // Somebody must read on, or the daemon stands still with a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        self.daemon = Some(daemon);
    }

    async fn run(&self, line: &[&str]) -> Output {
        timeout(SOON * 2, self.command(line).output()).await.unwrap().unwrap()
    }

    async fn runs(&self, line: &[&str]) -> Output {
        let output = self.run(line).await;
        assert!(output.status.success(), "{line:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// What the doctor says, and how it ended.
    async fn doctor(&self, options: &[&str]) -> Doctor {
        let output = self.run(&[&["doctor", "--json"], options].concat()).await;
        let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        Doctor { report, code: output.status.code() }
    }

    /// Another program writes the session's config. The daemon may not change it back: it looks by itself from time to time.
    fn meddle(&self, change: impl FnOnce(&mut Value)) {
        let refused = Fault::Answer { status: 500, body: json!({"statusCode": 500, "message": "busy"}) };
        self.waha.faults().add(waha::Operation::UpdateSession, When::Always, refused);
        let mut config = self.waha.config("default").unwrap();
        change(&mut config);
        assert!(self.waha.write_config("default", config));
    }
}

#[derive(Debug)]
struct Doctor {
    report: Value,
    code: Option<i32>,
}

impl Doctor {
    fn check(&self, name: &str) -> &Value {
        let checks = self.report["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {self:#?}"))
    }

    /// The names of the checks in this state.
    fn names(&self, state: &str) -> Vec<&str> {
        let checks = self.report["checks"].as_array().unwrap().iter();
        checks.filter(|check| check["state"] == state).map(|check| check["name"].as_str().unwrap()).collect()
    }

    fn assert_said(&self, name: &str, state: &str, detail: &str, remedy: &str) {
        let check = self.check(name);
        assert_eq!(check["state"], state, "{check}");
        assert!(check["detail"].as_str().unwrap().contains(detail), "{check}");
        assert!(check["remedy"].as_str().unwrap_or_default().contains(remedy), "{check}");
    }
}

#[tokio::test]
async fn nothing_is_wrong_with_a_shop_in_order() {
    let world = World::in_order().await;
    let said = world.doctor(&[]).await;
    let all = [
        "config",
        "daemon",
        "store",
        "tenants",
        "waha main",
        "gemini",
        "clock",
        "number shop",
        "webhook shop",
        "assistant of Corner Shop",
    ];
    assert_eq!((said.names("failed").len(), said.code, &said.report["ok"]), (0, Some(0), &json!(true)), "{said:#?}");
    let names: Vec<_> = said.report["checks"].as_array().unwrap().iter().map(|check| &check["name"]).collect();
    assert_eq!(names, all);
    said.assert_said("waha main", "ok", "exactly-once: available", "");
    said.assert_said("webhook shop", "ok", "from this machine a signed delivery got through", "");
    said.assert_said("webhook shop", "ok", "WAHA's last own delivery came", "");
    said.assert_said("clock", "ok", "right", "");
    said.assert_said("assistant of Corner Shop", "ok", "answers by itself", "");
    // That nobody is answered because somebody switched it off is no fault, and is told.
    world.runs(&["settings", "set", "reply.mode", "off"]).await;
    world.doctor(&[]).await.assert_said("assistant of Corner Shop", "ok", "it answers nobody", "");
    world.runs(&["settings", "set", "reply.mode", "--unset"]).await;
    let people = world.runs(&["doctor"]).await;
    let people = String::from_utf8(people.stdout).unwrap();
    assert!(people.contains("warning  gemini "), "missing evidence is a warning: {people}");
    said.assert_said("gemini", "warning", "it was not asked yet", "doctor --probe");
    assert!(!people.contains(world.gemini.api_key()) && !people.contains(world.waha.api_key()), "{people}");
    let status = world.runs(&["daemon", "status", "--json"]).await;
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["waha"][0]["version"], "2026.7.1");
}

#[tokio::test]
async fn a_real_message_is_sent_only_with_a_yes_and_its_delivery_is_told() {
    let world = World::in_order().await;
    // Nobody is there to be asked.
    let said = world.doctor(&["--probe"]).await;
    said.assert_said("probe", "warning", "nothing was sent", "--yes");
    assert_eq!(world.waha.sent_count(), 0);
    let said = world.doctor(&["--probe", "--yes"]).await;
    said.assert_said("probe shop", "ok", "WAHA's delivery of it came after", "");
    said.assert_said("gemini", "ok", "answered a question", "");
    assert_eq!((world.waha.sent_count(), said.code), (1, Some(0)), "{said:#?}");
    let chats = world.runs(&["chat", "list", "--json"]).await;
    assert_eq!(String::from_utf8_lossy(&chats.stdout).trim(), "", "it is no conversation");
}

#[tokio::test]
async fn without_a_daemon_the_rest_is_looked_at_all_the_same() {
    let world = World::new().await;
    world.chmod(0o644);
    let said = world.doctor(&[]).await;
    assert_eq!((said.names("failed"), said.code), (vec!["daemon"], Some(1)), "{said:#?}");
    said.assert_said("daemon", "failed", "no daemon listens", "mychatflow daemon");
    said.assert_said("config", "warning", "others may read", "chmod 600");
    said.assert_said("gemini", "warning", "the key is taken; nobody knows whether", "doctor --probe");

    world.doctor(&["--fix"]).await.assert_said("config", "ok", "mended", "");
    let mode = std::fs::metadata(world.config()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_by_how_much() {
    let world = World::new().await;
    world.waha.set_date_offset(100);
    let said = world.doctor(&[]).await;
    said.assert_said("clock", "warning", "s behind of WAHA main's", "timedatectl set-ntp true");
    world.waha.set_date_offset(0);
    world.gemini.set_date_offset(-1_000);
    let said = world.doctor(&[]).await;
    said.assert_said("clock", "failed", "16 min ahead of Gemini's", "timedatectl set-ntp true");
}

#[tokio::test]
async fn keys_that_are_refused_are_named() {
    let world = World::new().await;
    world.configure("wrong", "wrong");
    let said = world.doctor(&[]).await;
    assert_eq!(said.names("failed"), ["daemon", "waha main", "gemini"], "{said:#?}");
    said.assert_said("waha main", "failed", "refuses the api key", "api_key of [[waha]]");
    said.assert_said("gemini", "failed", "refused the api key", "gemini.api_key");
    world.configure(world.waha.api_key(), "");
    world.doctor(&[]).await.assert_said("gemini", "warning", "the assistant is off", "gemini.api_key");
    std::fs::write(world.config(), "[daemon]\nlgo = \"info\"\n").unwrap();
    let said = world.doctor(&[]).await;
    said.assert_said("config", "failed", "config.toml:2", "mychatflow config check");
}

#[tokio::test]
async fn a_key_whose_quota_is_used_up_does_not_answer() {
    let world = World::new().await;
    let used_up = gemini::Fault::Answer(gemini::Sample::named("429_per_day").unwrap());
    world.gemini.faults().add(gemini::Operation::GenerateContent, When::Always, used_up);
    let said = world.doctor(&["--probe", "--yes"]).await;
    said.assert_said("gemini", "failed", "the gemini quota is used up", "raise it at");
}

#[tokio::test]
async fn a_gateway_that_lists_no_models_is_judged_by_an_answer() {
    let world = World::new().await;
    let unknown = gemini::Fault::Answer(gemini::Sample::named("404_model").unwrap());
    world.gemini.faults().add(gemini::Operation::ReadModels, When::Always, unknown.clone());
    world.gemini.faults().add(gemini::Operation::CountTokens, When::Always, unknown.clone());
    let said = world.doctor(&[]).await;
    said.assert_said("gemini", "warning", "its models are not listed; nobody knows", "doctor --probe");
    let said = world.doctor(&["--probe", "--yes"]).await;
    said.assert_said("gemini", "ok", "its models are not listed, gemini-3.5-flash-lite answered a question in ", "");
    world.gemini.faults().add(gemini::Operation::GenerateContent, When::Always, unknown);
    let said = world.doctor(&["--probe", "--yes"]).await;
    said.assert_said("gemini", "failed", "does not know the model", "set gemini.model");
}

#[tokio::test]
async fn https_where_only_http_is_spoken_is_told_as_that() {
    let world = World::new().await;
    world.configure_at(&world.waha.url().replace("http://", "https://"), world.waha.api_key(), "");
    let said = world.doctor(&[]).await;
    said.assert_said("waha main", "failed", "can't be reached", "let waha.main.url begin with http://");
}

#[tokio::test]
async fn a_waha_that_is_down_says_so_itself() {
    let world = World::in_order().await;
    world.waha.stop_listening().await;
    let said = world.doctor(&[]).await;
    assert!(said.names("failed").contains(&"waha main"), "{said:#?}");
    said.assert_said("waha main", "failed", "refused", "docker start");
    // Deliveries get through to us all the same.
    said.assert_said("webhook shop", "ok", "got through", "");
    assert_eq!(said.code, Some(1));
}

#[tokio::test]
async fn a_webhook_that_drifted_is_found_and_mended() {
    let world = World::in_order().await;
    let whole = world.waha.config("default").unwrap();
    world.meddle(|config| config["webhooks"][0]["hmac"]["key"] = json!("another"));
    let said = world.doctor(&[]).await;
    said.assert_said("drift shop", "failed", "webhook.hmac.key is another, not ours", "doctor --fix");
    assert_eq!(said.code, Some(1));

    world.waha.faults().clear();
    let said = world.doctor(&["--fix"]).await;
    said.assert_said("drift shop", "ok", "mended: webhook.hmac.key", "");
    assert_eq!(world.waha.config("default").unwrap(), whole);

    // A webhook that leads elsewhere is tried where it leads.
    let elsewhere = format!("{}/elsewhere", world.waha.url());
    world.meddle(|config| {
        let ours = config["webhooks"][0]["url"].as_str().unwrap();
        let path = ours.split_once("/webhooks/").unwrap().1;
        config["webhooks"][0]["url"] = json!(format!("{elsewhere}/webhooks/{path}"));
    });
    let said = world.doctor(&[]).await;
    assert_eq!(said.check("webhook shop")["state"], "failed", "{said:#?}");
    said.assert_said("drift shop", "failed", "webhook.url is ", "doctor --fix");
}
