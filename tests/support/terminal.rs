//! A terminal with somebody at it: shows what the program draws, presses keys, waits for what is to be seen.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long anything may take that should happen at once.
pub const SOON: Duration = Duration::from_secs(15);

/// The terminal, and the program in it.
pub struct Terminal {
    parser: vt100::Parser,
    /// Everything the program wrote.
    bytes: Vec<u8>,
    output: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    // The program is hung up on when this goes.
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Runs the binary with nothing of our environment but what it needs.
    pub fn run(line: &[&str], home: &Path, columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mychatflow"));
        command.args(line);
        command.env_clear();
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("MYCHATFLOW_GRAPHICS", "off")] {
            command.env(name, value);
        }
        command.env("HOME", home);
        command.cwd(home);
        let pty =
            native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let keys = pty.master.take_writer().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            // Where the program ends, the terminal ends with an error.
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        Self { parser, bytes: Vec::new(), output, keys, child, _master: pty.master }
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// What is on the screen.
    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Waits until something is to be seen, and returns it.
    pub fn find<T>(&mut self, what: &str, patience: Duration, look: impl Fn(&vt100::Screen) -> Option<T>) -> T {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(found) = look(self.parser.screen()) {
                return found;
            }
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(chunk) => self.take(&chunk),
                Err(error) => panic!("{what}: {error}; the screen was\n{}", self.screen().contents()),
            }
        }
    }

    /// Waits until some words are to be seen.
    pub fn until(&mut self, words: &str, patience: Duration) {
        self.find(words, patience, |screen| screen.contents().contains(words).then_some(()));
    }

    /// Waits for the end. Returns the exit code and everything that was written.
    pub fn end(&mut self) -> (u32, String) {
        let deadline = Instant::now() + SOON;
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(chunk) => self.take(&chunk),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(error) => panic!("it did not end: {error}; the screen was\n{}", self.screen().contents()),
            }
        }
        let code = self.child.wait().unwrap().exit_code();
        (code, String::from_utf8_lossy(&self.bytes).into_owned())
    }

    fn take(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
        self.parser.process(chunk);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
    }
}
