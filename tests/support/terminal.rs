//! A program in a pseudo-terminal: keys go in, and what a person would see comes out.

#![allow(dead_code, reason = "no story needs everything")]

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use mychatflow_tui::key::{self, Key, KeyCode};
use portable_pty::{ChildKiller, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{Termios, tcgetattr};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

/// How long anything on the screen may take that waits for nothing but this machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Begins and ends a frame that is to be seen at once.
const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";
/// What no program sends, and no terminal shows.
const LAST: &[u8] = b"\x1b]7777;that was all\x07";

/// What a terminal is told besides what it shows.
#[derive(Debug, Default, Clone)]
pub struct Told {
    /// Titles of the window, and of its icon.
    pub titles: Vec<String>,
}

impl vt100::Callbacks for Told {
    fn set_window_icon_name(&mut self, _: &mut vt100::Screen, name: &[u8]) {
        self.titles.push(String::from_utf8_lossy(name).into_owned());
    }

    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.titles.push(String::from_utf8_lossy(title).into_owned());
    }
}

/// Everything so far.
struct Seen {
    parser: vt100::Parser<Told>,
    /// The last whole frame; a half one is never looked at.
    frame: vt100::Screen,
    raw: Vec<u8>,
}

impl Seen {
    fn take(&mut self, bytes: &[u8]) -> bool {
        self.parser.process(bytes);
        self.raw.extend_from_slice(bytes);
        let whole = last(&self.raw, FRAME_BEGINS) <= last(&self.raw, FRAME_ENDS);
        if whole {
            self.frame = self.parser.screen().clone();
        }
        whole
    }
}

fn last(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

fn size(columns: u16, rows: u16) -> (NonZeroU16, NonZeroU16) {
    (NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap())
}

/// A terminal with a program in it. The program ends with it.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    /// The program's side: held open, so that its modes can be read when the program has gone.
    tty: File,
    keyboard: Box<dyn Write + Send>,
    killer: Box<dyn ChildKiller + Send + Sync>,
    pid: Pid,
    ended: Option<JoinHandle<u32>>,
    seen: Arc<watch::Sender<Seen>>,
    modes: String,
}

