//! What a message does to the state, and what is to be done outside. This file only routes.

mod ahead;
mod answers;
mod entrance;
mod export;
mod forms;
mod guide;
pub(crate) mod keys;
mod link;
mod lists;
mod live;
mod mouse;
mod overlays;
mod pairing;
mod palette;
mod triage;
mod wake;

mod campaigns;
mod chats;
mod contacts;
mod credits;
mod dashboard;
mod numbers;
mod queue;
mod quick_replies;
mod settings;

use mychatflow_data::ids::ClientRef;
use mychatflow_data::time::Timestamp;

use crate::action::Action;
use crate::layout::Layout;
use crate::msg::{Effect, Focus, Msg, Question, Said};
use crate::state::list::Reading;
use crate::state::toasts::Tone;
use crate::state::{Screen, State};

/// Whether an action meant something where it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// It did.
    Yes,
    /// It did not: the next place is asked.
    No,
}

/// What an update is given besides the state, and what it wants done.
pub struct Cx<'a> {
    /// The frame on the screen.
    pub seen: &'a Layout,
    /// The time.
    pub now: Timestamp,
    /// New ids for sends.
    pub refs: &'a mut dyn Iterator<Item = ClientRef>,
    /// What is to be done.
    pub effects: Vec<Effect>,
}

impl Cx<'_> {
    /// Asks the daemon.
    pub fn ask(&mut self, question: impl Into<Question>) {
        self.effects.push(Effect::Ask(Box::new(question.into())));
    }

    /// Wants something done.
    pub fn want(&mut self, effect: Effect) {
        self.effects.push(effect);
    }
}

/// Takes a message into the state.
pub fn update(
    state: &mut State,
    seen: &Layout,
    msg: Msg,
    now: Timestamp,
    refs: &mut dyn Iterator<Item = ClientRef>,
) -> Vec<Effect> {
    let mut cx = Cx { seen, now, refs, effects: Vec::new() };
    state.now = now;
    match msg {
        Msg::Key(key) => keys::key(state, key, &mut cx),
        Msg::Paste(text) => keys::paste(state, &text, &mut cx),
        Msg::Burst(text) => keys::burst(state, &text, &mut cx),
        Msg::LineBreak(line_break) => keys::line_break(state, line_break, &mut cx),
        Msg::Mouse(mouse) => mouse::mouse(state, mouse, &mut cx),
        Msg::Resize { columns, rows } => state.size = (columns, rows),
        Msg::Focus(focus) => window(state, focus, &mut cx),
        Msg::Woke => wake::woke(state, &mut cx),
        Msg::Ending => keys::quit(state, &mut cx),
        Msg::Answer(answer) => answers::answered(state, *answer, &mut cx),
        Msg::Event(event) => live::event(state, *event, &mut cx),
        Msg::Link(link) => link::link(state, link, &mut cx),
        Msg::Said(Said::Done(words)) => state.toasts.say(Tone::Good, &words, now),
        Msg::Said(Said::Failed(words)) => state.toasts.say(Tone::Bad, &words, now),
        Msg::Pixels(support) => state.pixels = support,
        Msg::Exported(order, end) => export::ended(state, &order, end, &mut cx),
        Msg::Piece(piece) => contacts::piece_came(state, *piece, &mut cx),
        Msg::AttachmentRead { path, bytes } => {
            campaigns::wizard::attachment_read(state, &path, bytes, &mut cx);
        }
        Msg::FileRead { path, text } => campaigns::wizard::file_read(state, &path, text, &mut cx),
    }
    chats::settle(state, &mut cx);
    keys::held(state, &mut cx);
    keys::leave_when_settled(state, &mut cx);
    ahead::note(state, now);
    guide::step(state, &mut cx);
    if let Some(at) = wake::next(state, now) {
        cx.want(Effect::WakeAt(at));
    }
    cx.effects
}

fn window(state: &mut State, focus: Focus, cx: &mut Cx<'_>) {
    state.window = focus;
    chats::looked(state, cx);
}

/// Goes to a screen.
fn go(state: &mut State, screen: Screen, cx: &mut Cx<'_>) {
    state.came_from = None;
    state.screen = screen;
    enter(state, screen, cx);
}

/// Goes to a screen by opening something on this one: `Back` leads back.
fn go_into(state: &mut State, screen: Screen, cx: &mut Cx<'_>) {
    let from = state.screen;
    go(state, screen, cx);
    state.came_from = Some(from);
}

/// Reads what a screen shows.
fn enter(state: &mut State, screen: Screen, cx: &mut Cx<'_>) {
    if state.tenant.is_none() {
        return;
    }
    match screen {
        Screen::Dashboard => dashboard::enter(state, cx),
        Screen::Chats => chats::enter(state, cx),
        Screen::Campaigns => campaigns::enter(state, cx),
        Screen::Numbers => numbers::enter(state, cx),
        Screen::Contacts => contacts::enter(state, cx),
        Screen::QuickReplies => quick_replies::enter(state, cx),
        Screen::Credits => credits::enter(state, cx),
        Screen::Queue => queue::enter(state, cx),
        Screen::Settings => settings::enter(state, cx),
    }
}

/// Tries an action on the screen.
fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    match state.screen {
        Screen::Dashboard => dashboard::act(state, action, cx),
        Screen::Chats => chats::act(state, action, cx),
        Screen::Campaigns => campaigns::act(state, action, cx),
        Screen::Numbers => numbers::act(state, action, cx),
        Screen::Contacts => contacts::act(state, action, cx),
        Screen::QuickReplies => quick_replies::act(state, action, cx),
        Screen::Credits => credits::act(state, action, cx),
        Screen::Queue => queue::act(state, action, cx),
        Screen::Settings => settings::act(state, action, cx),
    }
}

/// What can be done on the screen, most useful first.
#[must_use]
pub fn hints(state: &State) -> Vec<(Action, &'static str)> {
    match state.screen {
        Screen::Dashboard => dashboard::HINTS.to_vec(),
        Screen::Chats => chats::hints(state),
        Screen::Campaigns => campaigns::hints(state),
        Screen::Numbers => numbers::HINTS.to_vec(),
        Screen::Contacts => contacts::hints(state).to_vec(),
        Screen::QuickReplies => quick_replies::HINTS.to_vec(),
        Screen::Credits => credits::HINTS.to_vec(),
        Screen::Queue => queue::HINTS.to_vec(),
        Screen::Settings => settings::HINTS.to_vec(),
    }
}

/// Marks a list as being read again.
fn again(reading: &mut Reading) {
    *reading = match reading {
        Reading::Never => Reading::Never,
        Reading::Again | Reading::Done(_) | Reading::Failed(_) => Reading::Again,
    };
}
