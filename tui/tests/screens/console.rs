//! A console without a terminal and without a daemon: keys in, cells out. A [`Shop`] answers what it asks.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::tz::TimeZone;
use mychatflow_data::ids::{ClientRef, RunId};
use mychatflow_data::protocol::event::{Event, Topic};
use mychatflow_data::time::Timestamp;
use mychatflow_tui::key;
use mychatflow_tui::keymap::Keymap;
use mychatflow_tui::layout::{Layout, layout};
use mychatflow_tui::msg::{Effect, Link, MouseDeed, Msg, Question, Refusal};
use mychatflow_tui::probe::PixelSupport;
use mychatflow_tui::state::prefs::Prefs;
use mychatflow_tui::state::{Charset, Guide, Setup, State};
use mychatflow_tui::theme::{Glyphs, Theme, ThemeName};
use mychatflow_tui::update::update;
use mychatflow_tui::view::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use crate::shop::{NOW, Shop};

/// The console.
pub struct Console {
    pub state: State,
    pub shop: Shop,
    /// Effects that are no questions, in their order.
    pub effects: Vec<Effect>,
    /// Questions in their order.
    pub asked: Vec<Question>,
    now: Timestamp,
    seen: Layout,
    /// The layout of the last frame that was drawn.
    drawn: Layout,
    /// Questions that are not answered yet, in their order.
    late: Vec<Question>,
    seq: u64,
    refs: u8,
}

impl Console {
    /// A console of a size that has connected and read its first screen.
    pub fn open(columns: u16, rows: u16) -> Self {
        Self::with(columns, rows, Shop::usual(), |_| {})
    }

    /// A console over a shop of one's own, with a setup of one's own.
    pub fn with(columns: u16, rows: u16, shop: Shop, change: impl FnOnce(&mut Setup)) -> Self {
        let mut console = Self::dark(columns, rows, shop, change);
        console.take(Msg::Link(Link::Up { epoch: RunId::from_bytes([9; 16]), seq: 0 }));
        console
    }

    /// A console that has not connected yet.
    pub fn dark(columns: u16, rows: u16, shop: Shop, change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup {
            keymap: Keymap::default(),
            prefs: Prefs::default(),
            theme: ThemeName::Dark,
            charset: Charset::Unicode,
            tenant: None,
            pixels: PixelSupport::None,
            guide: Guide::Off,
            zone: TimeZone::UTC,
            screen: mychatflow_tui::state::Screen::Chats,
            command: "mychatflow".to_owned(),
        };
        change(&mut setup);
        let now = Timestamp::from_millis(NOW);
        let state = State::new(setup, (columns, rows), now);
        let seen = layout(&state, Rect::new(0, 0, columns, rows));
        Self {
            state,
            shop,
            effects: Vec::new(),
            asked: Vec::new(),
            now,
            drawn: seen.clone(),
            seen,
            late: Vec::new(),
            seq: 0,
            refs: 0,
        }
    }

    /// A message, and every answer that follows from it.
    pub fn take(&mut self, msg: Msg) {
        self.put(msg);
        while self.answer() {}
        self.draw();
    }

    /// A message alone, as one of many in a burst: nothing is answered, and nothing is drawn. Returns what it asked.
    pub fn put(&mut self, msg: Msg) -> Vec<Question> {
        let refs = &mut self.refs;
        let mut ids = std::iter::from_fn(|| {
            *refs += 1;
            Some(ClientRef::from_bytes([*refs; 16]))
        });
        let clicked = matches!(&msg, Msg::Mouse(mouse) if mouse.deed == MouseDeed::Click);
        let seen = if clicked { &self.drawn } else { &self.seen };
        let mut asked = Vec::new();
        for effect in update(&mut self.state, seen, msg, self.now, &mut ids) {
            match effect {
                Effect::Ask(question) => asked.push(*question),
                Effect::WakeAt(_) => {}
                other => self.effects.push(other),
            }
        }
        self.seen = layout(&self.state, self.area());
        self.asked.extend(asked.iter().cloned());
        self.late.extend(asked.iter().cloned());
        asked
    }

    /// Answers the oldest question that waits. Returns whether there was one.
    pub fn answer(&mut self) -> bool {
        if self.late.is_empty() {
            return false;
        }
        let question = self.late.remove(0);
        if let Some(reply) = self.shop.reply(&question) {
            let answer = question.played(reply).expect("the shop's replies fit the protocol");
            self.put(Msg::Answer(Box::new(answer)));
        }
        true
    }

