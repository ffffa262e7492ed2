//! The queue: what is not finished, and a person's hand on it.

use std::time::Duration;

use mychatflow_data::protocol::calls::queue::{
    QueueDrop, QueueHold, QueueKind, QueueLine, QueueList, QueueRelease, QueueRetry, QueueShow, QueueShown, QueueState,
};
use mychatflow_data::protocol::event::{Event, Topic};
use serde::Deserialize;

use super::lists::{self, First};
use super::{Cx, Handled, again, overlays};
use crate::action::Action;
use crate::moment;
use crate::msg::{Answer, Effect, Question, Refusal};
use crate::state::chats::short_name;
use crate::state::confirm::ConfirmKind;
use crate::state::list::{Reading, Rows};
use crate::state::overlay::{Overlay, Reader, ReaderLine};
use crate::state::queue::{Item, about, kind, meaning, standing};
use crate::state::toasts::Tone;
use crate::state::{Screen, State};
use crate::text::CleanText;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[
    (Action::Open, "show"),
    (Action::QueueRetry, "retry"),
    (Action::QueueDrop, "drop"),
    (Action::QueueHold, "hold"),
    (Action::QueueRelease, "release"),
    (Action::TabNext, "only some"),
];

/// How far the list may be behind events that tell only that something changed.
const STALE: Duration = Duration::from_millis(1_000);

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    state.queue.stale_at = None;
    again(&mut state.queue.rows.reading);
    cx.ask(list(state));
}

fn list(state: &State) -> QueueList {
    QueueList { tenant: state.tenant_name(), state: state.queue.tab.state(), ..QueueList::default() }
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    match action {
        Action::TabNext | Action::FocusNext => tab(state, 1, cx),
        Action::TabBack | Action::FocusBack => tab(state, -1, cx),
        Action::Filter => {
            let key = state.keymap.key_of(&state.scopes(), Action::TabNext).unwrap_or_default();
            state.toasts.say(Tone::Info, &format!("{key} shows only entries in one state"), cx.now);
        }
        Action::Open
        | Action::Why
        | Action::Copy
        | Action::QueueRetry
        | Action::QueueHold
        | Action::QueueRelease
        | Action::QueueDrop => {
            if let Some(line) = state.queue.rows.selected().map(|item| item.line.clone()) {
                on_entry(state, &line, action, cx);
            }
        }
        action => {
            let handled = lists::act(&mut state.queue.rows, cx.seen, action);
            if let Some(after) = state.queue.rows.wants_more() {
                state.queue.rows.reading = Reading::Again;
                cx.ask(QueueList { after: Some(after), ..list(state) });
            }
            return handled;
        }
    }
    Handled::Yes
}

fn tab(state: &mut State, by: isize, cx: &mut Cx<'_>) {
    state.queue.tab = state.queue.tab.beside(by);
    state.queue.rows = Rows::default();
    enter(state, cx);
}

fn on_entry(state: &mut State, line: &QueueLine, action: Action, cx: &mut Cx<'_>) {
    let (tenant, id) = (state.tenant_name(), line.id.clone());
    match action {
        Action::Open => {
            let question: Question = QueueShow { tenant, id }.into();
            cx.ask(question.clone());
            let title = whose(state, line).map_or_else(|| kind(line.kind), |who| format!("{who}: {}", kind(line.kind)));
            state.overlays.push(Overlay::Reader(Reader::waiting(&title, question)));
        }
        Action::Why => match (line.kind, line.chat) {
            (QueueKind::UnknownSend, _) => overlays::ask_why(state, &why_title(state, line), id.to_string(), cx),
            (_, Some(chat)) => overlays::ask_why(state, &why_title(state, line), chat.to_string(), cx),
            (_, None) => {
                let words = "this entry is about no chat; its reason stands below it";
                state.toasts.say(Tone::Info, words, cx.now);
            }
        },
        Action::Copy => cx.want(Effect::Copy(id.to_string())),
        Action::QueueRetry if line.kind == QueueKind::UnknownSend => {
            state.confirm(&ConfirmKind::SendAgain { to: whom(state, line) }, QueueRetry { tenant, id });
        }
        Action::QueueRetry => cx.ask(QueueRetry { tenant, id }),
        Action::QueueHold => cx.ask(QueueHold { tenant, id }),
        Action::QueueRelease => cx.ask(QueueRelease { tenant, id }),
        Action::QueueDrop => {
            let kind = ConfirmKind::GiveUp { kind: line.kind, whom: whom(state, line) };
            state.confirm(&kind, QueueDrop { tenant, id });
        }
        _ => {}
    }
}

/// The heading of why an entry is as it is.
fn why_title(state: &State, line: &QueueLine) -> String {
    let what = whose(state, line).unwrap_or_else(|| kind(line.kind));
    format!("Why: {what}")
}

/// Whose chat an entry is about, where that is known.
fn whose(state: &State, line: &QueueLine) -> Option<String> {
    let mut chats = state.chats.rows.items().iter().chain(state.dashboard.waiting.items());
    chats.find(|chat| Some(chat.id) == line.chat).map(short_name)
}

