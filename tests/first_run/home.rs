//! An empty home with a WAHA and a Gemini beside it.

use std::path::Path;

use mychatflow_bench::typed::{Ran, Typed, free_port};
use mychatflow_sandbox::{gemini, waha};
use portable_pty::CommandBuilder;
use serde_json::Value;
use tempfile::TempDir;

use crate::terminal::Terminal;

/// What WAHA takes.
pub const WAHA_KEY: &str = "waha-key-0123456789abcdef0123456789";
/// What Gemini takes.
pub const GEMINI_KEY: &str = "AIza-gemini-key-0123456789abcdef";

/// An empty home, and servers for it. A daemon that was started there ends with it.
pub struct Home {
    pub waha: waha::Server,
    pub gemini: gemini::Server,
    dir: TempDir,
    ports: (u16, u16),
}

impl Home {
    /// Nothing is there yet.
    pub async fn empty() -> Self {
        let waha = waha::Options { api_key: WAHA_KEY.to_owned(), ..waha::Options::default() };
        let gemini = gemini::Options { api_key: GEMINI_KEY.to_owned(), ..gemini::Options::default() };
        Self {
            waha: waha::Server::start(waha).await.unwrap(),
            gemini: gemini::Server::start(gemini).await.unwrap(),
            dir: tempfile::Builder::new().prefix("mcf-").tempdir().unwrap(),
            ports: (free_port(), free_port()),
        }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where `setup` writes the config.
    pub fn config(&self) -> std::path::PathBuf {
        self.path().join(".config/mychatflow/config.toml")
    }

    /// The ports are free ones, and Gemini is the made-up one: nobody is asked about either.
    fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("HOME", self.path().display().to_string()),
            ("LANG", "C.UTF-8".to_owned()),
            ("MYCHATFLOW_GRAPHICS", "off".to_owned()),
            ("MYCHATFLOW__GEMINI__BASE_URL", self.gemini.url()),
            ("MYCHATFLOW__METRICS__LISTEN", format!("127.0.0.1:{}", self.ports.1)),
            ("MYCHATFLOW__REPLY__BURST_QUIET_MS", "100".to_owned()),
            ("MYCHATFLOW__REPLY__PACE", "instant".to_owned()),
            ("MYCHATFLOW__WEBHOOK__LISTEN", format!("127.0.0.1:{}", self.ports.0)),
            ("TERM", "xterm-256color".to_owned()),
            ("TZ", "Europe/Berlin".to_owned()),
        ]
    }

    /// A command at a terminal.
    pub fn at_terminal(&self, line: &[&str], columns: u16, rows: u16) -> Terminal {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mychatflow"));
        command.args(line);
        command.env_clear();
        command.cwd(self.path());
        self.environment().into_iter().for_each(|(name, value)| command.env(name, value));
        Terminal::run(command, columns, rows)
    }

    fn command(&self, line: &[&str]) -> tokio::process::Command {
        let program = Path::new(env!("CARGO_BIN_EXE_mychatflow")).to_owned();
        let typed = Typed { program, home: self.path().to_owned(), config: self.config() };
        let mut command = typed.command(line);
        command.envs(self.environment()).env_remove("MYCHATFLOW_CONFIG").stdin(std::process::Stdio::null());
        command
    }

    /// A command of a script, with `--json`.
    pub async fn run(&self, line: &[&str]) -> Ran {
        Ran::of(self.command(line).arg("--json").output().await.unwrap()).unwrap()
    }

    /// What a command tells a script that did not ask for JSON.
    pub async fn told(&self, line: &[&str]) -> (Option<i32>, String) {
        let output = self.command(line).output().await.unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The lines of a command that must succeed.
    pub async fn done(&self, line: &[&str]) -> Vec<Value> {
        let ran = self.run(line).await;
        assert_eq!(ran.code, 0, "{line:?}: {}", ran.stderr);
        ran.lines
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // Where no daemon was started there is none to end.
        let mut stop = std::process::Command::new(env!("CARGO_BIN_EXE_mychatflow"));
        stop.args(["daemon", "stop"]).env_clear().envs(self.environment()).current_dir(self.path());
        let _ = stop.output();
    }
}
