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

use super::parser::{InputParser, Wait};
use crate::msg::Msg;

/// How long the rest of a key may take: an Escape after which nothing comes is the key.
const REST: Duration = Duration::from_millis(15);
/// Read in one piece.
const PIECE_BYTES: usize = 64 * 1024;
/// So often a terminal may say that there is something to read, and have nothing.
const EMPTY_MAX: u32 = 20;
/// The pause after each of those.
const EMPTY_PAUSE: Duration = Duration::from_millis(10);
/// After so long without a byte a paste has ended, mark or no mark: what is typed from then on are keys.
const PASTE_SILENCE: Duration = Duration::from_secs(2);
/// The longest that a paste may take in all.
const PASTE_TIME: Duration = Duration::from_secs(30);
/// So many pieces wait at most; what the console has no room for stays in the terminal.
const INPUTS_MAX: usize = 16;
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
    inputs: channel::Receiver<Input>,
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
        let (sender, inputs) = channel::channel(INPUTS_MAX);
        let (ending, ended) = mpsc::channel();
        thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
            if read(io::stdin().as_fd(), stopped.as_fd(), &sender).is_err() {
                // Nobody listens when the console has ended.
                let _ = sender.blocking_send(Input::Gone);
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
fn read(terminal: BorrowedFd<'_>, stopped: BorrowedFd<'_>, sender: &channel::Sender<Input>) -> io::Result<()> {
    let gone = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let mut parser = InputParser::default();
    let mut bytes = vec![0; PIECE_BYTES];
    let mut empty = 0;
    let mut paste_by = None;
    loop {
        let room = match sender.try_reserve() {
            Ok(room) => room,
            Err(channel::error::TrySendError::Closed(())) => return Ok(()),
            Err(channel::error::TrySendError::Full(())) => {
                let pause = Timespec::try_from(EMPTY_PAUSE).map_err(io::Error::other)?;
                let mut ready = [PollFd::from_borrowed_fd(stopped, PollFlags::IN)];
                if retry_on_intr(|| poll(&mut ready, Some(&pause)))? > 0 {
                    return Ok(());
                }
                continue;
            }
        };
        let wait = parser.wait();
        if wait != Wait::Paste {
            paste_by = None;
        }
        let limit = match wait {
            Wait::Forever => None,
            Wait::Key => Some(REST),
            Wait::Paste => {
                let by = *paste_by.get_or_insert_with(|| Instant::now() + PASTE_TIME);
                Some(PASTE_SILENCE.min(by.saturating_duration_since(Instant::now())))
            }
        };
        if limit.is_some_and(|limit| limit.is_zero()) {
            give(room, parser.decide());
            continue;
        }
        let limit = limit.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
        let mut ready =
            [PollFd::from_borrowed_fd(terminal, PollFlags::IN), PollFd::from_borrowed_fd(stopped, PollFlags::IN)];
        let count = retry_on_intr(|| poll(&mut ready, limit.as_ref()))?;
        let (came, stop) = (ready[0].revents(), ready[1].revents());
        if !stop.is_empty() {
            return Ok(());
        }
        if count == 0 {
            give(room, parser.decide());
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
        give(room, parser.take(&bytes[..count]));
    }
}

fn give(room: channel::Permit<'_, Input>, msgs: Vec<Msg>) {
    if !msgs.is_empty() {
        room.send(Input::Msgs(msgs, Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// A terminal and the thread that reads it.
    fn reading() -> (UnixStream, UnixStream, channel::Receiver<Input>, mpsc::Receiver<()>) {
        let (user, terminal) = UnixStream::pair().unwrap();
        let (stop, stopped) = UnixStream::pair().unwrap();
        let (sender, inputs) = channel::channel(INPUTS_MAX);
        let (ending, ended) = mpsc::channel();
        thread::spawn(move || {
            let _ = read(terminal.as_fd(), stopped.as_fd(), &sender);
            drop(ending);
        });
        (user, stop, inputs, ended)
    }

    #[test]
    fn a_paste_without_its_end_gives_the_keys_back() {
        let (mut user, _stop, mut inputs, _ended) = reading();
        user.write_all(b"\x1b[200~half").unwrap();
        let Some(Input::Msgs(msgs, _)) = inputs.blocking_recv() else { panic!("the terminal has gone") };
        assert!(matches!(msgs.as_slice(), [Msg::Paste(text)] if text == "half"), "{msgs:?}");
        user.write_all(b"q").unwrap();
        let Some(Input::Msgs(msgs, _)) = inputs.blocking_recv() else { panic!("the terminal has gone") };
        assert!(matches!(msgs.as_slice(), [Msg::Key(_)]), "{msgs:?}");
    }

    #[test]
    fn keys_that_nobody_takes_stay_in_the_terminal_and_do_not_hold_the_end_up() {
        let (mut user, stop, mut inputs, ended) = reading();
        user.set_nonblocking(true).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut written = 0;
        while inputs.len() < INPUTS_MAX {
            assert!(Instant::now() < deadline, "{} pieces", inputs.len());
            written += user.write(b"x").unwrap_or(0);
            thread::yield_now();
        }
        written += user.write(&[b'x'; 1000]).unwrap();
        drop(stop);
        assert_eq!(ended.recv_timeout(Duration::from_secs(20)), Err(mpsc::RecvTimeoutError::Disconnected));
        assert_eq!(inputs.len(), INPUTS_MAX);
        let mut taken = 0;
        while let Ok(Input::Msgs(msgs, _)) = inputs.try_recv() {
            taken += msgs.len();
        }
        assert!(taken < written, "{taken} of {written}");
    }
}
