//! A campaign being made.

use mychatflow_data::protocol::calls::campaign::CampaignPreviewLine;
use ratatui::layout::Rect;

use crate::layout::overlay::{OverlayLayout, Parts, field_area, field_rows};
use crate::layout::wizard::{LEAD, WizardLayout, step_words};
use crate::state::State;
use crate::state::campaigns::{Heard, people, share};
use crate::state::form::{Field, Touched};
use crate::state::wizard::{Choice, Entry, Keeping, Step, Wizard, check, draft};
use crate::text::{CleanText, wrap};
use crate::theme::Role;
use crate::view::paint::{Keys, Paint, Span, after, below, first_row};
use crate::widgets::meter::Meter;
use crate::widgets::{list_rail, skeleton};

/// Draws it.
pub fn draw(wizard: &Wizard, state: &State, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    let Parts::Wizard(parts) = &laid.parts else { return };
    paint.clear(laid.area, paint.theme.ground());
    let name = match wizard.draft {
        Some(id) => state.campaigns.rows.items().iter().find(|campaign| campaign.id == id).map(|it| it.name.clone()),
        None => wizard.word("name"),
    };
    let title = match name {
        Some(name) => CleanText::line(&format!("Campaign: {name}")),
        None => CleanText::line("New campaign"),
    };
    let title: [Span<'_>; 1] = [(title.as_str(), paint.style(Role::Title))];
    paint.pane(laid.inner, &title, Keys::Here);
    for (step, area) in &parts.steps {
        let role = match step {
            step if *step == wizard.step => Role::Title,
            step if *step < wizard.step => Role::Text,
            _ => Role::Faint,
        };
        paint.text(*area, &step_words(*step, wizard.step), paint.style(role));
    }
    for (place, (at, area)) in wizard.shown().into_iter().zip(&parts.fields).enumerate() {
        if area.height > 0 {
            entry(&wizard.entries[at].1, place == wizard.focus, *area, paint);
        }
    }
    match wizard.step {
        Step::Name => {
            let words = "Nothing is sent before you launch it. Whatever you type here can be changed until then.";
            paint.wrapped(below(parts.side, 1), words, paint.style(Role::Muted));
        }
        Step::People => who(wizard, state, parts.side, paint),
        Step::Text | Step::Variants => words(wizard, parts.side, paint),
        Step::Plan => when(wizard, state, parts.side, paint),
        Step::Check => look_over(wizard, state, parts, paint),
    }
    progress(wizard, parts.word, paint);
    let (key, muted) = (paint.style(Role::Key), paint.style(Role::Muted));
    for hint in &parts.keys {
        paint.line(hint.area, &[(&hint.key, key), (" ", muted), (hint.word, muted)]);
    }
}

fn entry(entry: &Entry, focused: bool, area: Rect, paint: &mut Paint<'_>) {
    let lead = if focused { paint.glyphs().arrow } else { " " };
    let role = if focused { Role::Title } else { Role::Text };
    let label = match entry {
        Entry::Field(field) => field.label,
        Entry::Choice(choice) => choice.label,
    };
    let block = matches!(entry, Entry::Field(field) if field.rows > 1);
    let name = if block {
        Rect { y: area.y.saturating_sub(1), height: 1, ..area }
    } else {
        Rect { x: area.x.saturating_sub(LEAD), width: LEAD.saturating_sub(1), height: 1, ..area }
    };
    let (accent, style) = (paint.style(Role::Accent), paint.style(role));
    paint.line(name, &[(lead, accent), (" ", style), (label, style)]);
    match entry {
        Entry::Field(it) => field(it, area, paint),
        Entry::Choice(it) => choice(it, focused, area, paint),
    }
}

fn field(field: &Field, area: Rect, paint: &mut Paint<'_>) {
    paint.clear(area, paint.style(Role::Input));
    let text = field_area(area);
    for (y, row) in (text.y..text.bottom()).zip(field_rows(&field.input, text).rows) {
        paint.text(Rect { y, height: 1, ..text }, &row, paint.style(Role::Input));
    }
    let note = Rect { x: area.x + 1, y: area.bottom(), width: area.width.saturating_sub(1), height: 1 };
    match field.mistake().filter(|_| field.touched == Touched::Yes) {
        Some(mistake) => {
            let bad = paint.style(Role::Bad);
            paint.line(note, &[(paint.glyphs().failed, bad), (" ", bad), (&mistake, bad)]);
        }
        None => {
            paint.text(note, field.hint, paint.style(Role::Faint));
        }
    }
}

fn choice(choice: &Choice, focused: bool, area: Rect, paint: &mut Paint<'_>) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    let words = choice.options.get(choice.at).map_or("", |(_, words)| words.as_str());
    let style = paint.style(if focused { Role::Selected } else { Role::Text });
    let count = format!(" {} of {}", choice.at + 1, choice.options.len());
    paint.line(area, &[("< ", style), (words, style), (" >", style), (&count, paint.style(Role::Faint))]);
    let note = Rect { y: area.bottom(), height: 1, ..area };
    paint.text(note, choice.hint, paint.style(Role::Faint));
}

/// Who would get it.
fn who(wizard: &Wizard, state: &State, area: Rect, paint: &mut Paint<'_>) {
    let (text, muted) = (paint.style(Role::Text), paint.style(Role::Muted));
    let mut area = area;
    let mut put = |paint: &mut Paint<'_>, words: &str, style| {
        let words = CleanText::block(words);
        let used = paint.wrapped(area, words.as_str(), style);
        area = below(area, used);
    };
    if let Some(segment) = wizard.segment() {
        put(paint, &format!("{}: {}", people(segment.people), segment.query), text);
        return;
    }
    match wizard.value("source").as_str() {
        "file" => {
            let shown = wizard.sheet.as_ref().filter(|sheet| Some(&sheet.path) == wizard.word("path").as_ref());
            match shown.filter(|sheet| sheet.text.is_ok()) {
                Some(sheet) => {
                    put(paint, &format!("{} has {} rows", sheet.name(), sheet.rows()), text);
                    put(paint, &format!("columns: {}", sheet.columns().join(", ")), muted);
                }
                None => put(paint, "The file is read on this machine when you go on, and its rows are counted.", muted),
            }
        }
        source => {
            match &wizard.count.heard {
                _ if source == "query" && wizard.word("query").is_none() => {}
                Heard::Waiting => put(paint, "counting …", muted),
                Heard::Refused(reason) => {
                    put(paint, &format!("{} {reason}", paint.glyphs().failed), paint.style(Role::Bad))
                }
                Heard::Here(counted) => {
                    let shown = counted.people.min(100);
                    let words = people(i64::try_from(shown).unwrap_or(i64::MAX));
                    let more = counted.more || counted.people > 100;
                    put(paint, &if more { format!("more than {words}") } else { words }, text);
                }
            }
            put(paint, "Whoever is personal or opted out is left out in any case; the last page says who.", muted);
            if source == "query" {
                put(paint, "", muted);
                put(paint, "tag:vip  last_in:<30d  -opted_out  name:ana  segment:NAME   all of them hold", muted);
                for segment in wizard.segments.iter().take(5) {
                    put(paint, &format!("{}: {} ({})", segment.name, segment.query, people(segment.people)), muted);
                }
            }
        }
    }
    if state.numbers.rows.items().is_empty() && !state.numbers.rows.is_skeleton() {
        put(
            paint,
            "There is no number yet to send from: add one on the screen Numbers first.",
            paint.style(Role::Warn),
        );
    }
}

