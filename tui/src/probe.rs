//! What the terminal can draw. It is asked once, before anybody else reads from it, and is not waited for without end.
//!
//! A setting can only narrow what is tried: viuer, which prints, asks the terminal itself and does not wait with a
//! limit, so it is only let near one that has just answered.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Stdin, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use serde::{Deserialize, Serialize};

/// A picture of one pixel, by its bytes; the same by a file that is not there; then a question every terminal answers.
///
/// viuer puts all three. Terminals that can't draw answer only the last, and answers come in the order of the
/// questions.
const QUESTIONS: &[u8] =
    b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b_Gi=32,s=1,v=1,a=q,t=t,f=24;L25vbmU=\x1b\\\x1b[c";
/// How long a terminal on the same machine may take.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long one behind an ssh may take: what comes later would be taken for typing.
const PATIENCE_REMOTE: Duration = Duration::from_millis(1_000);
/// How often somebody who waits for an answer is helped out before we give up on them.
const HELPS_MAX: u32 = 3;
/// After so long without a byte nothing more is on its way.
const SILENCE: Duration = Duration::from_millis(100);
/// More than all answers together; whatever goes on longer is no terminal of ours.
const ANSWERS_MAX: usize = 4_096;
/// Where the terminal does not tell its pixels.
const CELL: CellPixels = CellPixels { width: 8, height: 16 };

/// How codes and pictures are drawn, as people set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Graphics {
    /// Whatever the terminal can.
    #[default]
    Auto,
    /// Cells only, and no questions to the terminal.
    Blocks,
    /// Pixels by kitty's protocol, where it answers.
    Kitty,
    /// Pixels by iTerm2's, where the environment names such a terminal.
    Iterm2,
    /// Pixels by sixel, where it answers.
    Sixel,
    /// No drawing at all.
    Off,
}

/// Not one of the six words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one of auto, blocks, kitty, iterm2, sixel, off")]
pub struct UnknownGraphics;

impl std::str::FromStr for Graphics {
    type Err = UnknownGraphics;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match word {
            "auto" => Self::Auto,
            "blocks" => Self::Blocks,
            "kitty" => Self::Kitty,
            "iterm2" => Self::Iterm2,
            "sixel" => Self::Sixel,
            "off" => Self::Off,
            _ => return Err(UnknownGraphics),
        })
    }
}

/// The protocol by which the terminal draws pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PixelSupport {
    /// It does not.
    #[default]
    None,
    /// kitty's.
    Kitty,
    /// iTerm2's.
    Iterm2,
    /// DEC's.
    Sixel,
}

/// Pixels of one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellPixels {
    /// Across.
    pub width: u16,
    /// Down.
    pub height: u16,
}

/// The terminal's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// In cells.
    pub size: Size,
    /// Of one cell; a usual one where the terminal does not tell.
    pub cell: CellPixels,
}

impl Screen {
    /// The terminal as it is now; none where there is none.
    pub fn now() -> Option<Self> {
        let window = crossterm::terminal::window_size().ok()?;
        let size = Size::new(window.columns, window.rows);
        let cell = cell_pixels(size, Size::new(window.width, window.height));
        (size.area() > 0).then_some(Self { size, cell })
    }

    /// All of it but the last row: that is the prompt's, and a picture that reaches it makes the terminal scroll.
    pub const fn above_last_row(self) -> Size {
        Size::new(self.size.width, self.size.height.saturating_sub(1))
    }
}

fn cell_pixels(cells: Size, pixels: Size) -> CellPixels {
    let per = |pixels: u16, cells: u16| pixels.checked_div(cells).filter(|pixels| *pixels > 0);
    match (per(pixels.width, cells.width), per(pixels.height, cells.height)) {
        (Some(width), Some(height)) => CellPixels { width, height },
        _ => CELL,
    }
}

