//! The console in a pseudo-terminal: keys go in, bytes come out, each with its time.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Columns of every terminal here.
pub const COLUMNS: u16 = 120;
/// Its rows.
pub const ROWS: u16 = 36;

/// Which console to start.
#[derive(Debug, Clone)]
pub struct Console {
    /// The binary.
    pub program: PathBuf,
    /// The daemon's socket.
    pub socket: PathBuf,
    /// Its home: what it keeps from one time to the next is in there.
    pub home: PathBuf,
    /// Environment beyond that of a modern terminal.
    pub env: Vec<(&'static str, &'static str)>,
}

/// Bytes that came at once.
#[derive(Debug)]
pub struct Came {
    /// When.
    pub at: Instant,
    /// What.
    pub bytes: Vec<u8>,
}

/// A console in its terminal. It is ended when dropped.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    // Closing it would end the terminal.
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    came: Receiver<Came>,
    /// When it was started.
    pub began: Instant,
}

impl Pty {
    /// Starts a console.
    pub fn start(console: &Console) -> anyhow::Result<Self> {
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).context("no pseudo-terminal")?;
        let mut command = CommandBuilder::new(&console.program);
        command.args([Path::new("--socket"), &console.socket]);
        command.env_clear();
        let modern = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")];
        for (name, value) in modern.iter().chain(&console.env) {
            command.env(name, value);
        }
        command.env("HOME", &console.home);
        command.cwd(&console.home);
        let mut reader = pty.master.try_clone_reader().context("a terminal that can't be read")?;
        let keys = pty.master.take_writer().context("a terminal without keys")?;
        let began = Instant::now();
        let child = pty.slave.spawn_command(command).context("the console does not start")?;
        drop(pty.slave);
        let (told, came) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            // The terminal ends with an error when the console does.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let came = Came { at: Instant::now(), bytes: buffer[..count].to_vec() };
                if told.send(came).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, _master: pty.master, keys, came, began })
    }

    /// Presses keys. Returns when.
    pub fn press(&mut self, keys: &str) -> anyhow::Result<Instant> {
        let at = Instant::now();
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).context("the console takes no keys")?;
        Ok(at)
    }

    /// The next bytes; `None` when none come in this time.
    pub fn next(&self, within: Duration) -> anyhow::Result<Option<Came>> {
        match self.came.recv_timeout(within) {
            Ok(came) => Ok(Some(came)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("the console has ended"),
        }
    }

    /// Takes what comes until nothing has come for so long. Returns when the last of it came.
    pub fn quiet(&self, rest: Duration) -> anyhow::Result<Option<Instant>> {
        let mut last = None;
        while let Some(came) = self.next(rest)? {
            last = Some(came.at);
        }
        Ok(last)
    }

    /// Waits for these bytes. Returns when they came.
    pub fn until(&self, wanted: &[u8], within: Duration) -> anyhow::Result<Instant> {
        let deadline = Instant::now() + within;
        let mut tail = Vec::new();
        while let Some(came) = self.next(deadline.saturating_duration_since(Instant::now()))? {
            tail.extend(came.bytes);
            if tail.windows(wanted.len()).any(|bytes| bytes == wanted) {
                return Ok(came.at);
            }
            // What is looked for may be cut by the end of a read.
            tail.drain(..tail.len().saturating_sub(wanted.len()));
        }
        bail!("{:?} did not come within {within:?}", String::from_utf8_lossy(wanted))
    }

    /// The process.
    pub fn id(&self) -> anyhow::Result<u32> {
        self.child.process_id().context("the console has ended")
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left to be done about an error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
