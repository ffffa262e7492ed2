//! Credits: the balance, what was used by day, the ledger.

use mychatflow_data::credits::Credits;
use mychatflow_data::model::ledger::{Entry, EntryKind};
use mychatflow_data::protocol::calls::credit::CreditSummary;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::dashboard::day_labels;
use super::paint::{Keys, Paint, below, first_row};
use super::table::{self, Empty, RowArea, columns};
use crate::layout::{Layout, Panes};
use crate::moment;
use crate::state::State;
use crate::state::credits::{meaning, signed};
use crate::text::{self, CleanText};
use crate::theme::Role;
use crate::widgets::meter::Meter;
use crate::widgets::skeleton;
use crate::widgets::spark::{Peak, Spark};

/// Columns of the ledger: when, kind, amount, and what it means.
const COLUMNS: [u16; 4] = [12, 8, 8, 0];

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Panes::Credits(laid) = &layout.panes else { return };
    let title = |paint: &Paint<'_>, words: &'static str| [(words, paint.style(Role::Title))];
    let titled = title(paint, "balance");
    let inner = pad(paint.pane(laid.balance, &titled, Keys::Elsewhere));
    balance(state, inner, paint);
    if let Some(area) = laid.chart {
        chart(state, area, paint);
    }
    let titled = title(paint, "ledger");
    let header = paint.style(Role::Header);
    let when = text::pad_right("when", usize::from(COLUMNS[0]) + 1);
    let kind = text::pad_right("kind", usize::from(COLUMNS[1]) + 1);
    let amount = text::pad_left("amount", usize::from(COLUMNS[2]));
    let head = [(when.as_str(), header), (kind.as_str(), header), (amount.as_str(), header), ("  what", header)];
    let empty =
        Empty { title: "No entry yet", remedy: "The first grant, and every answer of the assistant, will stand here." };
    table::draw(paint, &state.credits.rows, &laid.table, &titled, Keys::Here, &head, empty, |paint, entry, row| {
        draw_entry(state, paint, entry, row);
    });
    if let (Some(area), Some(entry)) = (laid.table.detail, state.credits.rows.selected()) {
        detail(state, entry, area, paint);
    } else if let Some(area) = laid.table.detail {
        paint.pane(area, &[], Keys::Elsewhere);
    }
}