/// What the environment says about the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// Something between us and the terminal that keeps pictures to itself, or a terminal known to have none.
    pub blocked: bool,
    /// A terminal that speaks iTerm2's protocol was named.
    pub iterm2: bool,
    /// The terminal is at the other end of an ssh.
    pub remote: bool,
}

impl Surroundings {
    /// Reads them from the environment of the process.
    pub fn of_process() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// Reads them from an environment.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name| variable(name).filter(|value| !value.is_empty());
        let names = |name, words: &[&str]| variable(name).is_some_and(|value| words.iter().any(|w| value.contains(w)));
        // The multiplexer's own variables do not pass an ssh, its TERM does.
        let term = variable("TERM").unwrap_or_default();
        let bare = ["", "dumb", "unknown"].contains(&term.as_str()) || term.starts_with("linux");
        let multiplexed = term.starts_with("tmux") || term.starts_with("screen");
        Self {
            blocked: bare
                || multiplexed
                || variable("TMUX").is_some()
                || variable("STY").is_some()
                // It shows the questions instead of ignoring them.
                || names("TERM_PROGRAM", &["Apple_Terminal"]),
            iterm2: names("TERM_PROGRAM", &["iTerm", "WezTerm", "mintty", "rio", "WarpTerminal"])
                || names("LC_TERMINAL", &["iTerm", "WezTerm", "mintty", "rio"])
                || variable("KONSOLE_VERSION").is_some(),
            remote: variable("SSH_CONNECTION").is_some() || variable("SSH_TTY").is_some(),
        }
    }

    const fn patience(self) -> Duration {
        if self.remote { PATIENCE_REMOTE } else { PATIENCE }
    }
}

/// What the terminal answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answers {
    /// It draws kitty's pictures.
    pub kitty: bool,
    /// It answers when a picture is in a file, be it with an error; viuer waits for that.
    pub kitty_file: bool,
    /// It draws sixels.
    pub sixel: bool,
    /// It answered the last question.
    pub complete: bool,
}

impl Answers {
    /// Reads what came so far. Typing in between, and answers nobody asked for, are passed over.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut answers = Self::default();
        let mut rest = bytes;
        while let Some(start) = rest.iter().position(|byte| *byte == b'\x1b') {
            rest = &rest[start + 1..];
            if let Some(body) = rest.strip_prefix(b"_G") {
                let Some(end) = body.windows(2).position(|pair| pair == b"\x1b\\") else { break };
                let body = &body[..end];
                answers.kitty |= body == b"i=31;OK";
                answers.kitty_file |= body.starts_with(b"i=32;");
            } else if let Some(body) = rest.strip_prefix(b"[?") {
                let Some(end) = body.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';')) else { break };
                if body[end] == b'c' {
                    // The first number is the terminal's class, the others are what it can.
                    answers.sixel |= body[..end].split(|byte| *byte == b';').skip(1).any(|number| number == b"4");
                    answers.complete = true;
                }
            }
        }
        answers
    }
}

/// Must the terminal be asked before anything can be decided?
pub const fn asks(graphics: Graphics, surroundings: Surroundings) -> bool {
    matches!(graphics, Graphics::Auto | Graphics::Kitty | Graphics::Sixel) && !surroundings.blocked
}

/// Which protocol is used.
///
/// What the terminal answered comes before what the environment says of it: variables are handed on to terminals
/// and hosts that they do not describe.
pub const fn decide(graphics: Graphics, surroundings: Surroundings, answers: Answers) -> PixelSupport {
    let kitty = answers.complete && answers.kitty && answers.kitty_file;
    let sixel = answers.complete && answers.sixel;
    match graphics {
        _ if surroundings.blocked => PixelSupport::None,
        Graphics::Auto | Graphics::Kitty if kitty => PixelSupport::Kitty,
        Graphics::Auto | Graphics::Sixel if sixel => PixelSupport::Sixel,
        Graphics::Auto if surroundings.iterm2 && answers.complete => PixelSupport::Iterm2,
        Graphics::Iterm2 if surroundings.iterm2 => PixelSupport::Iterm2,
        _ => PixelSupport::None,
    }
}

