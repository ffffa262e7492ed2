//! The loop: wait, drain, update, effects, draw. Alone knows sockets, clocks and the terminal.

mod files;
mod link;
mod perform;
mod pieces;
mod provoke;

pub use self::perform::remembered;

use std::future::{Future, poll_fn};
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use crossterm::event::{Event as TermEvent, EventStream, KeyCode as TermCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::event::{MouseButton, MouseEventKind};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use mychatflow_data::client::Client;
use mychatflow_data::ids::ClientRef;
use mychatflow_data::time::Timestamp;
use ratatui::layout::Rect;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use crate::key::{Key, KeyCode};
use crate::layout::{Layout, Picture, layout};
use crate::msg::{Answer, Capture, Effect, Focus, Mouse, MouseDeed, Msg, PhoneWish};
use crate::notify;
use crate::passthrough::Via;
use crate::probe::{self, Graphics, PixelSupport};
use crate::recorder::Recorder;
use crate::state::overlay::Overlay;
use crate::state::{Charset, Setup, State};
use crate::terminal::{self, Screen};
use crate::theme::{Glyphs, Theme};
use crate::update::update;
use crate::view::view;

/// At most so many frames a second.
const FRAME: Duration = Duration::from_micros(16_667);
/// A key is shown sooner: an answer to one's own hand is felt, an event a few milliseconds later is not. Some room
/// stays for keys that come by the dozen.
const KEY_FRAME: Duration = Duration::from_millis(2);
/// How many messages are taken in before the next frame, so that a flood can't stop the picture.
const DRAIN_MAX: usize = 256;
/// How long what was asked last may still take when the console ends.
const LAST_WORDS: Duration = Duration::from_millis(800);

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoLink {
    /// A sentence with the remedy.
    pub reason: String,
    /// Whether it is any use to try again.
    pub again: Again,
}

/// Whether it is any use to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It may work later.
    Later,
    /// It can't work before somebody does something.
    Never,
}

/// A connection being made.
pub type Connecting = Pin<Box<dyn Future<Output = Result<Client, NoLink>> + Send>>;
/// Makes a connection, as often as it is asked.
pub type Connector = Arc<dyn Fn() -> Connecting + Send + Sync>;

/// What a console is given besides its [`Setup`].
pub struct Surroundings {
    /// Where things are kept from one time to the next; `None`: nowhere.
    pub state_dir: Option<PathBuf>,
    /// Where pictures are saved.
    pub save_dir: PathBuf,
    /// What pictures the terminal is allowed to show.
    pub graphics: Graphics,
    /// How to notify.
    pub way: notify::Way,
    /// What is between us and the terminal.
    pub via: Via,
    /// The demo's phone.
    pub phone: Option<mpsc::UnboundedSender<PhoneWish>>,
}

/// Runs the console until somebody leaves it.
///
/// # Errors
/// When the terminal can't be taken or has gone.
pub async fn run(connect: Connector, setup: Setup, around: Surroundings) -> io::Result<()> {
    terminal::leave_on_panic();
    let mut recorder = Recorder::default();
    let looped = AssertUnwindSafe(looped(connect, setup, &around, &mut recorder)).catch_unwind().await;
    match looped {
        Ok(end) => end,
        Err(panic) => {
            terminal::leave();
            if let Some(path) = around.state_dir.as_deref().and_then(|dir| recorder.save(dir).ok()) {
                // Below the panic's own words, for whoever reports it.
                eprintln!("The console broke. What happened before, without any words, is kept in {}", path.display());
            }
            std::panic::resume_unwind(panic)
        }
    }
}

/// An answer being waited for.
type Asking = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// What the loop holds.
struct Loop<'a> {
    screen: Screen,
    state: State,
    /// Where everything stands now.
    seen: Layout,
    /// Where everything stood in the last frame: clicks are about that one.
    drawn: Layout,
    around: &'a Surroundings,
    recorder: &'a mut Recorder,
    asks: FuturesUnordered<Asking>,
    client: watch::Receiver<Option<Client>>,
    retry: mpsc::Sender<()>,
    said: mpsc::UnboundedSender<Msg>,
    wake: Option<Timestamp>,
    dirty: bool,
    /// The least time between the last frame and the next.
    gap: Duration,
    drawn_at: Option<Instant>,
    picture: Option<Picture>,
    probed: bool,
    leaving: Option<Instant>,
}

