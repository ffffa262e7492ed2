//! One of many to be picked.

use mychatflow_data::protocol::span::Span;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::frame;
use crate::layout::overlay::{OverlayLayout, Parts, field_rows};
use crate::state::overlay::{Awaited, Pick, Picker, PickerKind};
use crate::text;
use crate::theme::Role;
use crate::view::paint::{Paint, after, below, first_row};
use crate::view::template;
use crate::widgets::list_rail;

/// Draws it.
pub fn draw(picker: &Picker, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    frame(laid, picker.title.as_str(), paint);
    let Parts::Picker { input, list, first, tall, preview } = laid.parts else { return };
    let on = |paint: &Paint<'_>, role| paint.theme.on(Role::Overlay, role);
    let prompt = Rect { x: laid.inner.x, width: 2, ..input };
    paint.text(prompt, paint.glyphs().prompt, on(paint, Role::Accent));
    if let Some(row) = field_rows(&picker.input, input).rows.first() {
        paint.text(input, row, on(paint, Role::Text));
    }
    paint.rule(Rect { y: input.y + 1, height: 1, ..laid.inner }, on(paint, Role::Border));
    if picker.shown.is_empty() {
        let words = match (&picker.awaited, &picker.failure) {
            (_, Some(reason)) => reason.as_str(),
            (Awaited::Answer(_), None) => "looking …",
            (Awaited::Nothing, None) if picker.input.is_blank() => "",
            (Awaited::Nothing, None) if matches!(picker.kind, PickerKind::Pause(_) | PickerKind::Snooze(_)) => {
                match picker.input.text().trim().parse::<Span>() {
                    Ok(_) => "enter takes this time",
                    Err(_) => "not a length of time: write it like 90m, 2h or 3d",
                }
            }
            (Awaited::Nothing, None) => "Nothing fits these words.",
        };
        let words = text::CleanText::block(words);
        paint.wrapped(list, words.as_str(), on(paint, Role::Muted));
        return;
    }
    let fits = usize::from((list.height / tall).max(1));
    for (place, (at, marks)) in picker.shown.iter().enumerate().skip(first).take(fits) {
        let Some(item) = picker.items.get(*at) else { continue };
        let y = list.y + u16::try_from(place - first).unwrap_or(0) * tall;
        let row = Rect { y, height: 1, ..list };
        let surface = if place == picker.selected { Role::Selected } else { Role::Overlay };
        paint.fill(Rect { height: tall, ..row }, paint.style(surface));
        let style = |paint: &Paint<'_>, role| paint.theme.on(surface, role);
        let key = item.key.clone().unwrap_or_default();
        let mut room = row;
        if !key.is_empty() {
            let used = paint.right(row, &[(&key, style(paint, Role::Key))]);
            room.width = room.width.saturating_sub(used + 2);
        }
        let used = label(item.label.as_str(), marks, room, paint.style(surface), style(paint, Role::Hit), paint);
        if !item.detail.is_empty() {
            let detail = if tall > 1 {
                Rect { y: y + 1, x: row.x + 2, width: row.width - 2, height: 1 }
            } else {
                after(room, used + 2)
            };
            label(item.detail.as_str(), &item.marks, detail, style(paint, Role::Muted), style(paint, Role::Hit), paint);
        }
    }
    in_full(picker, preview, paint);
    if picker.shown.len() > fits {
        let rail = Rect { x: laid.area.right() - 1, width: 1, ..list };
        list_rail::rail(paint.theme, rail, paint.buf, first, fits, picker.shown.len());
    }
}

/// The selected text as the person would get it, and which variables have no value.
fn in_full(picker: &Picker, area: Rect, paint: &mut Paint<'_>) {
    let Some(Pick::QuickReply(_, words, missing)) = picker.current().map(|item| &item.pick) else { return };
    if area.is_empty() {
        return;
    }
    let on = |paint: &Paint<'_>, role| paint.theme.on(Role::Overlay, role);
    paint.rule(first_row(area), on(paint, Role::Border));
    let (plain, place) = (on(paint, Role::Text), on(paint, Role::Warn));
    let mut rest = below(area, 1);
    if !missing.is_empty() {
        let names = text::CleanText::line(&missing.join(", "));
        let last = Rect { y: rest.bottom() - 1, height: 1, ..rest };
        paint.line(last, &[(paint.glyphs().held, place), (" no value for ", place), (names.as_str(), place)]);
        rest.height -= 1;
    }
    template::draw(paint, rest, text::CleanText::block(words).as_str(), plain, place);
}

/// A label with its fitting characters marked. Returns the columns used.
fn label(words: &str, marks: &[u32], area: Rect, plain: Style, hit: Style, paint: &mut Paint<'_>) -> u16 {
    if marks.is_empty() {
        return paint.text(area, words, plain);
    }
    let mut spans: Vec<(String, Style)> = Vec::new();
    for (at, char) in words.chars().enumerate() {
        let style = if u32::try_from(at).is_ok_and(|at| marks.contains(&at)) { hit } else { plain };
        match spans.last_mut() {
            Some((run, last)) if *last == style => run.push(char),
            _ => spans.push((char.to_string(), style)),
        }
    }
    let spans: Vec<(&str, Style)> = spans.iter().map(|(run, style)| (run.as_str(), *style)).collect();
    paint.line(area, &spans)
}