/// Finds out what the terminal can draw. Blocks for a moment; call it before the event stream begins.
pub fn pixel_support(graphics: Graphics) -> PixelSupport {
    let surroundings = Surroundings::of_process();
    let answers = if asks(graphics, surroundings) && io::stdout().is_terminal() {
        // Whoever can't be asked can't draw.
        ask(surroundings.patience()).unwrap_or_default()
    } else {
        Answers::default()
    };
    tracing::debug!(?graphics, ?surroundings, ?answers, "asked the terminal for graphics");
    decide(graphics, surroundings, answers)
}

/// Lets others ask the terminal who wait for the answer without end; none if they can't be helped.
///
/// viuer takes an answer that comes in pieces for typing and goes on waiting. Once the terminal is asked again, it
/// answers again, and in one piece sooner or later. The terminal must be in raw mode.
pub(crate) fn attended<T: Send + 'static>(others: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, outcome) = mpsc::channel();
    // Whoever waits for ever does so alone.
    thread::spawn(move || {
        // Nobody listens any more when we have given up.
        let _ = sender.send(others());
    });
    let patience = Surroundings::of_process().patience();
    for help in 0..=HELPS_MAX {
        match outcome.recv_timeout(patience) {
            Ok(outcome) => {
                if help > 0 {
                    drain().ok()?;
                }
                return Some(outcome);
            }
            Err(RecvTimeoutError::Timeout) if help < HELPS_MAX => terminal().ok()?.write_all(QUESTIONS).ok()?,
            Err(_) => {}
        }
    }
    None
}

/// Puts the questions and collects answers until the last one is there or the time is up.
fn ask(patience: Duration) -> io::Result<Answers> {
    let deadline = Instant::now() + patience;
    let (terminal, stdin) = (terminal()?, io::stdin());
    let input = input(&stdin, &terminal);
    let _quiet = Quiet::enter(input)?;
    (&terminal).write_all(QUESTIONS)?;
    let mut bytes = Vec::new();
    loop {
        let answers = Answers::parse(&bytes);
        let left = deadline.saturating_duration_since(Instant::now());
        if answers.complete || bytes.len() >= ANSWERS_MAX || !read(input, left, &mut bytes)? {
            return Ok(answers);
        }
    }
}

/// Drops answers to questions that were put once too often, before they are taken for typing.
fn drain() -> io::Result<()> {
    let (terminal, stdin) = (terminal()?, io::stdin());
    let input = input(&stdin, &terminal);
    let mut dropped = Vec::new();
    while dropped.len() < ANSWERS_MAX && read(input, SILENCE, &mut dropped)? {}
    Ok(())
}

fn terminal() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// Where its bytes come in. macOS can't wait for /dev/tty, only for the device itself.
fn input<'fd>(stdin: &'fd Stdin, terminal: &'fd File) -> BorrowedFd<'fd> {
    if stdin.is_terminal() { stdin.as_fd() } else { terminal.as_fd() }
}

/// Waits for bytes; says whether there were any in time.
fn read(input: BorrowedFd, patience: Duration, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let mut ready = [PollFd::from_borrowed_fd(input, PollFlags::IN)];
    let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
    if retry_on_intr(|| poll(&mut ready, Some(&patience)))? == 0 {
        return Ok(false);
    }
    let mut chunk = [0; 256];
    let count = rustix::io::read(input, &mut chunk)?;
    bytes.extend_from_slice(&chunk[..count]);
    Ok(count > 0)
}

/// The terminal neither echoes nor waits for a line while this lives.
struct Quiet<'fd> {
    terminal: BorrowedFd<'fd>,
    before: Termios,
}