async fn looped(connect: Connector, setup: Setup, around: &Surroundings, recorder: &mut Recorder) -> io::Result<()> {
    let (client_sender, client) = watch::channel(None);
    // Bounded: when the console can't keep up, the client behind it counts what it drops and says so.
    let (notices_sender, mut notices) = mpsc::channel(256);
    let (retry, retried) = mpsc::channel(1);
    let (said, mut sayings) = mpsc::unbounded_channel();
    let link = tokio::spawn(link::keep(connect, client_sender, notices_sender, retried));
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut resized = signal(SignalKind::window_change())?;
    let screen = Screen::enter(Capture::Console)?;
    let (columns, rows) = screen.size()?;
    let state = State::new(setup, (columns, rows), Timestamp::now());
    let seen = layout(&state, Rect::new(0, 0, columns, rows));
    let asks = FuturesUnordered::new();
    let mut it = Loop {
        screen,
        state,
        drawn: seen.clone(),
        seen,
        around,
        recorder,
        asks,
        client,
        retry,
        said,
        wake: None,
        dirty: true,
        gap: FRAME,
        drawn_at: None,
        picture: None,
        probed: false,
        leaving: None,
    };
    let mut keys = Some(EventStream::new());
    it.draw(&mut keys)?;
    loop {
        let wake = until(it.wake.map(|at| at.since(Timestamp::now())));
        let frame =
            until(it.dirty.then(|| it.drawn_at.map_or(Duration::ZERO, |at| it.gap.saturating_sub(at.elapsed()))));
        let goodbye = until(it.leaving.map(|at| LAST_WORDS.saturating_sub(at.elapsed())));
        let stream = keys.get_or_insert_with(EventStream::new);
        tokio::select! {
            biased;
            _ = resized.recv() => it.resized()?,
            event = stream.next() => match event {
                Some(Ok(event)) => it.terminal_event(event)?,
                // The terminal has gone.
                Some(Err(error)) => return Err(error),
                None => break,
            },
            _ = terminate.recv() => it.take(Msg::Ending)?,
            _ = hangup.recv() => it.take(Msg::Ending)?,
            _ = quit.recv() => it.take(Msg::Ending)?,
            _ = interrupt.recv() => it.take(Msg::Ending)?,
            () = goodbye => break,
            () = frame => {
                it.draw(&mut keys)?;
                continue;
            }
            Some(answer) = it.asks.next(), if !it.asks.is_empty() => it.take(Msg::Answer(Box::new(answer)))?,
            Some(msg) = notices.recv() => it.take(msg)?,
            Some(msg) = sayings.recv() => it.take(msg)?,
            () = wake => {
                it.wake = None;
                it.take(Msg::Woke)?;
            }
        }
        for _ in 0..DRAIN_MAX {
            // Never polled with a waker of somebody else's: crossterm keeps the first one, and the next key would wake
            // nobody.
            let pressed = match keys.as_mut() {
                Some(keys) => poll_fn(|cx| Poll::Ready(keys.poll_next_unpin(cx))).await,
                None => Poll::Pending,
            };
            if let Poll::Ready(Some(Ok(event))) = pressed {
                it.terminal_event(event)?;
            } else if let Ok(msg) = notices.try_recv() {
                it.take(msg)?;
            } else {
                break;
            }
        }
        if it.leaving.is_some() && it.asks.is_empty() {
            break;
        }
        if it.dirty && it.drawn_at.is_none_or(|at| at.elapsed() >= it.gap) {
            it.draw(&mut keys)?;
        }
    }
    link.abort();
    if it.picture.is_some() {
        it.screen.wipe(it.state.pixels)?;
    }
    Ok(())
}

