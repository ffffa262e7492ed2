//! Overlays: reading, picking, asking, filling in.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use mychatflow_data::protocol::calls::search::{ChatSearch, SearchHit};
use mychatflow_data::protocol::calls::why::{Why, WhyDocument};
use mychatflow_data::protocol::page::Page;

use super::{Cx, Handled, campaigns, contacts, export, forms, keys, pairing, palette, triage};
use crate::action::Action;
use crate::key::{Key, KeyCode};
use crate::layout::Hit;
use crate::layout::overlay::Parts;
use crate::moment;
use crate::msg::{Effect, Question, Refusal};
use crate::state::State;
use crate::state::confirm::Deed;
use crate::state::form::{Field, Touched};
use crate::state::input::Taken;
use crate::state::list::{Known, RowKey};
use crate::state::overlay::{Awaited, Overlay, Picker, PickerKind, Reader, ReaderLine};
use crate::text::CleanText;

/// Tries an action on the topmost overlay.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let parts = cx.seen.overlays.last().map(|laid| (laid.parts.clone(), laid.inner.height));
    let Some(top) = state.overlays.last_mut() else { return Handled::No };
    if action == Action::Close && !triage::keeps_open(top) && !matches!(top, Overlay::Import(_) | Overlay::Wizard(_)) {
        state.overlays.pop();
        return Handled::Yes;
    }
    match top {
        Overlay::Reader(reader) => {
            let handled = read(reader, parts.clone(), action, cx);
            further(reader, parts, cx);
            handled
        }
        Overlay::Picker(picker) => match action {
            Action::Submit => {
                let pick = picker.current().map(|item| item.pick.clone());
                palette::picked(state, pick, cx);
                Handled::Yes
            }
            Action::Remove if picker.kind == PickerKind::Segment => contacts::segment_remove(state, cx),
            action => scroll(picker, parts, action),
        },
        Overlay::Form(form) => match action {
            Action::Submit => {
                forms::submit(state, cx);
                Handled::Yes
            }
            Action::FocusNext | Action::FocusBack => {
                let count = form.fields.len().max(1);
                form.fields.get_mut(form.focus).into_iter().for_each(|field| field.touched = Touched::Yes);
                let by = if action == Action::FocusNext { 1 } else { count - 1 };
                form.focus = (form.focus + by) % count;
                Handled::Yes
            }
            // Within a text of several lines the arrows move the cursor, and at its ends to the next field.
            Action::Up | Action::Down => {
                let code = if action == Action::Up { KeyCode::Up } else { KeyCode::Down };
                let stuck = |field: &mut Field| {
                    let before = field.input.cursor().0;
                    field.input.key(Key::new(code));
                    field.input.cursor().0 == before
                };
                if form.fields.get_mut(form.focus).is_none_or(stuck) {
                    let to = if action == Action::Up { Action::FocusBack } else { Action::FocusNext };
                    return act(state, to, cx);
                }
                Handled::Yes
            }
            Action::Newline => {
                form.fields.get_mut(form.focus).into_iter().for_each(|field| field.input.newline());
                Handled::Yes
            }
            _ => Handled::No,
        },
        Overlay::Confirm(_) if action == Action::Confirm => {
            if let Some(Overlay::Confirm(confirm)) = state.overlays.pop() {
                match confirm.into_deed() {
                    Deed::Ask(question) => cx.want(Effect::Ask(question)),
                    Deed::Release => triage::release(state, cx),
                    Deed::People(bulk) => contacts::bulk_begin(state, *bulk, cx),
                    Deed::Export(order) => export::begin(state, *order, cx),
                    Deed::Quit => keys::quit(state, cx),
                    Deed::Forget => state.overlays.retain(|overlay| !matches!(overlay, Overlay::Wizard(_))),
                }
            }
            Handled::Yes
        }
        Overlay::Confirm(_) => Handled::No,
        Overlay::Pairing(_) => pairing::act(state, action, cx),
        Overlay::Triage(_) => triage::act(state, action, cx),
        Overlay::Person(_) => contacts::person_act(state, action, cx),
        Overlay::Import(_) => contacts::import_act(state, action, cx),
        Overlay::Wizard(_) => campaigns::wizard::act(state, action, cx),
    }
}

/// Moves in a text, or copies it.
pub fn read(reader: &mut Reader, parts: Option<(Parts, u16)>, action: Action, cx: &mut Cx<'_>) -> Handled {
    let Some((Parts::Reader { first, total }, height)) = parts else { return Handled::No };
    let page = usize::from(height.saturating_sub(1).max(1));
    let end = total.saturating_sub(usize::from(height));
    reader.scroll = match action {
        Action::Up => first.saturating_sub(1),
        Action::Down => (first + 1).min(end),
        Action::PageUp => first.saturating_sub(page),
        Action::PageDown => (first + page).min(end),
        Action::First => 0,
        Action::Last => end,
        Action::Copy => {
            cx.want(Effect::Copy(reader.copied.clone().unwrap_or_else(|| words(reader))));
            return Handled::Yes;
        }
        _ => return Handled::No,
    };
    Handled::Yes
}

