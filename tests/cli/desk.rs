//! A home, a socket, and a daemon that answers as told.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::{Arc, Mutex};

use mychatflow_daemon::bus::{Audience, Bus};
use mychatflow_daemon::rpc::Service;
use mychatflow_daemon::rpc::listener::Listener;
use mychatflow_daemon::rpc::peer::{Caller, Operators};
use mychatflow_data::ids::RunId;
use mychatflow_data::protocol::calls::daemon::DaemonStop;
use mychatflow_data::protocol::calls::daemon::DaemonStopping;
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::protocol::{AdminRequest, Answer, Call, Request};
use mychatflow_data::time::WallClock;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

type Reply = Box<dyn Fn(&Request) -> Result<Answer, CallError> + Send>;

/// Answers as told, and remembers what was asked.
pub struct Script {
    bus: Bus,
    replies: Mutex<HashMap<&'static str, Reply>>,
    asked: Mutex<Vec<Request>>,
    shutdown: CancellationToken,
}

impl Service for Script {
    async fn call(&self, _: &Caller, request: Request) -> Result<Answer, CallError> {
        if let Request::Admin(AdminRequest::DaemonStop(_)) = request {
            self.shutdown.cancel();
            return Answer::of::<DaemonStop>(&DaemonStopping { pid: 4242, lock: None });
        }
        let answer = match self.replies.lock().unwrap().get(request.method().name) {
            Some(reply) => reply(&request),
            None => Err(CallError::not_found("nothing was prepared for this")),
        };
        self.asked.lock().unwrap().push(request);
        answer
    }

    async fn audience(&self, _: &Caller, _: Option<&str>) -> Result<Audience, CallError> {
        Ok(Audience::Everybody)
    }

    fn bus(&self) -> &Bus {
        &self.bus
    }
}

/// A home with nothing in it but what the test puts there.
pub struct Desk {
    home: TempDir,
    script: Arc<Script>,
}

impl Desk {
    /// Nobody listens yet.
    pub fn new() -> Self {
        let script = Script {
            bus: Bus::new(RunId::new(), Arc::new(WallClock)),
            replies: Mutex::default(),
            asked: Mutex::default(),
            shutdown: CancellationToken::new(),
        };
        Self { home: tempfile::tempdir().unwrap(), script: Arc::new(script) }
    }

    /// A daemon listens at the usual place.
    pub fn with_daemon() -> Self {
        let desk = Self::new();
        let listener = Listener::bind(&desk.socket(), None).unwrap();
        let (_, operators) = watch::channel(Operators::resolve(&[]).0);
        tokio::spawn(listener.serve(Arc::clone(&desk.script), operators, desk.script.shutdown.clone()));
        desk
    }

    pub fn path(&self) -> &Path {
        self.home.path()
    }

    pub fn socket(&self) -> PathBuf {
        self.home.path().join(".local/share/mychatflow/run/mychatflow.sock")
    }

    pub fn bus(&self) -> &Bus {
        &self.script.bus
    }

    /// From now on the daemon replies this to a call.
    pub fn replies<C: Call>(&self, reply: Value) {
        self.replies_with::<C>(move |_| Ok(reply.clone()));
    }

    pub fn replies_with<C: Call>(&self, reply: impl Fn(&Request) -> Result<Value, CallError> + Send + 'static) {
        let reply = move |request: &Request| {
            reply(request).and_then(|value| Answer::of::<C>(&serde_json::from_value(value).unwrap()))
        };
        self.script.replies.lock().unwrap().insert(C::NAME, Box::new(reply));
    }

    pub fn refuses<C: Call>(&self, code: Code) {
        self.replies_with::<C>(move |_| Err(CallError::new(code, "because")));
    }

    /// The last call that reached the daemon.
    pub fn asked(&self) -> Request {
        self.script.asked.lock().unwrap().last().unwrap().clone()
    }

    /// The command as it would be typed, ready to run.
    pub fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mychatflow"));
        let path = format!("{}:/usr/bin:/bin", self.path().join("bin").display());
        command.args(line).env_clear().env("HOME", self.path()).env("PATH", path).current_dir(self.path());
        command.kill_on_drop(true);
        command
    }

    pub async fn run(&self, line: &[&str]) -> Ran {
        Ran(self.command(line).output().await.unwrap())
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// What came of a command.
#[derive(Debug)]
pub struct Ran(pub Output);

impl Ran {
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.0.stdout).unwrap()
    }

    pub fn stderr(&self) -> &str {
        std::str::from_utf8(&self.0.stderr).unwrap()
    }

    /// The JSON of every line.
    pub fn lines(&self) -> Vec<Value> {
        self.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
