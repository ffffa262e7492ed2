//! Credits: the ledger, what an entry means, grants, and the second count.

use std::time::Duration;

use mychatflow_data::credits::Credits;
use mychatflow_data::model::ledger::{Entry, EntryKind};
use mychatflow_data::protocol::calls::credit::{CreditAudit, CreditAudited, CreditLedger, CreditShow};
use mychatflow_data::protocol::calls::overview::OverviewShow;

use super::lists::{self, First};
use super::{Cx, Handled, again, overlays};
use crate::action::Action;
use crate::moment;
use crate::msg::{Answer, Question};
use crate::state::credits::{meaning, signed};
use crate::state::form::{Field, Form, FormKind, Stage, anything};
use crate::state::list::Reading;
use crate::state::overlay::{Overlay, Reader, ReaderLine};
use crate::state::toasts::Tone;
use crate::state::{Screen, State};
use crate::text::CleanText;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[
    (Action::Open, "what it is"),
    (Action::Grant, "grant"),
    (Action::Audit, "count again"),
    (Action::Refresh, "read again"),
];

/// How far the ledger may be behind the events.
const STALE: Duration = Duration::from_millis(500);
/// The most that one grant may give.
const GRANT_MAX: i64 = 1_000_000;

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    state.credits.stale_at = None;
    again(&mut state.credits.rows.reading);
    cx.ask(CreditLedger { tenant: state.tenant_name(), ..CreditLedger::default() });
    cx.ask(CreditShow { tenant: state.tenant_name() });
    // The use by day, and how long the rest lasts.
    cx.ask(OverviewShow { tenant: state.tenant_name() });
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    match action {
        Action::Open | Action::Why => {
            if let Some(entry) = state.credits.rows.selected() {
                let lines = story(state, entry);
                state.overlays.push(Overlay::Reader(Reader::new("What it is", lines)));
            }
        }
        Action::Grant => {
            state.overlays.push(Overlay::Form(Box::new(grant_form())));
            recount(state);
        }
        Action::Audit => {
            let question: Question = CreditAudit { tenant: state.tenant_name() }.into();
            cx.ask(question.clone());
            state.overlays.push(Overlay::Reader(Reader::waiting("The balance, counted twice", question)));
        }
        Action::Filter => {
            state.toasts.say(Tone::Info, "the ledger has no filter: it is in the order of time", cx.now);
        }
        action => {
            let handled = lists::act(&mut state.credits.rows, cx.seen, action);
            more(state, cx);
            return handled;
        }
    }
    Handled::Yes
}

/// Asks for the next page where the selection comes near the end.
fn more(state: &mut State, cx: &mut Cx<'_>) {
    if let Some(after) = state.credits.rows.wants_more() {
        state.credits.rows.reading = Reading::Again;
        cx.ask(CreditLedger { tenant: state.tenant_name(), after: Some(after), ..CreditLedger::default() });
    }
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::CreditLedger(asked, Ok(page)) if asked.after.is_none() => {
            state.credits.refresh(page.items, page.next, cx.now);
        }
        Answer::CreditLedger(asked, reply) => {
            // With rows on the screen the list has no place to say it.
            if let (Err(refusal), false) = (&reply, state.credits.rows.items().is_empty()) {
                super::answers::refused(state, refusal, cx);
            }
            lists::take(&mut state.credits.rows, First::of(asked.after.as_ref()), reply, cx.now);
        }
        Answer::CreditGrant(_, Ok(granted)) => {
            let words = format!("granted {}: the balance is {}", granted.amount, granted.balance);
            state.toasts.say(Tone::Good, &words, cx.now);
            enter(state, cx);
        }
        Answer::CreditAudit(asked, reply) => {
            if let Some(reader) = overlays::reader_for(state, asked) {
                overlays::fill(reader, reply.map(|audit| audited(&audit)));
            }
        }
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}

/// The balance changed: the ledger is read again soon while it is on the screen, once for a crowd of events.
pub fn event(state: &mut State, cx: &mut Cx<'_>) {
    if state.screen == Screen::Credits && state.credits.stale_at.is_none() {
        state.credits.stale_at = Some(cx.now + STALE);
    }
}

/// A time that was asked for has come.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    if state.credits.stale_at.is_some_and(|at| at <= cx.now) {
        state.credits.stale_at = None;
        if state.screen == Screen::Credits && state.tenant.is_some() {
            cx.ask(CreditLedger { tenant: state.tenant_name(), ..CreditLedger::default() });
        }
    }
}