/// Asks for a reader's next page before its end is in sight.
fn further(reader: &mut Reader, parts: Option<(Parts, u16)>, cx: &mut Cx<'_>) {
    let Some((Parts::Reader { total, .. }, height)) = parts else { return };
    if reader.scroll + 2 * usize::from(height) >= total
        && reader.awaited == Awaited::Nothing
        && let Some(question) = reader.more.take()
    {
        reader.awaited = Awaited::Answer(question.clone());
        cx.want(Effect::Ask(question));
    }
}

/// A reader's words, for the clipboard.
fn words(reader: &Reader) -> String {
    let lines: Vec<String> = reader
        .lines
        .iter()
        .map(|line| match line {
            ReaderLine::Heading(text)
            | ReaderLine::Words(text)
            | ReaderLine::Template(text)
            | ReaderLine::Bad(text) => text.to_string(),
            ReaderLine::Key(name, value) | ReaderLine::Fact(name, value) => format!("{name}: {value}"),
            ReaderLine::Gap => String::new(),
        })
        .collect();
    lines.join("\n")
}

fn scroll(picker: &mut Picker, parts: Option<(Parts, u16)>, action: Action) -> Handled {
    let (first, page) = match parts {
        Some((Parts::Picker { first, list, tall, .. }, _)) => (first, usize::from((list.height / tall).max(2) - 1)),
        _ => (0, 1),
    };
    picker.top = first;
    let last = picker.shown.len().saturating_sub(1);
    picker.selected = match action {
        Action::Up => picker.selected.checked_sub(1).unwrap_or(last),
        Action::Down if picker.selected >= last => 0,
        Action::Down => picker.selected + 1,
        Action::PageUp => picker.selected.saturating_sub(page),
        Action::PageDown => (picker.selected + page).min(last),
        _ => return Handled::No,
    };
    if picker.selected == 0 {
        picker.top = 0;
    }
    Handled::Yes
}

/// A key was typed into the topmost overlay.
pub fn typed(state: &mut State, key: Key, cx: &mut Cx<'_>) {
    match state.overlays.last_mut() {
        Some(Overlay::Picker(picker)) => {
            let taken = picker.input.key(key);
            if taken == Taken::Yes {
                palette::changed(state, cx);
            }
        }
        Some(Overlay::Form(form)) => {
            form.refusal = None;
            if let Some(field) = form.fields.get_mut(form.focus)
                && field.input.key(key) == Taken::Yes
                && !field.input.is_empty()
            {
                field.touched = Touched::Yes;
            }
            super::credits::recount(state);
        }
        Some(Overlay::Triage(_)) => triage::typed(state, key),
        Some(Overlay::Wizard(wizard)) => campaigns::wizard::typed(wizard, key, cx),
        _ => {}
    }
}

/// Text was pasted into the topmost overlay.
pub fn pasted(state: &mut State, text: &str, cx: &mut Cx<'_>) {
    match state.overlays.last_mut() {
        Some(Overlay::Picker(picker)) => {
            picker.input.paste(text);
            palette::changed(state, cx);
        }
        Some(Overlay::Form(form)) => {
            form.refusal = None;
            if let Some(field) = form.fields.get_mut(form.focus) {
                field.input.paste(text);
                field.touched = Touched::Yes;
            }
            super::credits::recount(state);
        }
        Some(Overlay::Triage(_)) => triage::pasted(state, text),
        Some(Overlay::Wizard(wizard)) => campaigns::wizard::pasted(wizard, text, cx),
        _ => {}
    }
}

/// Something in the topmost overlay was clicked.
pub fn clicked(state: &mut State, hit: Hit, cx: &mut Cx<'_>) {
    match (state.overlays.last_mut(), hit) {
        (Some(Overlay::Picker(picker)), Hit::OverlayRow(key)) => {
            // Other rows may have come since the click: it means what stood there, or nothing.
            let is_it = |(shown, _): &(usize, Vec<u32>)| RowKey::of(&picker.items[*shown].pick) == key;
            if let Some(at) = picker.shown.iter().position(is_it) {
                picker.selected = at;
                act(state, Action::Submit, cx);
            }
        }
        (Some(Overlay::Form(form)), Hit::Field(at)) => form.focus = at,
        (Some(Overlay::Triage(triage)), Hit::Row(key)) => {
            let known = triage.rows.select_key(key);
            if known == Known::Here {
                act(state, Action::Mark, cx);
            }
        }
        (Some(_), Hit::Do(action)) => keys::perform(state, action, cx),
        (Some(Overlay::Wizard(_)), hit) => campaigns::wizard::clicked(state, hit, cx),
        _ => {}
    }
}