/// The person that an entry is about, or else the number; of those that this console has not read, the id.
fn whom(state: &State, line: &QueueLine) -> String {
    let told = || about(state, line).into_iter().next().map(|(_, name)| name.into_string());
    whose(state, line).or_else(told).unwrap_or_else(|| "this business".to_owned())
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::QueueList(asked, reply) => listed(state, &asked, reply.map(|page| (page.items, page.next)), cx),
        Answer::QueueShow(asked, reply) => {
            let lines = reply.map(|shown| facts(state, &shown));
            if let Some(reader) = overlays::reader_for(state, asked) {
                overlays::fill(reader, lines);
            }
        }
        Answer::QueueHold(_, Ok(line)) => done(state, line, "put aside until you release it", cx),
        Answer::QueueRelease(_, Ok(line)) => done(state, line, "it goes on", cx),
        Answer::QueueDrop(_, Ok(line)) => done(state, line, "given up", cx),
        Answer::QueueRetry(_, Ok(line)) => {
            let words = match line.state {
                QueueState::Completed => "done",
                QueueState::Unreadable => "read once more, and still not understood",
                _ => "it is tried again now",
            };
            done(state, line, words, cx);
        }
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}

type Listed = (Vec<QueueLine>, Option<mychatflow_data::protocol::name::Cursor>);

fn listed(state: &mut State, asked: &QueueList, reply: Result<Listed, Refusal>, cx: &mut Cx<'_>) {
    if asked.state != state.queue.tab.state() {
        // The answer for a tab that was left.
        return;
    }
    let rows = &mut state.queue.rows;
    match (reply, First::of(asked.after.as_ref())) {
        (Ok((items, next)), first) => {
            let items = items.into_iter().map(|line| Item::new(line, cx.now)).collect();
            match first {
                First::Yes => state.queue.refresh(items, next, cx.now),
                First::No => rows.extend(items, next, cx.now),
            }
        }
        (Err(refusal), _) => {
            rows.reading = Reading::Failed(refusal.text.clone());
            // With rows on the screen the list has no place to say it.
            if !rows.items().is_empty() {
                super::answers::refused(state, &refusal, cx);
            }
        }
    }
}

fn done(state: &mut State, line: QueueLine, words: &str, cx: &mut Cx<'_>) {
    let tone = if line.state == QueueState::Unreadable { Tone::Info } else { Tone::Good };
    let who = whose(state, &line).map(|who| format!(" ({who})")).unwrap_or_default();
    state.toasts.say(tone, &format!("{}: {words}{who}", kind(line.kind)), cx.now);
    // A send of unknown end that is sent again goes on as a job with another id.
    let becomes_another = line.kind == QueueKind::UnknownSend && line.state != QueueState::Unknown;
    if becomes_another {
        state.queue.rows.change(|items| items.retain(|item| item.line.id != line.id));
        stale(state, cx);
    } else {
        state.queue.take(line, cx.now);
    }
}

/// Takes an event.
pub fn event(state: &mut State, event: &Event, cx: &mut Cx<'_>) {
    #[derive(Deserialize)]
    struct Thin {
        id: String,
        #[serde(default)]
        state: Option<String>,
    }
    if state.screen != Screen::Queue {
        return;
    }
    match (event.topic, QueueLine::deserialize(&event.data)) {
        (Topic::JobChanged, Ok(line)) => state.queue.take(line, cx.now),
        (Topic::JobChanged, Err(_)) => stale(state, cx),
        // A message whose end became unknown, or known, is in the queue without being a job.
        (_, _) => {
            let Ok(thin) = Thin::deserialize(&event.data) else { return };
            let here = state.queue.rows.items().iter().any(|item| item.line.id.as_str() == thin.id);
            if here || thin.state.as_deref() == Some(QueueState::Unknown.word()) {
                stale(state, cx);
            }
        }
    }
}

fn stale(state: &mut State, cx: &Cx<'_>) {
    if state.queue.stale_at.is_none() {
        state.queue.stale_at = Some(cx.now + STALE);
    }
}

/// A time that was asked for has come.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    if state.queue.stale_at.is_some_and(|at| at <= cx.now) {
        state.queue.stale_at = None;
        if state.screen == Screen::Queue && state.tenant.is_some() {
            cx.ask(list(state));
        }
    }
}

/// An entry in full.
fn facts(state: &State, shown: &QueueShown) -> Vec<ReaderLine> {
    let line = &shown.line;
    let fact = |name: &str, value: &str| ReaderLine::Fact(CleanText::line(name), CleanText::block(value));
    let when = |at| {
        let day = moment::day_line(at, state.now, &state.zone);
        format!("{day}, {}", moment::clock(at, &state.zone))
    };
    let mut lines = vec![fact("state", &format!("{}. {}", standing(line.state), meaning(line.state)))];
    lines.extend(line.reason.iter().map(|reason| fact("reason", reason)));
    lines.push(fact("made", &when(shown.created_at)));
    lines.push(fact("attempts", &line.attempts.to_string()));
    lines.extend(line.next_at.map(|at| fact("next", &when(at))));
    for (name, value) in about(state, line) {
        lines.push(ReaderLine::Fact(CleanText::line(name), value));
    }
    if !shown.steps.is_empty() {
        lines.push(fact("steps done", &shown.steps.join(", ")));
    }
    lines.push(fact("id", line.id.as_str()));
    if let Some(text) = &shown.text {
        let heading = match line.kind {
            QueueKind::UnreadableDelivery => "What WAHA posted",
            _ => "The message",
        };
        lines.extend([ReaderLine::Gap, ReaderLine::Heading(CleanText::line(heading))]);
        lines.push(ReaderLine::Words(CleanText::block(text)));
    }
    lines
}
