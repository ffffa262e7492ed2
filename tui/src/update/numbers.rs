//! Numbers.

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{InstanceStatus, condition};
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::instance::{
    InstanceAdd, InstanceAdded, InstanceDocument, InstanceList, InstanceLogout, InstanceRemove, InstanceRestart,
    InstanceShow, InstanceShown, SessionFate,
};
use mychatflow_data::protocol::event::Event;
use mychatflow_data::protocol::name::InstanceName;
use serde::Deserialize;

use super::lists::{self, First};
use super::{Cx, Handled, again, overlays, pairing, triage};
use crate::action::Action;
use crate::moment;
use crate::msg::{Answer, Question, Refusal};
use crate::state::confirm::ConfirmKind;
use crate::state::form::{Field, Form, FormKind, anything, something};
use crate::state::list::Known;
use crate::state::numbers::{REST, remedy};
use crate::state::overlay::{Awaited, Overlay, Reader, ReaderLine};
use crate::state::toasts::Tone;
use crate::state::{Screen, State};
use crate::text::CleanText;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[
    (Action::Add, "new"),
    (Action::Pair, "pair"),
    (Action::PairByPhone, "by phone"),
    (Action::Why, "why"),
    (Action::Restart, "restart"),
];

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.numbers.rows.reading);
    cx.ask(InstanceList { tenant: state.tenant_name(), ..InstanceList::default() });
    pairing::again(state, cx);
}

/// A number as a parameter of a call.
pub fn name_of(id: InstanceId) -> InstanceName {
    InstanceName::from(id.to_string())
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    if lists::act(&mut state.numbers.rows, cx.seen, action) == Handled::Yes {
        state.numbers.show_at = Some(cx.now + REST);
        return Handled::Yes;
    }
    match action {
        Action::Add => {
            add(state);
            return Handled::Yes;
        }
        Action::Triage => {
            triage::open(state, cx);
            return Handled::Yes;
        }
        _ => {}
    }
    let Some(number) = state.numbers.rows.selected().cloned() else { return Handled::No };
    let (tenant, name) = (state.tenant_name(), name_of(number.id));
    match action {
        Action::Open | Action::Why => read(state, &number, cx),
        Action::Pair => match &number.status {
            Some(InstanceStatus::Working) => {
                let words = format!("{} is paired already: log it out to pair it anew", number.name);
                state.toasts.say(Tone::Info, &words, cx.now);
            }
            _ => pairing::open(state, number.id, &number.name, cx),
        },
        Action::PairByPhone => by_phone(state, number.id, &number.name),
        Action::Restart => {
            state.toasts.say(Tone::Info, &format!("restarting {}", number.name), cx.now);
            cx.ask(InstanceRestart { tenant, name });
        }
        Action::Logout => {
            let kind = ConfirmKind::LogOut { number: number.name };
            state.confirm(&kind, InstanceLogout { tenant, name });
        }
        Action::Remove => {
            let kind = ConfirmKind::RemoveNumber { number: number.name, session: number.session.to_string() };
            state.confirm(&kind, InstanceRemove { tenant, name, delete_session: SessionFate::Keep });
        }
        _ => return Handled::No,
    }
    Handled::Yes
}

fn add(state: &mut State) {
    let servers: Vec<&str> =
        state.daemon.iter().flat_map(|daemon| &daemon.waha).map(|server| server.name.as_str()).collect();
    let intro = match servers.as_slice() {
        [] | [_] => "It gets a session on WAHA; then comes the code to scan.".to_owned(),
        several => {
            format!("It gets a session on WAHA; then comes the code to scan. Servers: {}.", several.join(", "))
        }
    };
    let fields = vec![
        Field::line("name", "Name", "what your team calls it, such as Main or Bakery", "", something),
        Field::line("waha", "WAHA server", "optional: the only one, or main", "", anything),
        Field::line("session", "Session", "optional: default; a session that exists is taken over", "", anything),
    ];
    state.overlays.push(Overlay::Form(Box::new(Form::new(FormKind::InstanceAdd, "New number", &intro, fields))));
}

/// Asks for the phone that is to be paired by a code.
pub fn by_phone(state: &mut State, id: InstanceId, name: &str) {
    let hint = "with country code, such as +49 151 11111111";
    let fields = vec![Field::line("phone", "Phone number", hint, "", a_phone)];
    let intro = "WhatsApp then shows a code of eight letters here, to be typed into that phone.";
    let kind = FormKind::PairByPhone(id, name.to_owned());
    let title = format!("Pair {name} by a code");
    state.overlays.push(Overlay::Form(Box::new(Form::new(kind, &title, intro, fields))));
}