fn pad(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

fn draw_entry(state: &State, paint: &mut Paint<'_>, entry: &Entry, row: &RowArea) {
    let [when, kind, amount, what] = columns(row.line(0), COLUMNS);
    paint.text(when, &at(state, entry), row.style(paint, Role::Muted));
    paint.text(kind, entry.kind.word(), row.style(paint, Role::Text));
    let role = match entry.amount.count() {
        1.. => Role::Good,
        0 => Role::Muted,
        _ => Role::Warn,
    };
    paint.right(amount, &[(&signed(entry.amount), row.style(paint, role))]);
    let words = CleanText::line(entry.note.as_deref().unwrap_or(meaning(entry.kind)));
    let what = Rect { x: what.x + 1, width: what.width.saturating_sub(1), ..what };
    paint.text(what, words.as_str(), row.style(paint, Role::Muted));
}

/// `14:30` today, `Mon 14:30`, `16 Nov 14:30`.
fn at(state: &State, entry: &Entry) -> String {
    let (stamp, clock) = (moment::stamp(entry.at, state.now, &state.zone), moment::clock(entry.at, &state.zone));
    if stamp == clock || stamp.len() > 6 { stamp } else { format!("{stamp} {clock}") }
}

fn detail(state: &State, entry: &Entry, area: Rect, paint: &mut Paint<'_>) {
    let title = [(entry.kind.word(), paint.style(Role::Title))];
    let inner = pad(paint.pane(area, &title, Keys::Elsewhere));
    let mut facts = vec![
        ("amount", signed(entry.amount), Role::Text),
        (
            "when",
            format!("{}, {}", moment::day_line(entry.at, state.now, &state.zone), moment::clock(entry.at, &state.zone)),
            Role::Text,
        ),
        ("what", meaning(entry.kind).to_owned(), Role::Text),
    ];
    facts.extend(entry.note.as_ref().map(|note| ("note", CleanText::block(note).into_string(), Role::Text)));
    if let Some(reply) = entry.reply {
        let others = state.credits.rows.items().iter().filter(|other| other.reply == Some(reply));
        let ended = others.clone().find(|other| matches!(other.kind, EntryKind::Settle | EntryKind::Release));
        let end = match ended.map(|other| other.kind) {
            Some(EntryKind::Settle) => "sent: it cost its credit",
            Some(_) => "not sent: its credit came back",
            None => "still on its way",
        };
        facts.push(("it was", end.to_owned(), Role::Text));
    }
    table::facts(paint, inner, &facts);
}

/// The credits used by day, today marked.
fn chart(state: &State, area: Rect, paint: &mut Paint<'_>) {
    let days = state.dashboard.overview.as_ref().map(|overview| overview.days.as_slice()).unwrap_or_default();
    let values: Vec<u64> = days.iter().map(|day| u64::try_from(day.credits.count()).unwrap_or(0)).collect();
    let (total, today) = (values.iter().sum::<u64>(), values.last().copied().unwrap_or(0));
    let mut title = vec![("30 days", paint.style(Role::Title))];
    let muted = paint.style(Role::Muted);
    let words = format!("  {total} used, {today} today");
    if !days.is_empty() {
        title.push((&words, muted));
    }
    let inner = pad(paint.pane(area, &title, Keys::Elsewhere));
    if state.dashboard.overview.is_none() {
        match &state.dashboard.reading {
            crate::state::list::Reading::Failed(reason) => {
                let words = CleanText::line(&format!("This could not be read: {reason}"));
                paint.wrapped(inner, words.as_str(), paint.style(Role::Bad));
            }
            _ => skeleton::skeleton(paint.theme, inner, paint.buf),
        }
        return;
    }
    if total == 0 {
        paint.text(inner, "No credit was used yet.", muted);
        return;
    }
    let dates: Vec<jiff::civil::Date> = days.iter().map(|day| day.on).collect();
    let labels = day_labels(&dates);
    let labels: Vec<(usize, &str)> = labels.iter().map(|(at, words)| (*at, words.as_str())).collect();
    Spark { values: &values, peak: Peak::Marked, labels: &labels }.draw(paint.theme, inner, paint.buf);
    // The columns of the last day, over the label that says the same in a word.
    let each = (inner.width / u16::try_from(days.len()).unwrap_or(1).max(1)).max(1);
    let used = if usize::from(inner.width) < days.len() { inner.width } else { each * days.len() as u16 };
    let column =
        Rect { x: inner.x + used.saturating_sub(each), width: each, height: inner.height.saturating_sub(1), ..inner };
    paint.fill(column, Style { bg: None, ..paint.style(Role::Warn) });
}

/// The balance in words and as a meter; the dashboard shows the same.
pub fn balance(state: &State, area: Rect, paint: &mut Paint<'_>) {
    let Some(credit) = &state.dashboard.credit else {
        match &state.dashboard.credit_refusal {
            Some(reason) => {
                let words = CleanText::line(&format!("This could not be read: {reason}"));
                paint.wrapped(area, words.as_str(), paint.style(Role::Bad));
            }
            None => skeleton::skeleton(paint.theme, area, paint.buf),
        }
        return;
    };
    let (balance, granted) = (credit.balance.count(), credit.granted.count());
    let role = if balance <= 0 {
        Role::Bad
    } else if balance.saturating_mul(5) <= granted {
        Role::Warn
    } else {
        Role::Bar
    };
    let ratio = if granted > 0 { balance as f64 / granted as f64 } else { 0.0 };
    let label = format!("{balance} of {granted} left");
    Meter { ratio, label: &label, role }.draw(paint.theme, first_row(area), paint.buf);
    let (words, role) = forecast(state, credit);
    let first_day = moment::stamp(credit.period_start, state.now, &state.zone);
    let last_day = moment::stamp(credit.period_end, state.now, &state.zone);
    let plan = CleanText::line(&credit.plan);
    let days = format!("{} until {last_day}", days_left(state, credit));
    let short = match credit.reserved {
        Credits::ZERO => format!("{} used since {first_day}", credit.used),
        reserved => format!("{} used since {first_day}, {reserved} reserved", credit.used),
    };
    let rest = below(area, 1);
    let room = usize::from(rest.width);
    let joined = [format!("{short}; {days}; plan {plan}"), format!("{short}; {days}"), short.clone()];
    let joined = joined.iter().find(|words| text::width(words) <= room).unwrap_or(&joined[2]).clone();
    let lines = match rest.height {
        // With few rows the forecast comes first: it is what one acts on.
        0..=2 => vec![(words, role), (joined, Role::Muted)],
        _ if text::width(&words) * 2 < room => vec![(words, role), (joined, Role::Muted)],
        _ => vec![(words, role), (short, Role::Muted), (days, Role::Muted), (format!("plan {plan}"), Role::Muted)],
    };
    let shown = lines.iter().filter(|(words, _)| !words.is_empty());
    for (y, (words, role)) in (rest.y..rest.bottom()).zip(shown) {
        paint.text(Rect { y, height: 1, ..rest }, words, paint.style(*role));
    }
}

fn days_left(state: &State, credit: &CreditSummary) -> String {
    match credit.period_end.since(state.now).as_secs() / 86_400 {
        0 => "less than a day left".to_owned(),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    }
}

/// How long the balance lasts, in words.
fn forecast(state: &State, credit: &CreditSummary) -> (String, Role) {
    if credit.granted == Credits::ZERO && credit.used == Credits::ZERO {
        return ("No credits yet: the assistant is silent until some are granted.".to_owned(), Role::Bad);
    }
    if credit.balance.count() <= 0 {
        return ("Empty: the assistant writes no more answers.".to_owned(), Role::Bad);
    }
    let Some(overview) = &state.dashboard.overview else { return (String::new(), Role::Muted) };
    let rate = format!("{:.1} a day", overview.forecast.per_day);
    let day = |at| moment::stamp(at, state.now, &state.zone);
    match overview.forecast.empty_at {
        _ if overview.forecast.per_day <= 0.0 => ("Not used in the last 7 days.".to_owned(), Role::Muted),
        Some(at) if at >= credit.period_end => (format!("Lasts until {} at {rate}.", day(at)), Role::Text),
        Some(at) if at.since(state.now).as_secs() < 86_400 => {
            (format!("Empty at {} at {rate}.", moment::clock(at, &state.zone)), Role::Bad)
        }
        Some(at) => (format!("Empty on {} at {rate}.", day(at)), Role::Warn),
        None => (format!("Lasts past {}, the end of the period, at {rate}.", day(credit.period_end)), Role::Text),
    }
}
