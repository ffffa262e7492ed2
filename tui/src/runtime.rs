//! The loop: wait, drain, update, effects, draw. Alone knows sockets, clocks and the terminal.

mod files;
mod link;
mod perform;
mod pieces;
mod provoke;

pub use self::perform::remembered;

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use mychatflow_data::client::Client;
use mychatflow_data::ids::ClientRef;
use mychatflow_data::time::Timestamp;
use ratatui::layout::Rect;
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::export::{ExportError, ExportOrder, Exporter};
use crate::job_control;
use crate::layout::{Layout, Picture, layout};
use crate::msg::{Answer, Capture, Effect, MouseDeed, Msg, PhoneWish, Said};
use crate::notify;
use crate::passthrough::Via;
use crate::probe::{self, Graphics, PixelSupport};
use crate::recorder::Recorder;
use crate::state::overlay::Overlay;
use crate::state::{Charset, Setup, State};
use crate::terminal::{self, Screen};
use crate::terminal_input::{Bursts, Input, Keyboard};
use crate::theme::{Glyphs, TextEncoding, Theme};
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
/// How long it may take while the daemon does not have all that was written, and somebody looks on.
const LAST_DRAFTS: Duration = Duration::from_secs(2);
/// As long as that where the terminal has gone: nobody waits for the end.
const LAST_DRAFTS_ALONE: Duration = Duration::from_secs(10);

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
    /// In which bytes the terminal takes characters.
    pub encoding: TextEncoding,
    /// Writes lists to files.
    pub exporter: Exporter,
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
    /// What reads the terminal; `None` while somebody else does, and when the terminal has gone. It stands before the screen
    /// so that it ends before the terminal is given back: what is typed from then on is the shell's.
    keyboard: Option<Keyboard>,
    screen: Screen,
    /// What was read and not looked at yet.
    typed: VecDeque<Input>,
    bursts: Bursts,
    state: State,
    /// Where everything stands now.
    seen: Layout,
    /// Where everything stood in the last frame: clicks are about that one.
    drawn: Layout,
    around: &'a Surroundings,
    recorder: &'a mut Recorder,
    asks: FuturesUnordered<Asking>,
    /// Files being written: what is not finished when the console ends is taken away.
    exports: JoinSet<()>,
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
    terminal: TerminalState,
    leaving: Option<Instant>,
}

/// Whether there is still somebody to draw for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TerminalState {
    There,
    Gone,
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
    let mut stopped = signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?;
    let mut continued = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
    let screen = Screen::enter(Capture::Console)?;
    let (columns, rows) = screen.size()?;
    let state = State::new(setup, (columns, rows), Timestamp::now());
    let seen = layout(&state, Rect::new(0, 0, columns, rows));
    let asks = FuturesUnordered::new();
    let mut it = Loop {
        keyboard: Some(Keyboard::open()?),
        screen,
        typed: VecDeque::new(),
        bursts: Bursts::default(),
        state,
        drawn: seen.clone(),
        seen,
        around,
        recorder,
        asks,
        exports: JoinSet::new(),
        client,
        retry,
        said,
        wake: None,
        dirty: true,
        gap: FRAME,
        drawn_at: None,
        picture: None,
        probed: false,
        terminal: TerminalState::There,
        leaving: None,
    };
    it.on_terminal(Loop::draw);
    loop {
        let wake = until(it.wake.map(|at| at.since(Timestamp::now())));
        let draws = it.dirty && it.terminal == TerminalState::There;
        let frame = until(draws.then(|| it.drawn_at.map_or(Duration::ZERO, |at| it.gap.saturating_sub(at.elapsed()))));
        let goodbye = until(it.leaving.map(|at| it.time_to_leave().saturating_sub(at.elapsed())));
        let enter = until(it.bursts.due_at().map(|at| at.saturating_duration_since(Instant::now())));
        tokio::select! {
            biased;
            _ = resized.recv() => it.on_terminal(Loop::resized),
            input = read(&mut it.typed, it.keyboard.as_mut()) => it.input(input),
            _ = terminate.recv() => it.take(Msg::Ending),
            _ = hangup.recv() => it.take(Msg::Ending),
            _ = quit.recv() => it.take(Msg::Ending),
            _ = interrupt.recv() => it.take(Msg::Ending),
            _ = stopped.recv() => it.suspend(),
            _ = continued.recv() => it.on_terminal(Loop::take_terminal_again),
            () = goodbye => break,
            () = enter => {
                if let Some(msg) = it.bursts.release() {
                    it.take(msg);
                }
            }
            () = frame => {
                it.on_terminal(Loop::draw);
                continue;
            }
            Some(answer) = it.asks.next(), if !it.asks.is_empty() => it.take(Msg::Answer(Box::new(answer))),
            Some(msg) = notices.recv() => it.take(msg),
            Some(msg) = sayings.recv() => it.take(msg),
            () = wake => {
                it.wake = None;
                it.take(Msg::Woke);
            }
        }
        for _ in 0..DRAIN_MAX {
            let typed = it.typed.pop_front().or_else(|| it.keyboard.as_mut().and_then(Keyboard::try_next));
            if let Some(input) = typed {
                it.input(input);
            } else if let Ok(msg) = notices.try_recv() {
                it.take(msg);
            } else {
                break;
            }
        }
        if it.leaving.is_some() && it.asks.is_empty() && !it.state.chats.owes_drafts() {
            break;
        }
        if it.dirty && it.drawn_at.is_none_or(|at| at.elapsed() >= it.gap) {
            it.on_terminal(Loop::draw);
        }
    }
    link.abort();
    if it.picture.is_some() {
        it.on_terminal(|it| it.screen.wipe(it.state.pixels));
    }
    Ok(())
}

