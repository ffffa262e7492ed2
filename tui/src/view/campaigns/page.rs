//! One campaign in full: drawn as tall as it is, and shown as far as there is room.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignSeriesDocument};

use super::{sign, variants};
use crate::layout::campaigns::{Block, PageLayout, Placed, has_begun, head_lines, page};
use crate::moment;
use crate::state::State;
use crate::state::campaigns::{Heard, counted, funnel, percent, plan, progress, progress_short, ratio, share};
use crate::text::{self, CleanText};
use crate::theme::Role;
use crate::view::aside as beside;
use crate::view::paint::{Keys, Paint, Span, after, below, first_row};
use crate::view::table;
use crate::widgets::list_rail;
use crate::widgets::skeleton;
use crate::widgets::spark::Columns;
use crate::widgets::stack::{self, Part};

/// From this width on there is room for words beside the signs of the bar.
const WORDS_FROM: u16 = 64;

/// The most columns of a point of the chart, and the least columns of all of it, so that a label fits.
const COLUMN_MAX: u16 = 4;
const LABELS: u16 = 8;

/// Draws it over the whole screen.
pub fn draw(state: &State, campaign: &CampaignDocument, laid: &PageLayout, paint: &mut Paint<'_>) {
    let name = CleanText::line(&campaign.name);
    let title: [Span<'_>; 1] = [(name.as_str(), paint.style(Role::Title))];
    paint.pane(laid.pane, &title, Keys::Here);
    blocks(state, campaign, &laid.blocks, laid.total, laid.first, laid.inner, paint);
    if laid.total > usize::from(laid.inner.height) {
        let rail = Rect { x: laid.pane.right() - 1, width: 1, ..laid.inner };
        list_rail::rail(paint.theme, rail, paint.buf, laid.first, usize::from(laid.inner.height), laid.total);
    }
}

/// Draws it beside the list, as far as there is room.
pub fn aside(state: &State, campaign: &CampaignDocument, area: Rect, paint: &mut Paint<'_>) {
    let inner = beside::pane(paint, area, CleanText::line(&campaign.name).as_str());
    let (parts, total) = page(state, campaign, inner.width);
    blocks(state, campaign, &parts, usize::from(total), 0, inner, paint);
}

/// Draws the parts on a sheet of their own, and copies what is in sight.
fn blocks(
    state: &State,
    campaign: &CampaignDocument,
    parts: &[Placed],
    total: usize,
    first: usize,
    area: Rect,
    paint: &mut Paint<'_>,
) {
    let height = u16::try_from(total).unwrap_or(u16::MAX);
    let mut sheet = Buffer::empty(Rect::new(0, 0, area.width, height));
    let mut brush = Paint { buf: &mut sheet, theme: paint.theme };
    let whole = brush.buf.area;
    brush.clear(whole, paint.theme.ground());
    for placed in parts {
        block(state, campaign, placed, &mut brush);
    }
    let first = u16::try_from(first).unwrap_or(u16::MAX);
    let area = area.intersection(paint.buf.area);
    for y in 0..area.height.min(height.saturating_sub(first)) {
        for x in 0..area.width {
            let (from, to) = (Position::new(x, first + y), Position::new(area.x + x, area.y + y));
            paint.buf[to] = sheet[from].clone();
        }
    }
}

fn block(state: &State, campaign: &CampaignDocument, placed: &Placed, paint: &mut Paint<'_>) {
    let area = placed.area;
    match placed.block {
        Block::Head => head(state, campaign, area, paint),
        Block::Funnel => steps(campaign, area, paint),
        Block::Counts => counts(campaign, area, paint),
        Block::Chart => chart(state, campaign, area, paint),
        Block::Variants => variants::draw(campaign, area, paint),
        Block::Plan => {
            title("Plan", area, paint);
            table::facts(paint, below(area, 1), &plan(campaign, state));
        }
        Block::Text => {
            title("Text", area, paint);
            let words = CleanText::block(&campaign.text);
            let cut = text::wrap(words.as_str(), usize::from(area.width)).len() > usize::from(area.height) - 1;
            paint.wrapped(below(area, 1), words.as_str(), paint.style(Role::Text));
            if cut {
                let last = Rect { y: area.bottom() - 1, height: 1, ..area };
                paint.clear(last, paint.theme.ground());
                paint.text(last, &format!("{} and more", paint.glyphs().ellipsis), paint.style(Role::Faint));
            }
        }
    }
}

fn title(words: &str, area: Rect, paint: &mut Paint<'_>) {
    paint.text(first_row(area), words, paint.style(Role::Title));
}

/// The state, the bar and what its signs mean, and what is to be said next.
fn head(state: &State, campaign: &CampaignDocument, area: Rect, paint: &mut Paint<'_>) {
    let (glyph, role) = sign(campaign.state, &paint.glyphs());
    let style = paint.style(role);
    let narrow = area.width < WORDS_FROM;
    let words = if narrow { progress_short(campaign) } else { progress(campaign) };
    paint.line(
        first_row(area),
        &[
            (glyph, style),
            (" ", style),
            (campaign.state.word(), style),
            ("   ", style),
            (&words, paint.style(Role::Text)),
        ],
    );
    let mut used = 1;
    if has_begun(campaign) {
        let bar = first_row(below(area, 1));
        let percent = format!("{:>4}%", whole_percent(ratio(campaign)));
        let line = Rect { width: bar.width.saturating_sub(5), ..bar };
        let parts = parts(campaign, paint);
        stack::stack(&parts.map(|(_, part)| part), paint.theme, line, paint.buf);
        paint.right(bar, &[(&percent, paint.style(Role::Text))]);
        let mut key = first_row(below(area, 2));
        for (word, part) in parts.into_iter().filter(|(_, part)| part.count > 0) {
            let words = if narrow { format!(" {}  ", part.count) } else { format!(" {word} {}  ", part.count) };
            let used = paint.line(key, &[(part.glyph, paint.style(part.role)), (&words, paint.style(Role::Muted))]);
            key = after(key, used);
        }
        used = 3;
    }
    for (at, line) in head_lines(state, campaign).iter().enumerate() {
        let why = at > 0 || campaign.eta.is_none() && campaign.reason.is_some();
        let role = if why { Role::Warn } else { Role::Muted };
        used += paint.wrapped(below(area, used), line, paint.style(role));
    }
}

/// Whole percent; 0 is nothing at all, and 100 is all of it.
fn whole_percent(ratio: f64) -> u8 {
    match (ratio * 100.0).round() as u8 {
        0 if ratio > 0.0 => 1,
        100 if ratio < 1.0 => 99,
        percent => percent,
    }
}

/// What the bar is made of. Each part has a texture of its own.
fn parts(campaign: &CampaignDocument, paint: &Paint<'_>) -> [(&'static str, Part); 5] {
    let (glyphs, counts) = (paint.glyphs(), &campaign.counts);
    let part = |count, glyph, role| Part { count, glyph, role };
    [
        ("sent", part(counts.gone_out(), glyphs.bars[7], Role::Bar)),
        ("on the way", part(counts.sending, glyphs.bar_other, Role::Info)),
        ("to go", part(counts.left(), glyphs.meter_empty, Role::BarEmpty)),
        ("left out", part(counts.skipped + counts.opted_out, glyphs.dot_empty, Role::Warn)),
        ("in trouble", part(counts.failed + counts.unknown, glyphs.failed, Role::Bad)),
    ]
}

