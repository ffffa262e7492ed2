//! What stands in each tile.

use mychatflow_data::model::instance::{Verdict, condition, is_on_its_way};
use mychatflow_data::protocol::calls::campaign::CampaignDocument;
use mychatflow_data::protocol::calls::instance::InstanceDocument;
use mychatflow_data::protocol::calls::overview::Overview;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{counted, flow, missing, tile};
use crate::action::Action;
use crate::layout::dashboard::DashboardLayout;
use crate::moment;
use crate::state::State;
use crate::state::dashboard::Tile;
use crate::state::list::{Row, Rows};
use crate::text::{self, CleanText};
use crate::theme::Role;
use crate::view::credits;
use crate::view::paint::{Keys, Paint, Span, below, first_row};
use crate::widgets::meter::Meter;
use crate::widgets::skeleton;
use crate::widgets::spark::{Peak, Spark};

/// Chats that need somebody, the longest waiting first.
pub fn needs_you(state: &State, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let chats = &state.dashboard.waiting;
    let count = state.dashboard.overview.as_ref().map_or(chats.items().len() as i64, |all| all.chats.needs_you);
    let number = if count > 0 { format!(" {count}") } else { String::new() };
    let title = [("needs you", paint.style(Role::Title)), (number.as_str(), paint.style(Role::Warn))];
    let inner = tile(area, &title, "longest waiting first", keys, paint);
    if unread(chats, inner, paint) {
        return;
    }
    if chats.items().is_empty() {
        let good = (paint.glyphs().sent, paint.style(Role::Good));
        paint.line(inner, &[good, (" Nobody waits for you.", paint.style(Role::Text))]);
        let answering = state.dashboard.overview.as_ref().map_or(0, |all| all.chats.assistant);
        if answering > 0 && inner.height > 1 {
            let words = match answering {
                1 => "The assistant answers 1 customer.".to_owned(),
                many => format!("The assistant answers {many} customers."),
            };
            wrapped(paint, below(inner, 1), &words, paint.style(Role::Muted));
        }
        return;
    }
    let count = chats.items().len() as u16;
    let (muted, warn) = (paint.style(Role::Muted), paint.style(Role::Warn));
    let mut y = 0;
    for (at, chat) in (0_u16..).zip(chats.items()) {
        // Those that have waited longest get the rows that are left over.
        let each = (inner.height / count + u16::from(at < inner.height % count)).clamp(1, 3);
        let rows = below(inner, y);
        y += each;
        if rows.height == 0 {
            break;
        }
        let name = chat.name.clone().or_else(|| chat.phone.as_ref().map(ToString::to_string));
        let name = CleanText::line(&name.unwrap_or_else(|| "nobody by name".to_owned()));
        let waits = chat.waiting_since.or(chat.last_at).map(|at| moment::ago(at, state.now)).unwrap_or_default();
        let reason = CleanText::line(chat.reason.as_deref().unwrap_or_default());
        let used = paint.right(first_row(rows), &[(&waits, warn)]);
        let left = Rect { width: rows.width.saturating_sub(used + 1), ..first_row(rows) };
        let (text, name) = (paint.style(Role::Text), name.as_str());
        if each == 1 && !reason.is_empty() && usize::from(left.width) > text::width(name) + 12 {
            paint.line(left, &[(name, text), ("  ", muted), (reason.as_str(), muted)]);
        } else {
            paint.text(left, name, text);
        }
        if each > 1 {
            let preview = CleanText::line(chat.preview.as_deref().unwrap_or_default());
            let words = [reason.as_str(), preview.as_str()].join(if reason.is_empty() { "" } else { ": " });
            let area = Rect { height: (each - 1).min(rows.height.saturating_sub(1)), ..below(rows, 1) };
            wrapped(paint, Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area }, &words, muted);
        }
    }
}

/// Words over the rows of an area; the last row is cut with a mark where there are more.
fn wrapped(paint: &mut Paint<'_>, area: Rect, words: &str, style: Style) -> u16 {
    let rows = text::wrap(words, usize::from(area.width.max(2)));
    let fits = usize::from(area.height);
    for (at, row) in rows.iter().take(fits).enumerate() {
        let line = Rect { y: area.y + at as u16, height: 1, ..area };
        if at + 1 == fits && rows.len() > fits {
            paint.text(line, &format!("{row} {}", rows[at + 1]), style);
        } else {
            paint.text(line, row, style);
        }
    }
    rows.len().min(fits) as u16
}

