//! Reads the terminal in a thread of its own. A terminal that has gone ends the thread, and is told.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{ioctl_fionread, retry_on_intr};
use tokio::sync::mpsc as channel;

use super::parser::InputParser;
use crate::msg::Msg;

/// How long the rest of a key may take: an Escape after which nothing comes is the key.
const REST: Duration = Duration::from_millis(15);
/// Read in one piece.
const PIECE_BYTES: usize = 64 * 1024;
/// So often a terminal may say that there is something to read, and have nothing.
const EMPTY_MAX: u32 = 20;
/// The pause after each of those.
const EMPTY_PAUSE: Duration = Duration::from_millis(10);
/// How long the thread may take to end; it waits for nothing but the terminal.
const END: Duration = Duration::from_millis(500);

/// What the terminal brought.
#[derive(Debug)]
pub enum Input {
    /// Keys and the like that came together, and when: whoever looks at them may be late.
    Msgs(Vec<Msg>, Instant),
    /// There is no terminal any more.
    Gone,
}

/// The terminal being read. Nobody else may read it meanwhile.
#[derive(Debug)]
pub struct Keyboard {
    inputs: channel::UnboundedReceiver<Input>,
    /// Closed to end the thread.
    stop: Option<UnixStream>,
    ended: mpsc::Receiver<()>,
}

impl Keyboard {
    /// Begins to read.
    ///
    /// # Errors
    /// When the system gives no thread or no socket.
    pub fn open() -> io::Result<Self> {
        let (stop, stopped) = UnixStream::pair()?;
        let (sender, inputs) = channel::unbounded_channel();
        let (ending, ended) = mpsc::channel();
        thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
            if read(io::stdin().as_fd(), stopped.as_fd(), &sender).is_err() {
                // Nobody listens when the console has ended.
                let _ = sender.send(Input::Gone);
            }
            drop(ending);
        })?;
        Ok(Self { inputs, stop: Some(stop), ended })
    }

    /// Waits for what comes next.
    pub async fn next(&mut self) -> Input {
        self.inputs.recv().await.unwrap_or(Input::Gone)
    }

    /// What is here already.
    pub fn try_next(&mut self) -> Option<Input> {
        self.inputs.try_recv().ok()
    }

    /// Stops reading, so that somebody else can. Returns what came before that and was not looked at.
    #[must_use]
    pub fn close(mut self) -> Vec<Input> {
        self.end();
        std::iter::from_fn(|| self.inputs.try_recv().ok()).collect()
    }

    fn end(&mut self) {
        if self.stop.take().is_some() {
            // Ended, or the time is up: one that is stuck in a terminal that has gone ends with the process.
            let _ = self.ended.recv_timeout(END);
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.end();
    }
}

/// Reads until it is told to stop.
///
/// # Errors
/// When the terminal has gone.
fn read(terminal: BorrowedFd<'_>, stopped: BorrowedFd<'_>, sender: &channel::UnboundedSender<Input>) -> io::Result<()> {
    let gone = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let rest = Timespec::try_from(REST).map_err(io::Error::other)?;
    let mut parser = InputParser::default();
    let mut bytes = vec![0; PIECE_BYTES];
    let mut empty = 0;
    loop {
        let mut ready =
            [PollFd::from_borrowed_fd(terminal, PollFlags::IN), PollFd::from_borrowed_fd(stopped, PollFlags::IN)];
        let limit = parser.is_undecided().then_some(&rest);
        let count = retry_on_intr(|| poll(&mut ready, limit))?;
        let (came, stop) = (ready[0].revents(), ready[1].revents());
        if !stop.is_empty() {
            return Ok(());
        }
        if count == 0 {
            send(sender, parser.decide());
            continue;
        }
        if ioctl_fionread(terminal).unwrap_or(0) == 0 {
            // Closed terminals have bytes to read for ever, and none of them.
            if empty == EMPTY_MAX || came.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
                return Err(gone());
            }
            empty += 1;
            thread::sleep(EMPTY_PAUSE);
            continue;
        }
        empty = 0;
        let count = retry_on_intr(|| rustix::io::read(terminal, &mut bytes[..]))?;
        if count == 0 {
            return Err(gone());
        }
        send(sender, parser.take(&bytes[..count]));
    }
}

fn send(sender: &channel::UnboundedSender<Input>, msgs: Vec<Msg>) {
    if !msgs.is_empty() {
        // Nobody listens when the console has ended.
        let _ = sender.send(Input::Msgs(msgs, Instant::now()));
    }
}