fn grant_form() -> Form {
    let fields = vec![
        Field::line(
            "amount",
            "How many",
            "A whole number from 1 to 1000000; one credit is one answer",
            "",
            amount_check,
        ),
        Field::line("note", "What for", "Stands in the ledger; may be left empty", "", anything),
    ];
    Form::new(FormKind::Grant, "Grant credits", "", fields)
}

/// A whole number of credits that may be granted at once.
fn amount_check(text: &str) -> Result<(), String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a number must stand here".to_owned());
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("only digits: a whole number, without points, commas or signs".to_owned());
    }
    match text.parse::<i64>() {
        Ok(0) => Err("0 grants nothing".to_owned()),
        Ok(amount) if amount <= GRANT_MAX => Ok(()),
        _ => Err(format!("at most {GRANT_MAX} at once")),
    }
}

/// Says in the open grant form what the balance will be.
pub fn recount(state: &mut State) {
    let balance = state.dashboard.credit.as_ref().map(|credit| credit.balance);
    let Some(Overlay::Form(form)) = state.overlays.last_mut() else { return };
    if form.kind != FormKind::Grant || form.stage != Stage::Open {
        return;
    }
    let amount = form.text("amount");
    let granted = amount_check(&amount).ok().and_then(|()| amount.trim().parse().ok()).map(Credits::new);
    let words = match (balance, granted.and_then(|granted| balance?.checked_add(granted))) {
        (Some(balance), Some(then)) => format!("The balance is {balance}; it will be {then}."),
        (Some(balance), None) => format!("The balance is {balance}."),
        (None, _) => "They count at once and until the period ends.".to_owned(),
    };
    form.intro = CleanText::line(&words);
}

fn audited(audit: &CreditAudited) -> Vec<ReaderLine> {
    let fact = |name: &str, value: String| ReaderLine::Fact(CleanText::line(name), CleanText::line(&value));
    let verdict = match audit.drift.count() {
        0 => ReaderLine::Words(CleanText::line("Both counts agree.")),
        drift => ReaderLine::Bad(CleanText::line(&format!(
            "The counts differ by {drift:+}. That is a mistake of MyChatFlow, not of yours: please report it with what \
             `mychatflow credit audit --json` prints."
        ))),
    };
    vec![
        verdict,
        ReaderLine::Gap,
        fact("balance", format!("{}, the sum of the ledger's entries", audit.balance)),
        fact("derived", format!("{}, counted from what was granted and sent", audit.derived)),
        fact("drift", format!("{}, the difference", signed(audit.drift))),
    ]
}

/// An entry with everything that is known of it: that of its answer, too.
fn story(state: &State, entry: &Entry) -> Vec<ReaderLine> {
    let fact = |name: &str, value: String| ReaderLine::Fact(CleanText::line(name), CleanText::line(&value));
    let at = |entry: &Entry| {
        let day = moment::day_line(entry.at, state.now, &state.zone);
        format!("{day}, {}", moment::clock(entry.at, &state.zone))
    };
    let mut lines = vec![
        fact("kind", format!("{}: {}", entry.kind, meaning(entry.kind))),
        fact("amount", signed(entry.amount)),
        fact("when", at(entry)),
    ];
    lines.extend(entry.note.clone().map(|note| fact("note", note)));
    lines.push(fact("entry", entry.id.to_string()));
    let Some(reply) = entry.reply else { return lines };
    lines.push(fact("answer", reply.to_string()));
    lines.push(ReaderLine::Gap);
    lines.push(ReaderLine::Heading(CleanText::line("The credit of that answer")));
    let of_it: Vec<&Entry> = state.credits.rows.items().iter().filter(|other| other.reply == Some(reply)).collect();
    for other in of_it.iter().rev() {
        lines.push(fact(&at(other), format!("{} {}: {}", other.kind, signed(other.amount), meaning(other.kind))));
    }
    let ended = of_it.iter().any(|other| matches!(other.kind, EntryKind::Settle | EntryKind::Release));
    lines.extend((!ended).then(|| ReaderLine::Words(CleanText::line("The answer is still on its way."))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_whole_number() {
        for good in ["1", " 400 ", "1000000", "007"] {
            assert_eq!(amount_check(good), Ok(()), "{good}");
        }
        for bad in ["", " ", "0", "-5", "+5", "1.5", "1,000", "1000001", "99999999999999999999", "ten", "５"] {
            assert!(amount_check(bad).is_err(), "{bad}");
        }
    }
}