/// What stands in a tile whose own list is not here. Returns whether it drew.
fn unread<T: Row>(rows: &Rows<T>, inner: Rect, paint: &mut Paint<'_>) -> bool {
    if rows.is_skeleton() {
        skeleton::skeleton(paint.theme, inner, paint.buf);
        return true;
    }
    let Some(reason) = rows.failure().filter(|_| rows.items().is_empty()) else { return false };
    let words = CleanText::line(&format!("{} could not be read: {reason}", paint.glyphs().failed));
    wrapped(paint, inner, words.as_str(), paint.style(Role::Bad));
    true
}

/// The day's messages, who wrote ours, and how long people waited.
pub fn today(state: &State, laid: &DashboardLayout, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let (text, muted) = (paint.style(Role::Text), paint.style(Role::Muted));
    let today = state.dashboard.overview.as_ref().map(|overview| overview.today);
    let counts = today.map(|today| format!("  {} received, {} sent", today.received, today.sent)).unwrap_or_default();
    let inner = tile(area, &[("today", paint.style(Role::Title)), (&counts, text)], "", keys, paint);
    if missing(state, inner, paint) {
        return;
    }
    let (Some(overview), Some(today)) = (&state.dashboard.overview, today) else { return };
    let mut rest = inner;
    let used = |rows: u16, rest: &mut Rect| *rest = below(*rest, rows);
    let glyphs = paint.glyphs();
    let authors = [
        ("assistant", today.by_assistant, glyphs.bars[7], Role::Bar),
        ("human", today.by_human, glyphs.bar_other, Role::Info),
        ("phone", today.by_phone, glyphs.meter_empty, Role::Muted),
        ("campaign", today.by_campaign, glyphs.bars[4], Role::Warn),
    ];
    let total: i64 = authors.iter().map(|(_, count, _, _)| count).sum();
    if total > 0 {
        bar(paint, first_row(rest), &authors.map(|(_, count, glyph, role)| (count, glyph, role)));
        used(1, &mut rest);
        let counts = authors.map(|(name, count, _, _)| format!(" {name} {count}"));
        let legend = authors.iter().zip(&counts).filter(|((_, count, _, _), _)| *count > 0);
        let legend: Vec<Vec<Span<'_>>> = legend
            .map(|((_, _, glyph, role), words)| vec![(*glyph, paint.style(*role)), (words.as_str(), text)])
            .collect();
        used(flow(paint, rest, &legend), &mut rest);
    } else {
        paint.text(rest, "We have not written yet today.", muted);
        used(1, &mut rest);
    }
    let first = overview.first_response;
    let words = match (first.p50_s, first.p90_s) {
        (Some(half), Some(most)) => {
            format!("Half were answered within {}, nine of ten within {}.", seconds(half), seconds(most))
        }
        _ => "No chat was answered in 24 hours.".to_owned(),
    };
    used(wrapped(paint, Rect { height: rest.height.min(2), ..rest }, &words, muted), &mut rest);
    if !laid.shows(Tile::Hours) && rest.height > 0 {
        spark(paint, rest, overview);
    }
}

/// The last 24 hours on what is left of the tile.
fn spark(paint: &mut Paint<'_>, area: Rect, overview: &Overview) {
    let values: Vec<u64> = overview.hours.iter().map(|hour| (hour.received + hour.sent).max(0) as u64).collect();
    if values.iter().all(|value| *value == 0) {
        return;
    }
    let lead = "24 h ";
    paint.text(Rect { y: area.bottom() - 1, height: 1, ..area }, lead, paint.style(Role::Faint));
    let area = Rect { x: area.x + 5, width: area.width.saturating_sub(5), ..area };
    Spark { values: &values, peak: Peak::Hidden, labels: &[] }.draw(paint.theme, area, paint.buf);
}

/// Parts of a whole beside each other; what is not nothing is seen.
fn bar(paint: &mut Paint<'_>, area: Rect, parts: &[(i64, &'static str, Role)]) {
    let total: i64 = parts.iter().map(|(count, _, _)| (*count).max(0)).sum();
    let mut x = area.x;
    let mut sum = 0;
    for (count, glyph, role) in parts.iter().filter(|(count, _, _)| *count > 0) {
        sum += count;
        let end = i64::from(area.width) * sum / total.max(1);
        let end = (area.x + u16::try_from(end).unwrap_or(0)).max(x + 1).min(area.right());
        for at in x..end {
            if let Some(cell) = paint.buf.cell_mut((at, area.y)) {
                cell.set_symbol(glyph).set_style(paint.theme.style(*role));
            }
        }
        x = end;
    }
}

/// A time of waiting: `8 s`, `1.6 min`, `2.5 h`.
fn seconds(count: f64) -> String {
    match count {
        count if count < 60.0 => format!("{count:.0} s"),
        count if count < 3600.0 => format!("{:.1} min", count / 60.0),
        count => format!("{:.1} h", count / 3600.0),
    }
}