impl<'fd> Quiet<'fd> {
    fn enter(terminal: BorrowedFd<'fd>) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut raw = before.clone();
        raw.make_raw();
        // Now, not after a flush: what was typed ahead is not ours to drop.
        tcsetattr(terminal, OptionalActions::Now, &raw)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // A terminal that has gone needs no mode.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_however_they_come() {
        let answers = |kitty, kitty_file, sixel, complete| Answers { kitty, kitty_file, sixel, complete };
        let rows: &[(&str, &[u8], Answers)] = &[
            ("nothing", b"", Answers::default()),
            ("kitty", b"\x1b_Gi=31;OK\x1b\\\x1b_Gi=32;EBADF:no\x1b\\\x1b[?62;c", answers(true, true, false, true)),
            (
                "kitty and sixel",
                b"\x1b_Gi=31;OK\x1b\\\x1b_Gi=32;OK\x1b\\\x1b[?62;4;22c",
                answers(true, true, true, true),
            ),
            ("kitty without files", b"\x1b_Gi=31;OK\x1b\\\x1b[?62c", answers(true, false, false, true)),
            ("kitty that refuses", b"\x1b_Gi=31;ENOTSUP:off\x1b\\\x1b[?62c", answers(false, false, false, true)),
            ("another picture's answer", b"\x1b_Gi=30;OK\x1b\\\x1b[?6c", answers(false, false, false, true)),
            ("cut in the middle", b"\x1b_Gi=31;O", Answers::default()),
            ("cut before the end", b"\x1b_Gi=31;OK\x1b", Answers::default()),
            ("attributes cut", b"\x1b[?62;4", Answers::default()),
            ("xterm", b"\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c", answers(false, false, false, true)),
            ("xterm as vt340", b"\x1b[?63;1;2;4;6;9;15;16;22;28c", answers(false, false, true, true)),
            ("sixel at the end", b"\x1b[?62;1;4c", answers(false, false, true, true)),
            ("class 4 is no sixel", b"\x1b[?4;6c", answers(false, false, false, true)),
            ("nor is 14 or 24", b"\x1b[?62;14;24;42c", answers(false, false, false, true)),
            ("linux", b"\x1b[?6c", answers(false, false, false, true)),
            ("typed before", b"jj\x1b[A4c\x1b[?62;4c", answers(false, false, true, true)),
            (
                "typed between",
                b"\x1b_Gi=31;OK\x1b\\q\x1b_Gi=32;OK\x1b\\\x1b\x1b[?62;c",
                answers(true, true, false, true),
            ),
            ("keyboard flags are no attributes", b"\x1b[?1u", Answers::default()),
            ("secondary attributes are not ours", b"\x1b[>41;354;4c", Answers::default()),
            ("no text at all", b"\xff\xfe\x1b[?\xff\x00", Answers::default()),
        ];
        for (name, bytes, expected) in rows {
            assert_eq!(Answers::parse(bytes), *expected, "{name}");
            // It may come in any pieces: what was complete stays so, and no piece panics.
            for end in 0..bytes.len() {
                let part = Answers::parse(&bytes[..end]);
                assert!(!part.complete || expected.complete, "{name} up to {end}");
            }
        }
    }

