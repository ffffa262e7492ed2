//! What a person who edits the file would notice.

use std::num::NonZeroU32;
use std::time::Duration;

use mychatflow_daemon::config::{Consent, MASK, WAHA_URL};
use mychatflow_data::model::chat::Mode;
use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::keys::KEYS;
use super::*;

const EXAMPLE: &str = include_str!("../../config.example.toml");

struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn load(&self, text: &str, env: &Env) -> Result<Loaded, ConfigError> {
        load(Some(Path::new(&self.file("config.toml", text))), env)
    }

    fn problems(&self, text: &str) -> Vec<String> {
        let problems = self.load(text, &Env::default()).unwrap_err().problems;
        problems
            .iter()
            .map(|problem| {
                let at = Path::new(&problem.at).file_name().unwrap().to_str().unwrap();
                format!("{at}: {}", problem.message)
            })
            .collect()
    }
}

#[test]
fn the_example_is_complete_and_says_what_is_usual() {
    let desk = Desk::new();
    let example = desk.load(EXAMPLE, &Env::default()).unwrap().config;
    let mut usual = desk.load("[[waha]]\n", &Env::default()).unwrap().config;
    usual.daemon.data_dir.clone_from(&example.daemon.data_dir);
    assert_eq!(usual.changes(&example), [], "the example shows the usual values");
    for (key, _) in KEYS {
        let last = key.rsplit('.').next().unwrap();
        let line = |line: &str| line.trim_start_matches('#').split('=').next().is_some_and(|name| name.trim() == last);
        assert!(EXAMPLE.lines().any(line), "{key} is missing in the example");
    }
}

#[test]
fn the_example_still_reads_with_every_key_switched_on() {
    let on: Vec<&str> = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if key.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') && !key.contains("_file") => key,
            _ => line,
        })
        .collect();
    let config = Desk::new().load(&on.join("\n"), &Env::default()).unwrap().config;
    assert_eq!(config.gemini.models["gemini-3.5-flash-lite"].price_output, Some(2_500_000));
    assert_eq!(config.auth.oidc.len(), 1);
}

#[test]
fn a_mistake_names_file_line_and_what_was_meant() {
    let desk = Desk::new();
    for (text, expected) in [
        (
            "[gemini]\n\napi_kye = \"x\"\n",
            "config.toml:3: unknown key gemini.api_kye; the nearest known key is gemini.api_key",
        ),
        ("[gemni]\nmodel = \"x\"\n", "config.toml:1: unknown section [gemni]; the nearest known one is [gemini]"),
        (
            "[[waha]]\nurll = \"x\"\n",
            "config.toml:2: unknown key waha.main.urll; the nearest known key is waha.main.url",
        ),
        (
            "[gemini]\ntimeout_s = \"30\"\n",
            "config.toml:2: gemini.timeout_s should be a whole number, 0 or more, not a string",
        ),
        (
            "[campaign]\nper_hour = -1\n",
            "config.toml:2: campaign.per_hour should be a whole number, 0 or more, not an integer",
        ),
        ("[reply]\nmode = \"on\"\n", "config.toml:2: reply.mode: \"on\" is none of off, draft, countdown, auto"),
        (
            "[webhook]\nlisten = \"8480\"\n",
            "config.toml:2: webhook.listen: \"8480\" is no address with a port, such as 127.0.0.1:8480",
        ),
        (
            "[[waha]]\nurl = \"ftp://x\"\n",
            "config.toml:2: waha.main.url: \"ftp://x\" should begin with http:// or https://",
        ),
        ("[waha]\nurl = \"x\"\n", "config.toml:1: waha has entries: write [[waha]] with two brackets"),
        (
            "[[waha]]\nname = \"a\"\n[[waha]]\nname = \"a\"\n",
            "config.toml:3: a second waha is called \"a\": give each a name of its own",
        ),
        ("gemini = 3\n", "config.toml:1: gemini is a section: write [gemini]"),
        (
            "[campaign]\ngap_s = [60, 30]\n",
            "config.toml:2: campaign.gap_s: should be the shortest and the longest gap, at most a day",
        ),
        ("[daemon]\nlog = \"loud,=\"\n", "config.toml:2: daemon.log: \"loud,=\" is no level or filter"),
        ("[gemini\n", "config.toml:1: not TOML"),
    ] {
        let problems = desk.problems(text);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(expected), "{} instead of {expected}", problems[0]);
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "[reply]\nmode = \"on\"\npce = \"human\"\n[gemini]\nmax_concurrent = 0\n";
    assert_eq!(Desk::new().problems(text).len(), 3);
}