/// Waits so long; for ever without a time.
async fn until(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

impl Loop<'_> {
    fn leave(&mut self) {
        self.leaving.get_or_insert_with(Instant::now);
    }

    fn terminal_event(&mut self, event: TermEvent) -> io::Result<()> {
        let msg = match event {
            TermEvent::Key(key) => key_of(key).map(Msg::Key),
            TermEvent::Paste(text) => Some(Msg::Paste(text)),
            TermEvent::Mouse(mouse) => {
                let deed = match mouse.kind {
                    MouseEventKind::Down(MouseButton::Left) => Some(MouseDeed::Click),
                    MouseEventKind::ScrollUp => Some(MouseDeed::WheelUp),
                    MouseEventKind::ScrollDown => Some(MouseDeed::WheelDown),
                    _ => None,
                };
                deed.map(|deed| Msg::Mouse(Mouse { column: mouse.column, row: mouse.row, deed }))
            }
            // crossterm forgets a size that comes together with a key: we hear of it from the system.
            TermEvent::Resize(..) => None,
            TermEvent::FocusGained => Some(Msg::Focus(Focus::Here)),
            TermEvent::FocusLost => Some(Msg::Focus(Focus::Elsewhere)),
        };
        match msg {
            Some(msg) => self.take(msg),
            None => Ok(()),
        }
    }

    /// The terminal has another size, or had one in between and shows what it made of the cells.
    fn resized(&mut self) -> io::Result<()> {
        let (columns, rows) = self.screen.size()?;
        self.screen.resize(columns, rows)?;
        // A picture does not move with the cells.
        if self.picture.take().is_some() {
            self.screen.wipe(self.state.pixels)?;
        }
        self.take(Msg::Resize { columns, rows })
    }

    /// Takes a message into the state and does what follows from it.
    fn take(&mut self, msg: Msg) -> io::Result<()> {
        let now = Timestamp::now();
        self.recorder.note(&msg, now);
        provoke::by(&msg);
        if matches!(msg, Msg::Key(_)) {
            self.gap = KEY_FRAME;
        }
        let mut refs = std::iter::repeat_with(ClientRef::new);
        let clicked = matches!(&msg, Msg::Mouse(mouse) if mouse.deed == MouseDeed::Click);
        let seen = if clicked { &self.drawn } else { &self.seen };
        let effects = update(&mut self.state, seen, msg, now, &mut refs);
        self.wake = None;
        // The next message of this round may page: it must see where things stand now.
        self.seen = layout(&self.state, self.area());
        self.dirty = true;
        for effect in effects {
            self.perform(effect)?;
        }
        Ok(())
    }

    fn perform(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Ask(question) => {
                let client = self.client.borrow().clone();
                self.asks.push(Box::pin(perform::ask(client, *question)));
            }
            Effect::WakeAt(at) => self.wake = Some(at),
            Effect::Copy(text) => {
                let said = perform::copy(&mut self.screen, &text, self.around.via);
                self.say(said);
            }
            Effect::Notify(notification) => {
                self.screen.send(&notify::bytes(&notification, self.around.way, self.around.via))?;
            }
            Effect::Remember(prefs) => {
                if let Some(dir) = &self.around.state_dir
                    && let Err(error) = perform::remember(dir, &prefs)
                {
                    tracing::warn!(%error, "what was arranged could not be kept");
                }
            }
            Effect::MouseCapture(capture) => self.screen.capture(capture)?,
            Effect::Redraw => self.screen.wipe(self.state.pixels)?,
            Effect::SaveQr { name, value } => {
                let said = perform::save_qr(&self.around.save_dir, &name, &value);
                self.say(said);
            }
            Effect::ReadPiece { path, from } => {
                let said = self.said.clone();
                tokio::task::spawn_blocking(move || {
                    // The console has ended when nobody listens.
                    let _ = said.send(Msg::Piece(Box::new(pieces::read(path, from))));
                });
            }
            Effect::Phone(wish) => {
                if let Some(phone) = &self.around.phone {
                    // The demo has ended when nobody listens.
                    let _ = phone.send(wish);
                }
            }
            Effect::ReadFile { path } => {
                let said = self.said.clone();
                tokio::task::spawn_blocking(move || {
                    let text = files::text(&path).map(Into::into);
                    // Nobody listens when the console has ended.
                    let _ = said.send(Msg::FileRead { path, text });
                });
            }
            Effect::ReadAttachment { path } => {
                let said = self.said.clone();
                tokio::task::spawn_blocking(move || {
                    let bytes = files::attachment(&path).map(Into::into);
                    // Nobody listens when the console has ended.
                    let _ = said.send(Msg::AttachmentRead { path, bytes });
                });
            }
            // A full channel means that it is being tried already.
            Effect::Reconnect => drop(self.retry.try_send(())),
            Effect::Quit => self.leave(),
        }
        Ok(())
    }

    fn say(&self, said: crate::msg::Said) {
        // The receiver lives as long as the loop.
        let _ = self.said.send(Msg::Said(said));
    }

    fn area(&self) -> Rect {
        Rect::new(0, 0, self.state.size.0, self.state.size.1)
    }

    fn draw(&mut self, keys: &mut Option<EventStream>) -> io::Result<()> {
        self.probe(keys)?;
        let area = self.area();
        self.seen = layout(&self.state, area);
        if self.picture.is_some() && self.picture != self.seen.picture {
            self.picture = None;
            self.screen.wipe(self.state.pixels)?;
        }
        let glyphs = match self.state.charset {
            Charset::Unicode => Glyphs::unicode(),
            Charset::Ascii => Glyphs::ascii(),
        };
        let theme = Theme::new(self.state.theme, glyphs);
        let (state, seen) = (&self.state, &self.seen);
        self.screen.draw(seen.cursor, |_, buf| view(state, seen, &theme, buf))?;
        self.drawn = self.seen.clone();
        self.dirty = false;
        self.gap = FRAME;
        self.drawn_at = Some(Instant::now());
        if self.picture.is_none()
            && let Some(picture) = self.seen.picture.clone()
        {
            // Whoever prints a picture asks the terminal something, and must be the only one to hear the answer.
            *keys = None;
            let printed = perform::print(&picture, self.state.pixels);
            *keys = Some(EventStream::new());
            match printed {
                Ok(()) => self.picture = Some(picture),
                Err(error) => {
                    tracing::debug!(%error, "no picture");
                    self.take(Msg::Pixels(PixelSupport::None))?;
                }
            }
        }
        Ok(())
    }

    /// Asks the terminal for its graphics when a code is about to be shown, not before: the question takes time.
    fn probe(&mut self, keys: &mut Option<EventStream>) -> io::Result<()> {
        let pairing = self.state.overlays.iter().any(|overlay| matches!(overlay, Overlay::Pairing(_)));
        if self.probed || !pairing {
            return Ok(());
        }
        self.probed = true;
        *keys = None;
        let support = probe::pixel_support(self.around.graphics);
        *keys = Some(EventStream::new());
        self.take(Msg::Pixels(support))
    }
}

