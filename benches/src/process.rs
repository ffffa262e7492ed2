//! A process under measurement, as its parent sees it.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use mychatflow_bench::told::Told;

use crate::load::Connection;
use crate::machine;

/// How long a process may take to be ready, or to end.
const PATIENCE: Duration = Duration::from_secs(60);
const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";

/// A process that listens. It is ended when dropped.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start until it answered.
    pub ready_after: Duration,
}

impl Process {
    /// Starts a daemon and waits until it answers: the given program, or the one built into the bench.
    pub fn daemon(told: &Told, program: Option<&Path>) -> anyhow::Result<Self> {
        match program {
            None => {
                let orders = serde_json::to_string(told).context("orders that can't be written")?;
                let mut started = Self::told(Command::new(us()?).args(["--child-daemon", &orders]))?;
                let began = started.1;
                match Connection::open(started.0.address)?.exchange(HEALTH)? {
                    (200, _) => started.0.ready_after = began.elapsed(),
                    (status, _) => bail!("/healthz answers {status}"),
                }
                Ok(started.0)
            }
            Some(program) => Self::real(told, program),
        }
    }

    /// Starts the plain echo.
    pub fn echo(key: &str) -> anyhow::Result<Self> {
        Ok(Self::told(Command::new(us()?).args(["--child-echo", key]))?.0)
    }

    fn told(command: &mut Command) -> anyhow::Result<(Self, Instant)> {
        let began = Instant::now();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("no child process")?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line).context("the child process says nothing")?;
        }
        match line.trim().parse() {
            Ok(address) => Ok((Self { child, address, ready_after: began.elapsed() }, began)),
            Err(_) => {
                end(&mut child);
                bail!("the child process did not start; it says why above")
            }
        }
    }

    fn real(told: &Told, program: &Path) -> anyhow::Result<Self> {
        // The program does not tell which port it took, so it gets one that was free a moment ago.
        let free = || TcpListener::bind(("127.0.0.1", 0)).and_then(|port| port.local_addr()).context("no free port");
        let (address, metrics) = (free()?, free()?);
        let file = told.room.join("config.toml");
        std::fs::write(&file, told.file(address, metrics)).context("no config file")?;
        let mut command = Command::new(program);
        command.arg("daemon").arg("--config").arg(&file);
        let began = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut process =
            Self { child: child.context("the program does not start")?, address, ready_after: Duration::ZERO };
        while began.elapsed() < PATIENCE {
            if let Some(status) = process.child.try_wait()? {
                bail!("the program ended with {status} before it was ready");
            }
            let answer = Connection::open(address).and_then(|mut to| Ok(to.exchange(HEALTH)?.0));
            if answer.is_ok_and(|status| status == 200) {
                process.ready_after = began.elapsed();
                return Ok(process);
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        bail!("the program was not ready within {PATIENCE:?}")
    }

    /// The processor time it has used so far.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        machine::cpu(self.child.id())
    }

    /// Its memory in RAM, in MiB.
    pub fn rss_mib(&self) -> anyhow::Result<f64> {
        machine::rss_mib(self.child.id())
    }

    /// The most memory it ever had in RAM, in MiB.
    pub fn rss_max_mib(&self) -> anyhow::Result<f64> {
        machine::rss_max_mib(self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Lets a process end by itself where it can, and kills it where it can't.
fn end(child: &mut Child) {
    if child.stdin.take().is_some() {
        let began = Instant::now();
        while began.elapsed() < PATIENCE && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    // It has ended, or it must now; either way nothing is left to be done about an error.
    let _ = child.kill();
    let _ = child.wait();
}

fn us() -> anyhow::Result<std::path::PathBuf> {
    std::env::current_exe().context("the bench does not know where it is")
}