    /// Tries something out: what it does to the console is undone. The shop must not be changed by it.
    pub fn trial<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> T {
        let (state, seen, drawn, late) = (self.state.clone(), self.seen.clone(), self.drawn.clone(), self.late.clone());
        let (asked, effects, refs, now) = (self.asked.len(), self.effects.len(), self.refs, self.now);
        let outcome = what(self);
        (self.state, self.seen, self.drawn, self.late) = (state, seen, drawn, late);
        self.asked.truncate(asked);
        self.effects.truncate(effects);
        (self.refs, self.now) = (refs, now);
        outcome
    }

    /// The oldest question that waits, and what the shop replies.
    pub fn next_reply(&mut self) -> Option<(Question, Result<Value, Refusal>)> {
        while !self.late.is_empty() {
            let question = self.late.remove(0);
            if let Some(reply) = self.shop.reply(&question) {
                return Some((question, reply));
            }
        }
        None
    }

    /// A frame is drawn.
    pub fn draw(&mut self) {
        self.drawn = self.seen.clone();
    }

    /// Keys that come all at once: what they ask is answered after the last of them, and a frame is drawn then.
    pub fn burst(&mut self, keys: &str) -> &mut Self {
        for key in key::sequence(keys).expect("a test names real keys") {
            self.put(Msg::Key(key));
        }
        while self.answer() {}
        self.draw();
        self
    }

    /// Presses keys: `jj<enter>hi<alt-enter>`.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for key in key::sequence(keys).expect("a test names real keys") {
            self.take(Msg::Key(key));
        }
        self
    }

    /// Something that the daemon tells.
    pub fn tell(&mut self, topic: Topic, data: Value) -> &mut Self {
        let msg = self.told(topic, data);
        self.take(msg);
        self
    }

    /// An event of the daemon, as a message.
    pub fn told(&mut self, topic: Topic, data: Value) -> Msg {
        Msg::Event(Box::new(self.event(topic, data)))
    }

    /// An event of the daemon.
    pub fn event(&mut self, topic: Topic, data: Value) -> Event {
        let prev = self.seq;
        self.seq += 1;
        let tenant = self.state.tenant;
        Event { seq: self.seq, prev, tenant, topic, at: self.now, data }
    }

    /// Time goes on; nobody is woken.
    pub fn later(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) -> &mut Self {
        self.now = self.now + time;
        self.take(Msg::Woke);
        self
    }

    /// Another size.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.take(Msg::Resize { columns, rows });
        self
    }

    /// Where everything stands.
    pub fn layout(&self) -> &Layout {
        &self.seen
    }

    fn area(&self) -> Rect {
        Rect::new(0, 0, self.state.size.0, self.state.size.1)
    }

    /// The cells of the frame.
    pub fn cells(&self) -> Buffer {
        let glyphs = match self.state.charset {
            Charset::Unicode => Glyphs::unicode(),
            Charset::Ascii => Glyphs::ascii(),
        };
        let mut buf = Buffer::empty(self.area());
        view(&self.state, &self.seen, &Theme::new(self.state.theme, glyphs), &mut buf);
        buf
    }

    /// The lines of the frame.
    pub fn lines(&self) -> Vec<String> {
        lines_of(&self.cells())
    }

    /// Does the frame show these words?
    pub fn shows(&self, words: &str) -> bool {
        self.lines().iter().any(|line| line.contains(words))
    }

    /// The frame for a snapshot: its lines, and a hash of its styles.
    pub fn picture(&self) -> String {
        let buf = self.cells();
        let mut hasher = DefaultHasher::new();
        for cell in &buf.content {
            (cell.fg, cell.bg, cell.modifier).hash(&mut hasher);
        }
        let mut picture = self.lines().join("\n");
        picture.push_str(&format!("\nstyles {:016x}", hasher.finish()));
        picture
    }
}

/// The lines of a frame.
pub fn lines_of(buf: &Buffer) -> Vec<String> {
    let mut lines = Vec::new();
    for y in 0..buf.area.height {
        let mut line = String::new();
        let mut covered = 0;
        for x in 0..buf.area.width {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            let symbol = buf[(x, y)].symbol();
            covered = mychatflow_tui::text::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}