/// Is it a phone number with its country code?
pub(super) fn a_phone(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("something must stand here".to_owned());
    }
    let digits = text.trim().trim_start_matches('+').trim_start_matches("00");
    if text.trim().starts_with('0') && !text.trim().starts_with("00") || digits.starts_with('0') {
        return Err("begin with the country code, such as +49, and leave the 0 out".to_owned());
    }
    if let Some(other) = text.chars().find(|char| char.is_alphabetic()) {
        return Err(format!("{other} is no digit"));
    }
    match text.chars().filter(char::is_ascii_digit).count() {
        count @ 0..7 => Err(format!("{count} digits: at least 7 are needed")),
        count @ 16.. => Err(format!("{count} digits: there are 15 at most")),
        _ => Phone::parse(text).map(|_| ()).map_err(|error| error.to_string()),
    }
}

/// Opens a number in full, with what is wrong and what to do first.
fn read(state: &mut State, number: &InstanceDocument, cx: &mut Cx<'_>) {
    let question: Question = InstanceShow { tenant: state.tenant_name(), name: name_of(number.id) }.into();
    let mut reader = Reader::waiting(&number.name, question.clone());
    if let Some(shown) = state.numbers.shown_of(number.id) {
        reader.lines = lines(state, shown);
    }
    state.overlays.push(Overlay::Reader(reader));
    cx.ask(question);
}

/// A number in full, as lines to read.
fn lines(state: &State, shown: &InstanceShown) -> Vec<ReaderLine> {
    let number = &shown.instance;
    let stamp = |at| moment::stamp(at, state.now, &state.zone);
    let fact = |name: &str, value: &str| ReaderLine::Fact(CleanText::line(name), CleanText::block(value));
    let mut lines = vec![ReaderLine::Heading(CleanText::line(&headline(number)))];
    lines.push(ReaderLine::Words(CleanText::line(&format!(
        "so since {}, {}",
        stamp(number.since),
        moment::long_ago(number.since, state.now)
    ))));
    if let Some(remedy) = remedy(number) {
        lines.push(ReaderLine::Gap);
        let (key, words) = remedy.told(state);
        let words = CleanText::line(&words);
        lines.push(match key {
            Some(key) => ReaderLine::Key(CleanText::line(&key), words),
            None => ReaderLine::Words(words),
        });
    }
    // Its state stands above; what else was found, with how it is known.
    for found in shown.findings.iter().filter(|found| !found.code.is_of_state()) {
        lines.extend([ReaderLine::Gap, ReaderLine::Bad(CleanText::line(&found.headline(state.now)))]);
        lines.push(ReaderLine::Words(CleanText::line(&found.proof(state.now))));
        lines.push(ReaderLine::Words(CleanText::line(&found.remedy)));
    }
    if !shown.drift.is_empty() {
        lines.extend([ReaderLine::Gap, ReaderLine::Heading(CleanText::line("Not as it should be on WAHA"))]);
        lines.extend(shown.drift.iter().map(|drift| ReaderLine::Bad(CleanText::line(&drift.to_string()))));
    }
    lines.push(ReaderLine::Gap);
    let phone = number.me.as_ref().and_then(|me| me.id.phone()).map(|phone| phone.to_string());
    lines.push(fact("phone", phone.as_deref().unwrap_or("not paired")));
    if let Some(name) = number.me.as_ref().and_then(|me| me.name.as_deref()) {
        lines.push(fact("account", name));
    }
    let heard = number.heard_at.map(|at| format!("{}, {}", stamp(at), moment::long_ago(at, state.now)));
    lines.push(fact("heard", heard.as_deref().unwrap_or("never")));
    lines.push(fact("paired", &number.paired_at.map_or_else(|| "never".to_owned(), stamp)));
    let engine = number.engine.as_deref().unwrap_or("?");
    let version = number.version.as_deref().unwrap_or("?");
    lines.push(fact("WAHA", &format!("{}, {engine} {version}", number.waha)));
    lines.push(fact("session", &number.session));
    lines.push(fact("webhook", &shown.webhook_url));
    if !shown.history.is_empty() {
        lines.extend([ReaderLine::Gap, ReaderLine::Heading(CleanText::line("What it was before"))]);
    }
    for change in &shown.history {
        let status = change.status.as_ref().map_or("not reached", InstanceStatus::word);
        let reason = change.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let at = format!("{} {}", stamp(change.at), moment::clock(change.at, &state.zone));
        let at = if stamp(change.at).contains(':') { stamp(change.at) } else { at };
        lines.push(fact(&at, &format!("{status}, {}{reason}", condition(change.status.as_ref(), change.verdict))));
    }
    lines
}

fn headline(number: &InstanceDocument) -> String {
    let status = number.status.as_ref().map_or("not reached", InstanceStatus::word);
    let verdict = condition(number.status.as_ref(), number.verdict);
    match &number.reason {
        Some(reason) => format!("{status}, {verdict}: {reason}"),
        None => format!("{status}, {verdict}"),
    }
}

/// A time that was asked for has come.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    if state.numbers.show_at.is_some_and(|at| at <= cx.now) {
        state.numbers.show_at = None;
        show(state, cx);
    }
}