fn key_of(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let alt = event.modifiers.contains(KeyModifiers::ALT);
    let shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let code = match event.code {
        // Capitals and signs carry their own shift; Ctrl makes no difference between j and J.
        TermCode::Char(char) if ctrl => KeyCode::Char(char.to_ascii_lowercase()),
        TermCode::Char(char) => KeyCode::Char(char),
        TermCode::Enter => KeyCode::Enter,
        TermCode::Esc => KeyCode::Esc,
        TermCode::Tab if shift => KeyCode::BackTab,
        TermCode::Tab => KeyCode::Tab,
        TermCode::BackTab => KeyCode::BackTab,
        TermCode::Backspace => KeyCode::Backspace,
        TermCode::Delete => KeyCode::Delete,
        TermCode::Up => KeyCode::Up,
        TermCode::Down => KeyCode::Down,
        TermCode::Left => KeyCode::Left,
        TermCode::Right => KeyCode::Right,
        TermCode::Home => KeyCode::Home,
        TermCode::End => KeyCode::End,
        TermCode::PageUp => KeyCode::PageUp,
        TermCode::PageDown => KeyCode::PageDown,
        TermCode::F(number) => KeyCode::F(number),
        _ => return None,
    };
    let shift = shift && !matches!(code, KeyCode::Char(_) | KeyCode::BackTab);
    Some(Key { code, ctrl, alt, shift })
}