/// Finds what fits the words of a picker: best first, all of it while there are no words.
pub fn fit(picker: &mut Picker) {
    let words = picker.input.text();
    picker.selected = 0;
    picker.top = 0;
    if words.trim().is_empty() || matches!(picker.kind, PickerKind::Search { .. }) {
        picker.shown = (0..picker.items.len()).map(|at| (at, Vec::new())).collect();
        return;
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(words.trim(), CaseMatching::Ignore, Normalization::Smart);
    let mut found: Vec<(u32, usize, Vec<u32>)> = Vec::new();
    for (at, item) in picker.items.iter().enumerate() {
        let (mut chars, mut marks) = (Vec::new(), Vec::new());
        if matches!(picker.kind, PickerKind::QuickReply(_)) {
            // One word may be of the label and the next of the text.
            let whole = format!("{} {}", item.label, item.detail);
            if let Some(score) = pattern.indices(Utf32Str::new(&whole, &mut chars), &mut matcher, &mut marks) {
                let label = u32::try_from(item.label.as_str().chars().count()).unwrap_or(u32::MAX);
                marks.retain(|mark| *mark < label);
                marks.sort_unstable();
                marks.dedup();
                found.push((score, at, marks));
            }
            continue;
        }
        let label = Utf32Str::new(item.label.as_str(), &mut chars);
        if let Some(score) = pattern.indices(label, &mut matcher, &mut marks) {
            marks.sort_unstable();
            marks.dedup();
            found.push((score * 2, at, marks));
            continue;
        }
        let mut chars = Vec::new();
        let detail = Utf32Str::new(item.detail.as_str(), &mut chars);
        if let Some(score) = pattern.score(detail, &mut matcher) {
            found.push((score, at, Vec::new()));
        }
    }
    found.sort_by_key(|(score, at, _)| (std::cmp::Reverse(*score), *at));
    picker.shown = found.into_iter().map(|(_, at, marks)| (at, marks)).collect();
}

/// Asks why something is as it is, and opens a reader for the answer.
pub fn ask_why(state: &mut State, title: &str, id: String, cx: &mut Cx<'_>) {
    let question: Question = Why { tenant: state.tenant_name(), id }.into();
    cx.ask(question.clone());
    state.overlays.push(Overlay::Reader(Reader::waiting(title, question)));
}

/// The reader that waits for this question.
pub fn reader_for(state: &mut State, question: impl Into<Question>) -> Option<&mut Reader> {
    let question = question.into();
    state.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Reader(reader) if matches!(&reader.awaited, Awaited::Answer(awaited) if **awaited == question) => {
            Some(reader)
        }
        _ => None,
    })
}

/// Puts an answer into the reader that waits for it.
pub fn fill(reader: &mut Reader, lines: Result<Vec<ReaderLine>, Refusal>) {
    reader.awaited = Awaited::Nothing;
    reader.lines = match lines {
        Ok(lines) => lines,
        Err(refusal) => vec![ReaderLine::Bad(CleanText::block(&refusal.text))],
    };
}

/// Why something is as it is.
pub fn why(state: &mut State, asked: &Why, reply: Result<WhyDocument, Refusal>) {
    let zone = state.zone.clone();
    let Some(reader) = reader_for(state, asked.clone()) else { return };
    let lines = reply.map(|why| {
        let mut lines = vec![ReaderLine::Heading(CleanText::line(&why.headline)), ReaderLine::Gap];
        for line in why.lines {
            let at = line.at.map(|at| format!("{} ", moment::clock(at, &zone))).unwrap_or_default();
            let detail = line.detail.unwrap_or_default();
            lines.push(ReaderLine::Fact(CleanText::line(&format!("{at}{}", line.what)), CleanText::block(&detail)));
        }
        lines
    });
    fill(reader, lines);
}

/// Messages that were found by their words.
pub fn found(state: &mut State, asked: &ChatSearch, reply: Result<Page<SearchHit>, Refusal>) {
    let (zone, now) = (state.zone.clone(), state.now);
    let question: Question = asked.clone().into();
    let picker = state.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Picker(picker) if matches!(&picker.awaited, Awaited::Answer(awaited) if **awaited == question) => {
            Some(picker)
        }
        _ => None,
    });
    let Some(picker) = picker else { return };
    picker.awaited = Awaited::Nothing;
    match reply {
        Ok(page) => {
            picker.failure = None;
            picker.items = page.items.into_iter().map(|hit| palette::hit_item(hit, now, &zone)).collect();
        }
        Err(refusal) => {
            picker.failure = Some(refusal.text);
            picker.items.clear();
        }
    }
    fit(picker);
}