    fn surroundings(variables: &[(&str, &str)]) -> Surroundings {
        Surroundings::of(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_environment_is_read() {
        let plain = Surroundings::default();
        let blocked = Surroundings { blocked: true, ..plain };
        let iterm2 = Surroundings { iterm2: true, ..plain };
        let xterm = ("TERM", "xterm-256color");
        for (variables, expected) in [
            (vec![xterm], plain),
            (vec![], blocked),
            (vec![("TERM", "dumb")], blocked),
            (vec![("TERM", "linux")], blocked),
            (vec![("TERM", "linux-16color")], blocked),
            (vec![xterm, ("TMUX", "/tmp/tmux-0/default,1,0")], blocked),
            (vec![xterm, ("TMUX", "")], plain),
            (vec![xterm, ("STY", "1.pts-0")], blocked),
            (vec![("TERM", "tmux-256color")], blocked),
            (vec![("TERM", "screen.xterm-256color")], blocked),
            (vec![xterm, ("TERM_PROGRAM", "Apple_Terminal")], blocked),
            (vec![xterm, ("TERM_PROGRAM", "iTerm.app")], iterm2),
            (vec![xterm, ("TERM_PROGRAM", "WezTerm")], iterm2),
            (vec![xterm, ("KONSOLE_VERSION", "220401")], iterm2),
            (
                vec![xterm, ("LC_TERMINAL", "iTerm2"), ("SSH_TTY", "/dev/pts/1")],
                Surroundings { remote: true, ..iterm2 },
            ),
            (vec![xterm, ("LC_TERMINAL", "iTerm2"), ("TMUX", "x")], Surroundings { iterm2: true, ..blocked }),
            (vec![("TERM", "xterm-kitty"), ("SSH_CONNECTION", "::1 1 ::1 22")], Surroundings { remote: true, ..plain }),
        ] {
            assert_eq!(surroundings(&variables), expected, "{variables:?}");
        }
    }

    #[test]
    fn setting_surroundings_and_answers_decide() {
        let plain = Surroundings::default();
        let tmux = Surroundings { blocked: true, iterm2: true, remote: false };
        let iterm2 = Surroundings { iterm2: true, ..plain };
        let silent = Answers::default();
        let none = Answers { complete: true, ..silent };
        let sixel = Answers { sixel: true, ..none };
        let kitty = Answers { kitty: true, kitty_file: true, ..none };
        let all = Answers { sixel: true, ..kitty };
        let half = Answers { kitty_file: false, ..kitty };
        let cut = Answers { complete: false, ..all };
        use Graphics::{Auto, Blocks, Iterm2, Kitty, Off, Sixel};
        use PixelSupport as P;
        for (graphics, around, answers, expected) in [
            (Auto, plain, silent, P::None),
            (Auto, plain, none, P::None),
            (Auto, plain, all, P::Kitty),
            (Auto, plain, kitty, P::Kitty),
            (Auto, plain, sixel, P::Sixel),
            (Auto, plain, half, P::None),
            (Auto, plain, cut, P::None),
            (Auto, iterm2, none, P::Iterm2),
            (Auto, iterm2, sixel, P::Sixel),
            (Auto, iterm2, silent, P::None),
            (Auto, tmux, all, P::None),
            (Kitty, plain, all, P::Kitty),
            (Kitty, plain, sixel, P::None),
            (Kitty, iterm2, none, P::None),
            (Kitty, tmux, all, P::None),
            (Sixel, plain, all, P::Sixel),
            (Sixel, plain, kitty, P::None),
            (Sixel, tmux, all, P::None),
            (Iterm2, iterm2, silent, P::Iterm2),
            (Iterm2, plain, all, P::None),
            (Iterm2, tmux, all, P::None),
            (Blocks, iterm2, all, P::None),
            (Off, iterm2, all, P::None),
        ] {
            assert_eq!(decide(graphics, around, answers), expected, "{graphics:?} {around:?} {answers:?}");
            // Who is not asked has not answered.
            assert!(asks(graphics, around) || decide(graphics, around, answers) == decide(graphics, around, silent));
        }
    }

    #[test]
    fn words_of_the_setting() {
        for word in ["auto", "blocks", "kitty", "iterm2", "sixel", "off"] {
            let parsed: Graphics = word.parse().unwrap();
            assert_eq!(serde_json::to_value(parsed).unwrap(), word);
        }
        assert_eq!("Kitty".parse::<Graphics>(), Err(UnknownGraphics));
    }

    #[test]
    fn a_cell_has_pixels_even_when_the_terminal_keeps_quiet() {
        let cells = Size::new(80, 24);
        assert_eq!(cell_pixels(cells, Size::ZERO), CELL);
        assert_eq!(cell_pixels(cells, Size::new(40, 500)), CELL);
        assert_eq!(cell_pixels(cells, Size::new(800, 480)), CellPixels { width: 10, height: 20 });
    }
}