/// The balance and how long it lasts.
pub fn credits(state: &State, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let inner = tile(area, &[("credits", paint.style(Role::Title))], "", keys, paint);
    credits::balance(state, inner, paint);
}

/// Our numbers, the worst first.
pub fn numbers(state: &State, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let rows = &state.numbers.rows;
    let well = |number: &InstanceDocument| matches!(number.verdict, Verdict::Healthy | Verdict::Quiet);
    let good = rows.items().iter().filter(|number| well(number)).count();
    let all = rows.items().len();
    let count = if all > 0 { format!("{good} of {all} well") } else { String::new() };
    let inner = tile(area, &[("numbers", paint.style(Role::Title))], &count, keys, paint);
    if unread(rows, inner, paint) {
        return;
    }
    let (text, muted) = (paint.style(Role::Text), paint.style(Role::Muted));
    if rows.items().is_empty() {
        let open = state.keymap.key_of(&state.scopes(), Action::Numbers).unwrap_or_default();
        let words = format!("No number yet. {open} opens Numbers: add one there and pair it.");
        wrapped(paint, inner, &words, text);
        return;
    }
    let mut sorted: Vec<&InstanceDocument> = rows.items().iter().collect();
    sorted.sort_by_key(|number| (well(number), number.verdict == Verdict::Quiet));
    let fits = usize::from(inner.height);
    let whole = sorted.len() <= fits;
    let shown = if whole { sorted.len() } else { fits.saturating_sub(1) };
    let mut y = inner.y;
    for (at, number) in sorted.iter().take(shown).enumerate() {
        let row = Rect { y, height: 1, ..inner };
        let (glyph, role) = match is_on_its_way(number.status.as_ref()) {
            true => (paint.glyphs().dot_empty, Role::Warn),
            false => verdict(paint, number.verdict),
        };
        let name = CleanText::line(&number.name);
        let word = condition(number.status.as_ref(), number.verdict);
        let since = format!("{word} {}", moment::ago(number.since, state.now));
        let used = paint.right(row, &[(&since, paint.style(role))]);
        let left = Rect { width: row.width.saturating_sub(used + 1), ..row };
        paint.line(left, &[(glyph, paint.style(role)), (" ", text), (name.as_str(), text)]);
        y += 1;
        let others = shown - at - 1;
        if let Some(reason) = number.reason.as_deref().filter(|_| usize::from(inner.bottom() - y) > others) {
            let reason = CleanText::line(reason);
            paint.text(
                Rect { x: inner.x + 2, y, width: inner.width.saturating_sub(2), height: 1 },
                reason.as_str(),
                muted,
            );
            y += 1;
        }
    }
    if !whole && y < inner.bottom() {
        let words = format!("and {} more", sorted.len() - shown);
        paint.text(Rect { x: inner.x + 2, y, width: inner.width.saturating_sub(2), height: 1 }, &words, muted);
    }
}

fn verdict(paint: &Paint<'_>, verdict: Verdict) -> (&'static str, Role) {
    let glyphs = paint.glyphs();
    match verdict {
        Verdict::Healthy => (glyphs.dot, Role::Good),
        Verdict::Quiet => (glyphs.dot, Role::Muted),
        Verdict::Suspect => (glyphs.unknown, Role::Warn),
        Verdict::Restricted => (glyphs.held, Role::Bad),
        Verdict::Dead => (glyphs.failed, Role::Bad),
    }
}

/// Chats by state, and what waits in them for a word.
pub fn chats(state: &State, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let inner = tile(area, &[("chats", paint.style(Role::Title))], "", keys, paint);
    if missing(state, inner, paint) {
        return;
    }
    let Some(overview) = &state.dashboard.overview else { return };
    let chats = overview.chats;
    let held = format!("{} {} held", paint.glyphs().held, overview.held);
    let counts = [
        (overview.held, held),
        (overview.drafts, counted(overview.drafts, "draft", "drafts")),
        (chats.unread, format!("{} unread", chats.unread)),
    ];
    let states =
        [(chats.assistant, "assistant"), (chats.waiting, "waiting"), (chats.snoozed, "snoozed"), (chats.done, "done")];
    let states = states.map(|(count, name)| (count, format!("{count} {name}")));
    let (warn, muted) = (paint.style(Role::Warn), paint.style(Role::Muted));
    let pieces = |counts: &'_ [(i64, String)], style: Style| -> Vec<Vec<(String, Style)>> {
        counts.iter().filter(|(count, _)| *count > 0).map(|(_, words)| vec![(words.clone(), style)]).collect()
    };
    let mut rest = inner;
    let mut nothing = true;
    for pieces in [pieces(&counts, warn), pieces(&states, muted)] {
        if pieces.is_empty() {
            continue;
        }
        nothing = false;
        let spans: Vec<Vec<Span<'_>>> =
            pieces.iter().map(|piece| piece.iter().map(|(words, style)| (words.as_str(), *style)).collect()).collect();
        rest = below(rest, flow(paint, rest, &spans));
    }
    if nothing {
        paint.text(inner, "No chat yet.", muted);
    }
}