/// Asks for the selected number in full.
fn show(state: &State, cx: &mut Cx<'_>) {
    if let Some(number) = state.numbers.rows.selected().filter(|_| state.screen == Screen::Numbers) {
        cx.ask(InstanceShow { tenant: state.tenant_name(), name: name_of(number.id) });
    }
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::InstanceList(asked, reply) => {
            lists::take(&mut state.numbers.rows, First::of(asked.after.as_ref()), reply, cx.now);
            if let Some(after) = state.numbers.rows.next.take() {
                cx.ask(InstanceList { tenant: asked.tenant, after: Some(after), ..InstanceList::default() });
            }
            state.numbers.show_at = None;
            show(state, cx);
            pairing::listed(state, cx);
        }
        Answer::InstanceShow(asked, reply) => shown(state, asked, reply),
        Answer::InstanceAdd(asked, Ok(added)) => was_added(state, &asked, added, cx),
        Answer::InstanceRestart(_, Ok(number)) => {
            let status = number.status.as_ref().map_or("not reached yet", InstanceStatus::word);
            state.toasts.say(Tone::Good, &format!("{} restarts: {status}", number.name), cx.now);
            changed(state, number, cx);
        }
        Answer::InstanceLogout(_, Ok(number)) => {
            state.toasts.say(Tone::Good, &format!("{} is logged out", number.name), cx.now);
            changed(state, number, cx);
        }
        Answer::InstanceRemove(_, Ok(removed)) => {
            state.toasts.say(Tone::Good, &format!("{} is removed; its session stays on WAHA", removed.name), cx.now);
            state.numbers.rows.change(|rows| rows.retain(|number| number.id != removed.id));
            show(state, cx);
        }
        answer @ (Answer::InstancePair(..) | Answer::InstanceQr(..)) => pairing::answered(state, answer, cx),
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}

fn shown(state: &mut State, asked: InstanceShow, reply: Result<InstanceShown, Refusal>) {
    if overlays::reader_for(state, asked.clone()).is_some() {
        let told = match &reply {
            Ok(shown) => Ok(lines(state, shown)),
            Err(refusal) => Err(refusal.clone()),
        };
        if let Some(reader) = overlays::reader_for(state, asked) {
            match told {
                // What was here before is better than nothing.
                Err(_) if !reader.lines.is_empty() => reader.awaited = Awaited::Nothing,
                told => overlays::fill(reader, told),
            }
        }
    }
    if let Ok(shown) = reply {
        state.numbers.rows.put(shown.instance.clone());
        state.numbers.shown = Some(shown);
    }
}

fn was_added(state: &mut State, asked: &InstanceAdd, added: InstanceAdded, cx: &mut Cx<'_>) {
    state.numbers.rows.select(added.id);
    cx.ask(InstanceList { tenant: asked.tenant.clone(), ..InstanceList::default() });
    match added.status {
        None => {
            let words = format!("{} is kept; WAHA could not be reached and is tried again", added.name);
            state.toasts.say(Tone::Info, &words, cx.now);
        }
        Some(InstanceStatus::Working) => {
            state.toasts.say(Tone::Good, &format!("{} is here, and its session is paired already", added.name), cx.now);
        }
        Some(_) if state.overlays.is_empty() && state.screen == Screen::Numbers => {
            pairing::open(state, added.id, &added.name, cx);
        }
        // Whoever went on meanwhile types into something else.
        Some(_) => {
            state.toasts.say(Tone::Info, &format!("{} is here: pair it under Numbers", added.name), cx.now);
        }
    }
}

/// A number is as the daemon says now.
fn changed(state: &mut State, number: InstanceDocument, cx: &mut Cx<'_>) {
    if let Some(shown) = state.numbers.shown.as_mut().filter(|shown| shown.instance.id == number.id) {
        shown.instance = number.clone();
        // Its history has a new line.
        state.numbers.show_at = Some(cx.now + REST);
    }
    pairing::changed(state, &number, cx);
    if state.numbers.rows.put(number) == Known::Missing {
        cx.ask(InstanceList { tenant: state.tenant_name(), ..InstanceList::default() });
    }
}

/// Takes an event.
pub fn event(state: &mut State, event: &Event, cx: &mut Cx<'_>) {
    match InstanceDocument::deserialize(&event.data) {
        Ok(number) => changed(state, number, cx),
        // Only its id, or it is gone.
        Err(_) => cx.ask(InstanceList { tenant: state.tenant_name(), ..InstanceList::default() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_checked_as_it_is_typed() {
        for (text, told) in [
            ("+49 151 11111111", None),
            ("0049 151 11111111", None),
            ("4915111111111", None),
            ("", Some("something must stand here")),
            ("+49 15", Some("4 digits: at least 7 are needed")),
            ("0151 11111111", Some("begin with the country code, such as +49, and leave the 0 out")),
            ("+49 151 x", Some("x is no digit")),
            ("+4915111111111111111", Some("19 digits: there are 15 at most")),
        ] {
            assert_eq!(a_phone(text).err().as_deref(), told, "{text}");
        }
        assert!(a_phone("+49 151_1111111").is_err());
    }
}