/// What people would get.
fn words(wizard: &Wizard, area: Rect, paint: &mut Paint<'_>) {
    let muted = paint.style(Role::Muted);
    let mut area = area;
    if wizard.step == Step::Text {
        let known = match wizard.sheet.as_ref().filter(|_| wizard.value("source") == "file") {
            Some(sheet) => sheet.columns(),
            None => ["name", "phone"].map(str::to_owned).to_vec(),
        };
        let known: Vec<String> = known.iter().map(|name| format!("{{{{ {name} }}}}")).collect();
        let more = if wizard.value("source") == "file" { "" } else { " and the columns of your contacts" };
        let line = CleanText::line(&format!("known: {}{more}", known.join(" ")));
        let used = paint.wrapped(Rect { height: area.height.min(2), ..area }, line.as_str(), muted);
        area = below(area, used + u16::from(area.height > 9));
    }
    let blank = match wizard.step {
        Step::Text => wizard.word("text").is_none(),
        _ => wizard.shown().get(wizard.focus).is_none_or(|at| wizard.entries[*at].1.value().trim().is_empty()),
    };
    if blank {
        area = below(area, u16::from(wizard.step == Step::Text && area.height <= 9));
        let words = match wizard.step {
            Step::Text => "Here stands what people will get, once there is a text.",
            _ => {
                "Another text is optional: each person gets one of them by chance, and the page of the campaign compares them."
            }
        };
        paint.wrapped(area, words, muted);
        return;
    }
    let wrong = wizard.shown().get(wizard.focus).is_some_and(|at| wizard.entries[*at].1.mistake().is_some());
    match &wizard.preview.heard {
        Heard::Waiting if wrong => {}
        Heard::Waiting => skeleton::skeleton(paint.theme, Rect { height: area.height.min(4), ..area }, paint.buf),
        Heard::Refused(reason) => {
            let words = CleanText::block(&format!("{} {reason}", paint.glyphs().failed));
            paint.wrapped(area, words.as_str(), paint.style(Role::Bad));
        }
        Heard::Here(page) if page.items.is_empty() => {
            paint.wrapped(area, "Nobody is on this list.", paint.style(Role::Warn));
        }
        Heard::Here(page) => {
            let lines: Vec<&CampaignPreviewLine> = page
                .items
                .iter()
                .filter(|line| wizard.step == Step::Text || line.variant.as_deref().is_none_or(|label| label == "A"))
                .collect();
            if page.left_out > 0 {
                let words = format!("{} of the first {} would be left out", page.left_out, page.looked_at);
                paint.text(first_row(area), &words, paint.style(Role::Warn));
                area = below(area, 1);
            }
            // Each of them gets as much room as the others; what one does not need, the next ones have.
            let count = u16::try_from(lines.len()).unwrap_or(1).max(1);
            let each = (area.height / count).max(3);
            for line in lines {
                if area.height < 2 {
                    break;
                }
                let used = one(line, Rect { height: each.min(area.height), ..area }, paint);
                area = below(area, used);
            }
        }
    }
}