/// Waits for what comes in from the terminal: first what was read before.
async fn read(typed: &mut VecDeque<Input>, keyboard: Option<&mut Keyboard>) -> Input {
    match (typed.pop_front(), keyboard) {
        (Some(input), _) => input,
        (None, Some(keyboard)) => keyboard.next().await,
        (None, None) => std::future::pending().await,
    }
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
        if self.state.chats.owes_drafts() && self.client.borrow().is_none() {
            // A full channel means that it is being tried already.
            let _ = self.retry.try_send(());
        }
    }

    /// How long leaving may take.
    fn time_to_leave(&self) -> Duration {
        match self.terminal {
            _ if !self.state.chats.owes_drafts() => LAST_WORDS,
            TerminalState::There => LAST_DRAFTS,
            TerminalState::Gone => LAST_DRAFTS_ALONE,
        }
    }

    /// Does something that needs the terminal. One that has gone ends the console, and what was written is kept.
    fn on_terminal(&mut self, deed: impl FnOnce(&mut Self) -> io::Result<()>) {
        if self.terminal == TerminalState::There
            && let Err(error) = deed(self)
        {
            tracing::warn!(%error, "the terminal has gone");
            self.lose_terminal();
        }
    }

    fn lose_terminal(&mut self) {
        self.terminal = TerminalState::Gone;
        self.keyboard = None;
        self.take(Msg::Ending);
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Msgs(msgs, at) => {
                for msg in self.bursts.take(msgs, at) {
                    self.take(msg);
                }
            }
            Input::Gone if self.terminal == TerminalState::There => self.lose_terminal(),
            Input::Gone => {}
        }
    }

    /// Gives the terminal to the shell and stops, until the shell lets us go on.
    fn suspend(&mut self) {
        if !job_control::has_shell() {
            self.say(Said::Failed("there is no shell here to go back to: the console goes on".to_owned()));
            return;
        }
        self.on_terminal(|it| {
            it.stop_reading();
            if it.picture.take().is_some() {
                it.screen.wipe(it.state.pixels)?;
            }
            terminal::leave();
            job_control::stop();
            it.take_terminal_again()?;
            it.read_on()
        });
    }

    /// We go on after having been stopped: whoever had the terminal meanwhile has left it as it was before us.
    fn take_terminal_again(&mut self) -> io::Result<()> {
        self.picture = None;
        self.screen.enter_again(self.state.capture)?;
        self.resized()
    }

    fn stop_reading(&mut self) {
        if let Some(keyboard) = self.keyboard.take() {
            self.typed.extend(keyboard.close());
        }
    }

    fn read_on(&mut self) -> io::Result<()> {
        self.keyboard = Some(Keyboard::open()?);
        Ok(())
    }

    /// The terminal has another size, or had one in between and shows what it made of the cells.
    fn resized(&mut self) -> io::Result<()> {
        let (columns, rows) = self.screen.size()?;
        self.screen.resize(columns, rows)?;
        // A picture does not move with the cells.
        if self.picture.take().is_some() {
            self.screen.wipe(self.state.pixels)?;
        }
        self.take(Msg::Resize { columns, rows });
        Ok(())
    }

    /// Takes a message into the state and does what follows from it.
    fn take(&mut self, msg: Msg) {
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
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
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
                self.on_terminal(|it| it.screen.send(&notify::bytes(&notification, it.around.way, it.around.via)));
            }
            Effect::Remember(prefs) => {
                if let Some(dir) = &self.around.state_dir
                    && let Err(error) = perform::remember(dir, &prefs)
                {
                    tracing::warn!(%error, "what was arranged could not be kept");
                }
            }
            Effect::MouseCapture(capture) => self.on_terminal(|it| it.screen.capture(capture)),
            Effect::Redraw => self.on_terminal(|it| it.screen.wipe(it.state.pixels)),
            Effect::Suspend => self.suspend(),
            Effect::SaveQr { name, value } => {
                let said = perform::save_qr(&self.around.save_dir, &name, &value);
                self.say(said);
            }
            Effect::ReadPiece { path, from, encoding } => {
                let said = self.said.clone();
                tokio::task::spawn_blocking(move || {
                    // The console has ended when nobody listens.
                    let _ = said.send(Msg::Piece(Box::new(pieces::read(path, from, encoding))));
                });
            }
            Effect::Export(order) => self.export(*order),
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
    }

    fn export(&mut self, order: ExportOrder) {
        let writing = self.client.borrow().clone().map(|client| (self.around.exporter)(client, order.clone()));
        let said = self.said.clone();
        self.exports.spawn(async move {
            let end = match writing {
                Some(writing) => writing.await,
                None => Err(ExportError::Failed("there is no connection to the daemon".to_owned())),
            };
            // Nobody listens when the console has ended.
            let _ = said.send(Msg::Exported(Box::new(order), end));
        });
    }

    fn say(&self, said: Said) {
        // The receiver lives as long as the loop.
        let _ = self.said.send(Msg::Said(said));
    }

    fn area(&self) -> Rect {
        Rect::new(0, 0, self.state.size.0, self.state.size.1)
    }

    fn draw(&mut self) -> io::Result<()> {
        self.probe()?;
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
        let (state, seen, encoding) = (&self.state, &self.seen, self.around.encoding);
        self.screen.draw(seen.cursor, |_, buf| {
            view(state, seen, &theme, buf);
            if encoding != TextEncoding::Utf8 {
                for cell in &mut buf.content {
                    let shown = encoding.shown(cell.symbol()).to_owned();
                    cell.set_symbol(&shown);
                }
            }
        })?;
        self.drawn = self.seen.clone();
        self.dirty = false;
        self.gap = FRAME;
        self.drawn_at = Some(Instant::now());
        if self.picture.is_none()
            && let Some(picture) = self.seen.picture.clone()
        {
            // Whoever prints a picture asks the terminal something, and must be the only one to hear the answer.
            self.stop_reading();
            let printed = perform::print(&picture, self.state.pixels);
            self.read_on()?;
            match printed {
                Ok(()) => self.picture = Some(picture),
                Err(error) => {
                    tracing::debug!(%error, "no picture");
                    self.take(Msg::Pixels(PixelSupport::None));
                }
            }
        }
        Ok(())
    }

    /// Asks the terminal for its graphics when a code is about to be shown, not before: the question takes time.
    fn probe(&mut self) -> io::Result<()> {
        let pairing = self.state.overlays.iter().any(|overlay| matches!(overlay, Overlay::Pairing(_)));
        if self.probed || !pairing {
            return Ok(());
        }
        self.probed = true;
        self.stop_reading();
        let support = probe::pixel_support(self.around.graphics);
        self.read_on()?;
        // A terminal that does not know the questions may show them instead of answering.
        self.screen.wipe(support)?;
        self.take(Msg::Pixels(support));
        Ok(())
    }
}
