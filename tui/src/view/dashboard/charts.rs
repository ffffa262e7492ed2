//! Messages by hour and by day.

use jiff::civil::Date;
use ratatui::layout::Rect;

use super::{missing, tile};
use crate::moment;
use crate::state::State;
use crate::theme::Role;
use crate::view::paint::{Keys, Paint, Span};
use crate::widgets::spark::Columns;

/// What a chart shows.
struct Chart<'a> {
    title: &'a str,
    /// What one column stands for.
    each: &'a str,
    /// In and out, oldest first.
    counts: Vec<(i64, i64)>,
    labels: Vec<(usize, String)>,
}

/// The last 24 hours.
pub fn hours(state: &State, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let hours = state.dashboard.overview.as_ref().map(|overview| overview.hours.as_slice()).unwrap_or_default();
    let counts = hours.iter().map(|hour| (hour.received, hour.sent)).collect();
    let labels = hours.iter().enumerate().step_by(6);
    let labels = labels.map(|(at, hour)| (at, moment::clock(hour.at, &state.zone))).collect();
    draw(state, &Chart { title: "24 hours", each: "an hour", counts, labels }, area, keys, paint);
}

/// The last 30 days.
pub fn days(state: &State, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let days = state.dashboard.overview.as_ref().map(|overview| overview.days.as_slice()).unwrap_or_default();
    let counts = days.iter().map(|day| (day.received, day.sent)).collect();
    let dates: Vec<Date> = days.iter().map(|day| day.on).collect();
    let labels = day_labels(&dates);
    draw(state, &Chart { title: "30 days", each: "a day", counts, labels }, area, keys, paint);
}

/// Every seventh day by its date, the last one as today.
#[must_use]
pub fn day_labels(dates: &[Date]) -> Vec<(usize, String)> {
    let Some(last) = dates.len().checked_sub(1) else { return Vec::new() };
    let mut labels: Vec<(usize, String)> = (0..dates.len())
        .step_by(7)
        // The last one must have its place.
        .filter(|at| at + 5 < last)
        .map(|at| (at, dates[at].strftime("%-d %b").to_string()))
        .collect();
    labels.push((last, "today".to_owned()));
    labels
}

fn draw(state: &State, chart: &Chart<'_>, area: Rect, keys: Keys, paint: &mut Paint<'_>) {
    let Chart { title, each, counts, labels } = chart;
    let glyphs = paint.glyphs();
    let (received, sent): (i64, i64) = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    let most = counts.iter().map(|(received, sent)| received + sent).max().unwrap_or(0);
    let words = (format!(" {received} in "), format!(" {sent} out"));
    let muted = paint.style(Role::Muted);
    let mut spans: Vec<Span<'_>> = vec![(*title, paint.style(Role::Title))];
    if !counts.is_empty() {
        spans.extend([
            ("  ", muted),
            (glyphs.bars[7], paint.style(Role::Bar)),
            (words.0.as_str(), muted),
            (glyphs.bar_other, paint.style(Role::Info)),
            (words.1.as_str(), muted),
        ]);
    }
    let peak = match most {
        0 => String::new(),
        most if area.width < 60 => format!("most {most}"),
        most => format!("most {most} {each}"),
    };
    let inner = tile(area, &spans, &peak, keys, paint);
    if missing(state, inner, paint) {
        return;
    }
    if most == 0 {
        paint.text(inner, "No messages yet.", muted);
        return;
    }
    let series = |pick: fn(&(i64, i64)) -> i64| -> Vec<u64> {
        counts.iter().map(|count| u64::try_from(pick(count)).unwrap_or(0)).collect()
    };
    let (incoming, outgoing) = (series(|count| count.0), series(|count| count.1));
    let labels: Vec<(usize, &str)> = labels.iter().map(|(at, words)| (*at, words.as_str())).collect();
    // Where the columns get wider by it, the chart takes the air beside it.
    let count = u16::try_from(counts.len()).unwrap_or(1).max(1);
    let wide = Rect { x: inner.x.saturating_sub(1), width: inner.width + 2, ..inner };
    let inner = if wide.width / count > inner.width / count { wide } else { inner };
    Columns { incoming: &incoming, outgoing: &outgoing, labels: &labels }.draw(paint.theme, inner, paint.buf);
}