/// Campaigns that run.
pub fn campaigns(state: &State, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let rows = &state.dashboard.campaigns;
    let count = if rows.items().is_empty() { String::new() } else { format!("{} running", rows.items().len()) };
    let inner = tile(area, &[("campaigns", paint.style(Role::Title))], &count, keys, paint);
    if unread(rows, inner, paint) {
        return;
    }
    let (text, muted) = (paint.style(Role::Text), paint.style(Role::Muted));
    if rows.items().is_empty() {
        paint.text(inner, "None is running.", muted);
        return;
    }
    let each = (inner.height / rows.items().len().max(1) as u16).clamp(1, 4);
    let fits = usize::from(inner.height / each).max(1);
    for (at, campaign) in (0_u16..).zip(rows.items().iter().take(fits)) {
        let mut lines = below(inner, at * each);
        lines.height = lines.height.min(each);
        let name = CleanText::line(&campaign.name);
        let more = rows.items().len().saturating_sub(fits);
        let tail = if usize::from(at) + 1 == fits && more > 0 { format!("  +{more} more") } else { String::new() };
        let (done, until) = (through(campaign), until(state, campaign));
        let reachable = crate::state::campaigns::reachable(campaign);
        let right = format!("{done}/{reachable}{until}{tail}");
        let used = paint.right(first_row(lines), &[(&right, muted)]);
        let left = Rect { width: lines.width.saturating_sub(used + 1), ..first_row(lines) };
        paint.text(left, name.as_str(), text);
        let mut lines = below(lines, 1);
        if lines.height > 0 && reachable > 0 {
            let ratio = done as f64 / reachable as f64;
            Meter::new(ratio, "").draw(paint.theme, first_row(lines), paint.buf);
            lines = below(lines, 1);
        }
        if let Some(reason) = &campaign.reason {
            let words = CleanText::line(reason);
            wrapped(paint, lines, words.as_str(), muted);
        }
    }
}

fn through(campaign: &CampaignDocument) -> i64 {
    campaign.counts.gone_out()
}

fn until(state: &State, campaign: &CampaignDocument) -> String {
    campaign.eta.map(|eta| format!(" until {}", moment::stamp(eta, state.now, &state.zone))).unwrap_or_default()
}

/// What went wrong lately, and what waits in the queue for a person.
pub fn trouble(state: &State, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let inner = tile(area, &[("trouble", paint.style(Role::Title))], "", keys, paint);
    if missing(state, inner, paint) {
        return;
    }
    let Some(overview) = &state.dashboard.overview else { return };
    let glyphs = paint.glyphs();
    let (bad, warn) = (paint.style(Role::Bad), paint.style(Role::Warn));
    let (text, muted) = (paint.style(Role::Text), paint.style(Role::Muted));
    let dead = counted(overview.dead_letters, "dead letter", "dead letters");
    let unknown = counted(
        overview.unknown,
        "message that may or may not have been sent",
        "messages that may or may not have been sent",
    );
    let mut pieces: Vec<Vec<Span<'_>>> = Vec::new();
    if overview.dead_letters > 0 {
        pieces.push(vec![(glyphs.failed, bad), (" ", bad), (&dead, bad)]);
    }
    if overview.unknown > 0 {
        pieces.push(vec![(glyphs.unknown, warn), (" ", warn), (&unknown, warn)]);
    }
    let used = if pieces.is_empty() { 0 } else { flow(paint, inner, &pieces) };
    let rest = below(inner, used);
    if overview.errors.is_empty() {
        if used == 0 {
            paint.line(rest, &[(glyphs.sent, paint.style(Role::Good)), (" Nothing went wrong lately.", text)]);
        } else {
            paint.text(rest, "No other error lately.", muted);
        }
        return;
    }
    for (y, error) in (rest.y..rest.bottom()).zip(&overview.errors) {
        let row = Rect { y, height: 1, ..rest };
        let at = text::pad_right(&moment::stamp(error.at, state.now, &state.zone), 6);
        let words = CleanText::line(&error.text);
        paint.line(row, &[(&at, muted), (" ", muted), (words.as_str(), text)]);
    }
}