/// What one person would get. Returns the rows used.
fn one(line: &CampaignPreviewLine, area: Rect, paint: &mut Paint<'_>) -> u16 {
    let name = line.name.as_deref().map(CleanText::line).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| CleanText::line("no name"));
    let (phone, muted) = (CleanText::line(&line.phone), paint.style(Role::Muted));
    paint.line(first_row(area), &[(name.as_str(), paint.style(Role::Header)), ("  ", muted), (phone.as_str(), muted)]);
    let room = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..below(area, 1) };
    let (words, role) = match (&line.text, &line.reason) {
        (Some(text), _) => (CleanText::block(text), Role::Text),
        (None, reason) => {
            let reason = reason.as_deref().unwrap_or("for a reason nobody told");
            (CleanText::block(&format!("{} left out: {reason}", paint.glyphs().failed)), Role::Bad)
        }
    };
    let rows = wrap(words.as_str(), usize::from(room.width));
    let cut = rows.len() > usize::from(room.height);
    for (at, (y, row)) in (room.y..room.bottom()).zip(&rows).enumerate() {
        let last = cut && at + 1 == usize::from(room.height);
        let more = format!("{row}{}", paint.glyphs().ellipsis);
        paint.text(Rect { y, height: 1, ..room }, if last { &more } else { row }, paint.style(role));
    }
    1 + room.height.min(u16::try_from(rows.len()).unwrap_or(u16::MAX))
}

/// When it would begin, in both clocks.
fn when(wizard: &Wizard, state: &State, area: Rect, paint: &mut Paint<'_>) {
    let muted = paint.style(Role::Muted);
    let zone = wizard.word("timezone").unwrap_or_default();
    let Some(at) = wizard.word("at") else {
        paint.wrapped(area, "It starts when you launch it.", muted);
        return;
    };
    if let Some((clocks, odd)) = draft::clocks(&at, &zone, state.now) {
        let used = paint.wrapped(area, &clocks, paint.style(Role::Text));
        if let Some(odd) = odd {
            let words = format!("{} {odd}", paint.glyphs().held);
            paint.wrapped(below(area, used), &words, paint.style(Role::Warn));
        }
    }
}

/// What a launch would do.
fn look_over(wizard: &Wizard, state: &State, parts: &WizardLayout, paint: &mut Paint<'_>) {
    let area = parts.side;
    if wizard.preflight == Heard::Waiting {
        skeleton::skeleton(paint.theme, area, paint.buf);
        return;
    }
    let glyphs = paint.glyphs();
    let rows = check::rows(wizard, state, &glyphs, area.width);
    for (y, row) in (area.y..area.bottom()).zip(rows.iter().skip(parts.first)) {
        let line = Rect { y, height: 1, ..area };
        let name = Rect { width: check::LEAD.min(line.width), ..line };
        paint.text(name, row.name, paint.style(Role::Muted));
        paint.text(after(line, check::LEAD), &row.words, paint.style(row.role));
    }
    if parts.total > usize::from(area.height) {
        let rail = Rect { x: area.right() + 1, width: 1, ..area };
        list_rail::rail(paint.theme, rail, paint.buf, parts.first, usize::from(area.height), parts.total);
    }
}

/// Why it was refused, or how far it is on its way.
fn progress(wizard: &Wizard, area: Rect, paint: &mut Paint<'_>) {
    let muted = paint.style(Role::Muted);
    match (&wizard.refusal, &wizard.keeping) {
        (Some(refusal), _) => {
            let words = format!("{} {}", paint.glyphs().failed, refusal.as_str().replace('\n', " "));
            paint.wrapped(area, &words, paint.style(Role::Bad));
        }
        (None, Keeping::Idle) => {}
        (None, Keeping::Reading(_) | Keeping::Opening(_)) => {
            paint.text(area, "reading the file …", muted);
        }
        (None, Keeping::Asked(_)) => {
            paint.text(area, "the draft is on its way …", muted);
        }
        (None, Keeping::Extending { upto, .. }) => {
            let whole = wizard.sheet.as_ref().and_then(|sheet| sheet.text.as_ref().ok()).map_or(0, |text| text.len());
            let number = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
            let ratio = share(number(*upto), number(whole));
            Meter::new(ratio, "of the list is on its way").draw(paint.theme, first_row(area), paint.buf);
        }
        (None, Keeping::Attaching { upto, .. }) => {
            let whole = wizard.attachment.as_ref().map_or(0, |file| file.bytes.len());
            let number = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
            let ratio = share(number(*upto), number(whole));
            Meter::new(ratio, "of the file is on its way").draw(paint.theme, first_row(area), paint.buf);
        }
    }
}