/// How far the message got, each step as a share of those to whom it went out.
fn steps(campaign: &CampaignDocument, area: Rect, paint: &mut Paint<'_>) {
    const NAME: u16 = 10;
    const COUNT: u16 = 8;
    const PERCENT: u16 = 5;
    title("How far it got", area, paint);
    let steps = funnel(&campaign.counts);
    let all = steps[0].1;
    for (row, (name, count)) in (1..).zip(steps) {
        let line = first_row(below(area, row));
        paint.text(Rect { width: NAME.min(line.width), ..line }, name, paint.style(Role::Muted));
        let words = percent(count, all);
        let percent = Rect { x: line.right().saturating_sub(PERCENT), width: PERCENT.min(line.width), ..line };
        paint.right(percent, &[(&words, paint.style(Role::Text))]);
        let number = Rect { x: percent.x.saturating_sub(COUNT), width: COUNT, ..line };
        paint.right(number, &[(&count.to_string(), paint.style(Role::Text))]);
        let bar = Rect { x: line.x + NAME, width: number.x.saturating_sub(line.x + NAME), ..line };
        if bar.width >= 4 {
            // Its own percentage stands beside the count: so narrow a meter draws none.
            bar_of(share(count, all), bar, paint);
        }
    }
}

/// A bar without words.
fn bar_of(ratio: f64, bar: Rect, paint: &mut Paint<'_>) {
    let glyphs = paint.glyphs();
    let wide = (ratio.clamp(0.0, 1.0) * f64::from(bar.width) * 8.0).round() as u32;
    let wide = if ratio > 0.0 { wide.max(1) } else { 0 };
    for (at, x) in (0_u32..).zip(bar.x..bar.right()) {
        let (glyph, role) = match wide.saturating_sub(at * 8).min(8) as usize {
            0 => (glyphs.meter_empty, Role::BarEmpty),
            eighths => (glyphs.meter[eighths - 1], Role::Bar),
        };
        paint.text(Rect { x, width: 1, ..bar }, glyph, paint.style(role));
    }
}