impl Terminal {
    /// A terminal of this size that runs the command. It answers no questions.
    pub fn run(mut command: CommandBuilder, columns: u16, rows: u16) -> Self {
        if command.get_env("TERM").is_none() {
            command.env("TERM", "xterm-256color");
        }
        let pty =
            native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        let name = pty.master.tty_name().unwrap();
        let tty = File::from(open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap());
        let modes = modes(&tcgetattr(&tty).unwrap());
        let mut child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let (height, width) = size(columns, rows);
        let parser = vt100::Parser::new_with_callbacks(height, width, 0, Told::default());
        let frame = parser.screen().clone();
        let seen = Arc::new(watch::Sender::new(Seen { parser, frame, raw: Vec::new() }));
        let mut output = pty.master.try_clone_reader().unwrap();
        let told = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut bytes = vec![0; 64 * 1024];
            // Where nobody holds the other side any more, reading ends with an error.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                told.send_if_modified(|seen| seen.take(&bytes[..count]));
            }
        });
        let pid = Pid::from_raw(i32::try_from(child.process_id().unwrap()).unwrap()).unwrap();
        let killer = child.clone_killer();
        let keyboard = pty.master.take_writer().unwrap();
        let ended = tokio::task::spawn_blocking(move || child.wait().unwrap().exit_code());
        Self { master: pty.master, tty, keyboard, killer, pid, ended: Some(ended), seen, modes }
    }

    /// A terminal of this size that runs our binary with nothing of our environment but what it needs.
    pub fn of_ours(line: &[&str], home: &std::path::Path, columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mychatflow"));
        command.args(line);
        command.env_clear();
        // This terminal answers no questions, so it is not asked for pictures.
        for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("MYCHATFLOW_GRAPHICS", "off")] {
            command.env(name, value);
        }
        command.env("HOME", home);
        command.cwd(home);
        Self::run(command, columns, rows)
    }

    /// Presses keys: `jj<enter>`. A lone `<esc>` begins every longer key, so it must be the last one.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        let keys = key::sequence(keys).unwrap();
        let escapes = keys.iter().filter(|key| key.code == KeyCode::Esc).count();
        let ends_with = keys.last().is_some_and(|key| key.code == KeyCode::Esc);
        assert!(escapes == usize::from(ends_with), "what follows <esc> would be taken for a part of it");
        let bytes: Vec<u8> = keys.into_iter().flat_map(pressed).collect();
        self.send(&bytes)
    }

    /// Types these characters, Enter as `\r`, as a terminal sends what is pasted when it does not mark it.
    pub fn types(&mut self, text: &str) -> &mut Self {
        self.send(text.as_bytes())
    }

    /// Pastes.
    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes())
    }

    fn send(&mut self, bytes: &[u8]) -> &mut Self {
        self.keyboard.write_all(bytes).unwrap();
        self.keyboard.flush().unwrap();
        self
    }

    /// Another size.
    pub fn resize(&self, columns: u16, rows: u16) -> &Self {
        let (height, width) = size(columns, rows);
        self.seen.send_modify(|seen| seen.parser.screen_mut().set_size(height, width));
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        self
    }

    /// Tells the program something by a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    /// Looks at every frame until it shows what is looked for, or fails with the last one.
    pub async fn find<T>(&self, what: &str, look: impl Fn(&vt100::Screen) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut news = self.seen.subscribe();
        loop {
            if let Some(found) = look(&news.borrow_and_update().frame) {
                return found;
            }
            if timeout_at(deadline, news.changed()).await.is_err() {
                panic!("not on the screen in time: {what}\n{}", self.text());
            }
        }
    }

    /// Waits for these words.
    pub async fn until(&self, words: &str) -> &Self {
        self.find(words, |frame| frame.contents().contains(words).then_some(())).await;
        self
    }

    /// Waits until these words are no longer there.
    pub async fn gone(&self, words: &str) -> &Self {
        self.find(&format!("anything but {words}"), |frame| (!frame.contents().contains(words)).then_some(())).await;
        self
    }

    /// Waits for bytes that show nothing.
    pub async fn sent(&self, bytes: &[u8]) {
        let mut news = self.seen.subscribe();
        let there = news.wait_for(|seen| last(&seen.raw, bytes).is_some());
        let there = timeout(PATIENCE, there).await.is_ok();
        assert!(there, "{:?} was not sent", String::from_utf8_lossy(bytes));
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.seen.borrow().frame.contents()
    }

    /// The last whole frame.
    pub fn frame(&self) -> vt100::Screen {
        self.seen.borrow().frame.clone()
    }

    /// A line of the screen, from 0.
    pub fn line(&self, number: u16) -> String {
        let frame = self.frame();
        let columns = frame.size().1.get();
        frame.rows(0, columns).nth(usize::from(number)).unwrap_or_default()
    }

    /// Every byte that the program has sent.
    pub fn raw(&self) -> Vec<u8> {
        self.seen.borrow().raw.clone()
    }

    /// What the terminal was told besides.
    pub fn told(&self) -> Told {
        self.seen.borrow().parser.callbacks().clone()
    }

    /// Are the terminal's modes what they were before the program came?
    pub fn modes_are_as_before(&self) -> bool {
        modes(&tcgetattr(&self.tty).unwrap()) == self.modes
    }

    /// Runs a command to its end; everything that it sent, and its exit status.
    pub async fn played(command: CommandBuilder, columns: u16, rows: u16) -> (String, u32) {
        let mut terminal = Self::run(command, columns, rows);
        let code = terminal.ended().await;
        (String::from_utf8(terminal.raw()).unwrap(), code)
    }

    /// Waits for the end. Returns the exit status and everything that was sent.
    pub async fn end(&mut self) -> (u32, String) {
        let code = self.ended().await;
        (code, String::from_utf8_lossy(&self.raw()).into_owned())
    }

    /// Waits for the end of the program and of what it has sent. Returns its exit status.
    pub async fn ended(&mut self) -> u32 {
        let ended = self.ended.take().expect("it has ended before");
        let Ok(code) = timeout(PATIENCE, ended).await else { panic!("it goes on:\n{}", self.text()) };
        // What goes into the terminal on the program's side comes out in its order: behind this comes nothing more.
        self.tty.write_all(LAST).unwrap();
        self.sent(LAST).await;
        self.seen.send_modify(|seen| seen.raw.truncate(last(&seen.raw, LAST).unwrap()));
        code.unwrap()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.killer.kill();
    }
}

fn modes(termios: &Termios) -> String {
    let Termios { input_modes, output_modes, control_modes, local_modes, .. } = termios;
    format!("{input_modes:?} {output_modes:?} {control_modes:?} {local_modes:?}")
}

/// The bytes that a terminal sends for a key.
fn pressed(key: Key) -> Vec<u8> {
    let mut bytes = if key.alt { vec![0x1b] } else { Vec::new() };
    match key.code {
        KeyCode::Char(char) if key.ctrl => bytes.push(u8::try_from(char).unwrap() & 0x1f),
        KeyCode::Char(char) => bytes.extend(char.to_string().as_bytes()),
        KeyCode::Enter => bytes.push(b'\r'),
        KeyCode::Esc => bytes.push(0x1b),
        KeyCode::Tab => bytes.push(b'\t'),
        KeyCode::Backspace => bytes.push(0x7f),
        KeyCode::BackTab => bytes.extend(b"\x1b[Z"),
        KeyCode::Delete => bytes.extend(b"\x1b[3~"),
        KeyCode::Up => bytes.extend(b"\x1b[A"),
        KeyCode::Down => bytes.extend(b"\x1b[B"),
        KeyCode::Right => bytes.extend(b"\x1b[C"),
        KeyCode::Left => bytes.extend(b"\x1b[D"),
        KeyCode::Home => bytes.extend(b"\x1b[H"),
        KeyCode::End => bytes.extend(b"\x1b[F"),
        KeyCode::PageUp => bytes.extend(b"\x1b[5~"),
        KeyCode::PageDown => bytes.extend(b"\x1b[6~"),
        KeyCode::F(number @ 1..=4) => bytes.extend([0x1b, b'O', b'O' + number]),
        KeyCode::F(number) => {
            let codes = [15, 17, 18, 19, 20, 21, 23, 24];
            bytes.extend(format!("\x1b[{}~", codes[usize::from(number) - 5]).as_bytes());
        }
    }
    bytes
}
