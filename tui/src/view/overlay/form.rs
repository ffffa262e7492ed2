//! Fields to be filled in.

use ratatui::layout::Rect;

use super::frame;
use crate::action::Action;
use crate::keymap::Scope;
use crate::layout::overlay::{OverlayLayout, Parts, field_area, field_rows};
use crate::state::State;
use crate::state::form::{Form, Stage, Touched};
use crate::theme::Role;
use crate::view::paint::Paint;

/// Draws it.
pub fn draw(form: &Form, state: &State, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    frame(laid, form.title.as_str(), paint);
    let Parts::Form { intro, fields, foot } = &laid.parts else { return };
    let on = |paint: &Paint<'_>, role| paint.theme.on(Role::Overlay, role);
    paint.wrapped(*intro, form.intro.as_str(), on(paint, Role::Muted));
    for (at, (field, area)) in form.fields.iter().zip(fields).enumerate() {
        if area.height == 0 {
            continue;
        }
        let focused = at == form.focus;
        let label = Rect { y: area.y - 1, height: 1, ..*area };
        let lead = if focused { paint.glyphs().arrow } else { " " };
        let role = if focused { Role::Title } else { Role::Text };
        paint.line(label, &[(lead, on(paint, Role::Accent)), (" ", on(paint, role)), (field.label, on(paint, role))]);
        paint.clear(*area, paint.style(Role::Input));
        let text = field_area(*area);
        for (y, row) in (text.y..text.bottom()).zip(field_rows(&field.input, text).rows) {
            paint.text(Rect { y, height: 1, ..text }, &row, paint.style(Role::Input));
        }
        let note = Rect { x: area.x + 1, y: area.bottom(), width: area.width.saturating_sub(1), height: 1 };
        match field.mistake().filter(|_| field.touched == Touched::Yes) {
            Some(mistake) => paint.line(
                note,
                &[
                    (paint.glyphs().failed, on(paint, Role::Bad)),
                    (" ", on(paint, Role::Bad)),
                    (&mistake, on(paint, Role::Bad)),
                ],
            ),
            None => paint.text(note, field.hint, on(paint, Role::Faint)),
        };
    }
    let hidden = fields.iter().filter(|area| area.height == 0).count();
    let more = match hidden {
        0 => String::new(),
        1 => format!("   {} 1 more field", paint.glyphs().down),
        hidden => format!("   {} {hidden} more fields", paint.glyphs().down),
    };
    let key = |action| state.keymap.key_of(&[Scope::Form], action).unwrap_or_default();
    let (words, role) = match (&form.refusal, &form.stage) {
        (Some(refusal), _) => (format!("{} {}", paint.glyphs().failed, refusal.as_str().replace('\n', " ")), Role::Bad),
        (None, Stage::Sent(_)) => ("asking …".to_owned(), Role::Muted),
        (None, Stage::Writing) => (format!("writing …   {} leaves this; it goes on", key(Action::Close)), Role::Muted),
        (None, Stage::Open) => (
            format!(
                "{} done   {} next field   {} cancel{more}",
                key(Action::Submit),
                key(Action::FocusNext),
                key(Action::Close)
            ),
            Role::Muted,
        ),
    };
    paint.wrapped(*foot, &words, on(paint, role));
}