/// How many people are in each state, in two columns where there is room.
fn counts(campaign: &CampaignDocument, area: Rect, paint: &mut Paint<'_>) {
    title("People", area, paint);
    let area = below(area, 1);
    let columns: u16 = if area.width >= 34 { 2 } else { 1 };
    let wide = area.width / columns;
    let all = counted(&campaign.counts);
    let tall = all.len().div_ceil(usize::from(columns));
    for (at, (name, count)) in all.iter().enumerate() {
        let (column, line) = (at / tall, at % tall);
        let row = first_row(below(area, u16::try_from(line).unwrap_or(u16::MAX)));
        let cell = after(row, u16::try_from(column).unwrap_or(0) * wide);
        let cell = Rect { width: cell.width.min(wide - 2).min(24), ..cell };
        let role = match (*count, *name) {
            (0, _) => Role::Faint,
            (_, "failed" | "unknown") => Role::Bad,
            (_, "skipped" | "opted out") => Role::Warn,
            _ => Role::Text,
        };
        paint.text(cell, name, paint.style(if *count == 0 { Role::Faint } else { Role::Muted }));
        paint.right(cell, &[(&count.to_string(), paint.style(role))]);
    }
}

/// Sent and replied over time.
fn chart(state: &State, campaign: &CampaignDocument, area: Rect, paint: &mut Paint<'_>) {
    let (muted, room) = (paint.style(Role::Muted), below(area, 1));
    let series = match state.campaigns.heard(campaign.id) {
        Some(Heard::Here(series)) => series,
        Some(Heard::Refused(reason)) => {
            title("Over time", area, paint);
            let words = format!("could not be read: {}", CleanText::line(reason));
            paint.wrapped(room, &words, muted);
            return;
        }
        Some(Heard::Waiting) | None => {
            title("Over time", area, paint);
            skeleton::skeleton(paint.theme, Rect { height: room.height.min(3), ..room }, paint.buf);
            return;
        }
    };
    let most = series.points.iter().map(|point| point.sent + point.replied).max().unwrap_or(0);
    let Some(from) = series.from.filter(|_| most > 0) else {
        title("Over time", area, paint);
        paint.text(room, "Nothing was sent yet.", muted);
        return;
    };
    let glyphs = paint.glyphs();
    let each = span(series.step_s);
    let words = format!("most {most} in {each}");
    let head = first_row(area);
    let used = paint.right(head, &[(&words, muted)]);
    paint.line(
        Rect { width: head.width.saturating_sub(used + 1), ..head },
        &[
            ("Over time", paint.style(Role::Title)),
            ("  ", muted),
            (glyphs.bars[7], paint.style(Role::Bar)),
            (" sent ", muted),
            (glyphs.bar_other, paint.style(Role::Info)),
            (" replied", muted),
        ],
    );
    let values = |pick: fn(&mychatflow_data::protocol::calls::campaign::SeriesPoint) -> i64| -> Vec<u64> {
        series.points.iter().map(|point| u64::try_from(pick(point)).unwrap_or(0)).collect()
    };
    let (sent, replied) = (values(|point| point.sent), values(|point| point.replied));
    let labels = labels(series, from, state);
    let labels: Vec<(usize, &str)> = labels.iter().map(|(at, words)| (*at, words.as_str())).collect();
    // A few points do not become walls.
    let wide = u16::try_from(series.points.len()).unwrap_or(u16::MAX).saturating_mul(COLUMN_MAX).max(LABELS);
    let room = Rect { width: room.width.min(wide), ..room };
    Columns { incoming: &sent, outgoing: &replied, labels: &labels }.draw(paint.theme, room, paint.buf);
}

/// Four times along the chart, with the day where it is long.
fn labels(
    series: &CampaignSeriesDocument,
    from: mychatflow_data::time::Timestamp,
    state: &State,
) -> Vec<(usize, String)> {
    let count = series.points.len();
    let long = series.step_s.saturating_mul(count as u64) >= 86_400;
    let label = |at: usize| {
        let then = from + std::time::Duration::from_secs(series.step_s.saturating_mul(at as u64));
        let words = if long { moment::stamp(then, state.now, &state.zone) } else { moment::clock(then, &state.zone) };
        (at, words)
    };
    let mut labels: Vec<(usize, String)> = (0..count).step_by(count.div_ceil(4).max(1)).map(label).collect();
    labels.dedup_by(|next, last| next.1 == last.1);
    labels
}

/// A length of time in its largest unit: `5 min`, `2 h`.
fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}