#[test]
fn the_environment_wins_over_the_file() {
    let env = Env::from([
        ("MYCHATFLOW__GEMINI__API_KEY", "from-env"),
        ("MYCHATFLOW__WAHA__SHOP_2__API_KEY", "for-the-shop"),
        ("MYCHATFLOW__WAHA__OTHER__URL", "http://waha.example:3000/"),
        ("MYCHATFLOW__REPLY__MODE", "draft"),
        ("MYCHATFLOW__CAMPAIGN__GAP_S", "1,2"),
        ("MYCHATFLOW__CAMPAIGN__REQUIRE_CONSENT", "true"),
        ("MYCHATFLOW__AUTH__OPERATORS", "root, anna"),
        ("MYCHATFLOW__DAEMON__LOG", ""),
        ("MYCHATFLOW_CONFIG", "/nowhere"),
    ]);
    let text = "[gemini]\napi_key = \"from-file\"\n[[waha]]\nname = \"shop-2\"\n[campaign]\nper_hour = 0\n";
    let loaded = Desk::new().load(text, &env).unwrap();
    let config = loaded.config;
    assert_eq!(config.gemini.api_key.expose_secret(), "from-env");
    let waha: Vec<_> = config.waha.iter().map(|waha| (waha.name.as_str(), waha.url.as_str())).collect();
    assert_eq!(waha, [("shop-2", WAHA_URL), ("other", "http://waha.example:3000")]);
    assert_eq!(config.waha[0].api_key.expose_secret(), "for-the-shop");
    assert_eq!(config.reply.mode, Mode::Draft);
    assert_eq!(config.campaign.gap, Some((Duration::from_secs(1), Duration::from_secs(2))));
    assert_eq!((config.campaign.per_hour, config.campaign.per_day), (None, NonZeroU32::new(200)));
    assert_eq!(config.campaign.consent, Consent::Required);
    assert_eq!(config.auth.operators, ["root", "anna"]);
    assert_eq!(config.daemon.log, "info");
    assert_eq!(loaded.origins["reply.mode"], Origin::Variable("MYCHATFLOW__REPLY__MODE".to_owned()));
}

#[test]
fn a_mistake_in_the_environment_names_the_variable() {
    let desk = Desk::new();
    for (name, value, expected) in [
        ("MYCHATFLOW__GEMINI__MODLE", "x", "unknown key gemini.modle; the nearest known key is gemini.model"),
        ("MYCHATFLOW__GEMINI__TIMEOUT_S", "soon", "gemini.timeout_s should be a whole number, 0 or more"),
        ("MYCHATFLOW__GEMINI__MODELS__X__THINKING", "low", "gemini.models.x.thinking can be set in the file only"),
    ] {
        let error = desk.load("", &Env::from([(name, value)])).unwrap_err();
        assert_eq!(error.problems, [Problem { at: name.to_owned(), message: expected.to_owned() }]);
    }
}

#[test]
fn an_entry_of_waha_that_only_the_environment_knows_needs_a_url() {
    let desk = Desk::new();
    let key = ("MYCHATFLOW__WAHA__NOPE__API_KEY", "x");
    for (text, known) in [("[[waha]]\n", "there are main"), ("", "there is none")] {
        let error = desk.load(text, &Env::from([key])).unwrap_err();
        let message = format!("no [[waha]] is named nope: {known}; a new one needs waha.nope.url");
        assert_eq!(error.problems, [Problem { at: key.0.to_owned(), message }]);
    }
    let env = Env::from([key, ("MYCHATFLOW__WAHA__NOPE__URL", "http://waha.example:3000")]);
    assert_eq!(desk.load("[[waha]]\n", &env).unwrap().config.waha.len(), 2);
}

#[test]
fn secrets_come_from_files_and_credentials_and_are_never_printed() {
    let desk = Desk::new();
    desk.file("gemini.key", "key-in-a-file\n");
    let credentials = tempfile::tempdir().unwrap();
    fs::write(credentials.path().join("waha.main.api_key"), "key-of-systemd").unwrap();
    fs::write(credentials.path().join("tls.pem"), "none of ours").unwrap();
    let env = Env::from([("CREDENTIALS_DIRECTORY", credentials.path().to_str().unwrap())]);
    let text = "[gemini]\napi_key_file = \"gemini.key\"\n[[waha]]\napi_key = \"key-in-the-config\"\n";
    let loaded = desk.load(text, &env).unwrap();
    assert_eq!(loaded.config.gemini.api_key.expose_secret(), "key-in-a-file");
    assert_eq!(loaded.config.waha[0].api_key.expose_secret(), "key-of-systemd");
    let printed = format!("{:?} {:?}", loaded.config, loaded.config.lines());
    assert!(!printed.contains("key-in-a-file") && !printed.contains("key-of-systemd"));
    assert!(loaded.config.lines().iter().any(|line| line.key == "gemini.api_key" && line.value.shown() == MASK));

    assert_eq!(
        desk.problems("[gemini]\napi_key = \"x\"\napi_key_file = \"gemini.key\"\n"),
        ["config.toml:3: gemini.api_key and gemini.api_key_file are both there: keep one"]
    );
    assert!(desk.problems("[gemini]\napi_key_file = \"no.key\"\n")[0].contains("could not read"));
}

#[test]
fn a_command_finds_the_socket_though_the_config_has_mistakes() {
    let desk = Desk::new();
    let path = desk.file("config.toml", "[daemon]\nsocket = \"run/s.sock\"\n[gemini]\nmodle = \"x\"\n");
    let found = whereabouts(Some(Path::new(&path)), None, &Env::default()).unwrap();
    assert_eq!(found.socket, desk.0.path().join("run/s.sock"));
    assert!(whereabouts(Some(Path::new("/no/such/config.toml")), None, &Env::default()).is_err());
}

#[test]
fn no_socket_is_guessed_where_the_file_is_no_toml() {
    let desk = Desk::new();
    let path = desk.file("config.toml", "[daemon]\nsocket = \"run/s.sock\"\n[[[\n");
    let error = whereabouts(Some(Path::new(&path)), None, &Env::default()).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{path}:3: not TOML")), "{error}");
    let named = Path::new("/run/s.sock");
    assert_eq!(whereabouts(Some(Path::new(&path)), Some(named), &Env::default()).unwrap().socket, named);
}
