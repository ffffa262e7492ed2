//! Where the steps of a campaign being made stand.

use ratatui::layout::Rect;

use super::overlay::{OverlayLayout, Parts, centred, field_area, field_rows, inside};
use super::{Hit, Layout};
use crate::action::Action;
use crate::keymap::Scope;
use crate::state::wizard::check::rows;
use crate::state::wizard::{Entry, Keeping, Step, Wizard};
use crate::state::{Charset, State};
use crate::text;
use crate::theme::Glyphs;

/// The largest area that is used.
const WIDTH_MAX: u16 = 130;
const HEIGHT_MAX: u16 = 46;
/// From this width on the fields stand beside what the daemon says to them.
const BESIDE_FROM: u16 = 92;
/// Columns of the names of fields.
pub const LEAD: u16 = 15;
/// Rows of the further texts.
const VARIANT_ROWS: u16 = 3;
/// The most rows of the first text.
const TEXT_ROWS_MAX: u16 = 14;

/// A key that does something, below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHint {
    /// Where it stands.
    pub area: Rect,
    /// The key.
    pub key: String,
    /// What it does.
    pub word: &'static str,
}

/// Where everything stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WizardLayout {
    /// The steps.
    pub steps: Vec<(Step, Rect)>,
    /// The entries that are shown, without their names; empty where there is no room.
    pub fields: Vec<Rect>,
    /// What the daemon says to them.
    pub side: Rect,
    /// The line for what went wrong, or how far it is.
    pub word: Rect,
    /// The keys.
    pub keys: Vec<KeyHint>,
    /// The first visible row of the last page.
    pub first: usize,
    /// The rows of the last page.
    pub total: usize,
}

/// How many rows of the last page are out of sight.
#[must_use]
pub fn check_rows(seen: &Layout) -> usize {
    match seen.overlays.last().map(|laid| &laid.parts) {
        Some(Parts::Wizard(laid)) => laid.total.saturating_sub(usize::from(laid.side.height)),
        _ => 0,
    }
}

/// A step as it stands in the line above: in brackets when it is on.
#[must_use]
pub fn step_words(step: Step, on: Step) -> String {
    let at = Step::ALL.iter().position(|other| *other == step).unwrap_or(0) + 1;
    if step == on { format!("[{at} {}]", step.title()) } else { format!(" {at} {} ", step.title()) }
}

fn tall(entry: &Entry, block: u16) -> u16 {
    match entry {
        Entry::Field(field) if field.rows > 1 => block + 2,
        Entry::Field(_) | Entry::Choice(_) => 2,
    }
}

/// What can be done, by its keys.
fn hints(wizard: &Wizard) -> (&'static [Scope], Vec<(Action, &'static str)>) {
    if wizard.step == Step::Check {
        let hints = vec![
            (Action::CampaignLaunch, "launch"),
            (Action::CampaignTest, "test to myself"),
            (Action::CampaignKeep, "keep as draft"),
            (Action::CampaignPreview, "preview"),
            (Action::Close, if wizard.first == Step::Check { "close" } else { "back" }),
        ];
        return (&[Scope::Check], hints);
    }
    let mut hints = vec![(Action::Submit, if wizard.step == Step::Plan { "keep and look over" } else { "next" })];
    if wizard.shown().len() > 1 {
        hints.push((Action::FocusNext, "next field"));
    }
    hints.push((Action::Close, if wizard.step == wizard.first { "leave" } else { "back" }));
    if matches!(wizard.step, Step::Text | Step::Variants) {
        hints.extend([(Action::CampaignPreview, "preview in full"), (Action::Newline, "new line")]);
    }
    (&[Scope::Wizard], hints)
}

/// Lays it over the whole screen.
pub fn lay(wizard: &Wizard, state: &State, laid: &mut Layout) -> OverlayLayout {
    let area = centred(laid.area, WIDTH_MAX, HEIGHT_MAX);
    let inner = inside(area);
    laid.hits.push((laid.area, Hit::Overlay));
    let mut steps = Vec::new();
    let mut x = inner.x;
    for (at, step) in Step::ALL.into_iter().enumerate().filter(|(_, step)| *step >= wizard.first) {
        let width = u16::try_from(text::width(&step_words(step, wizard.step))).unwrap_or(0);
        let rect = Rect { x, width: width.min(inner.right().saturating_sub(x)), height: inner.height.min(1), ..inner };
        x = (x + width).min(inner.right());
        laid.hits.push((rect, Hit::Tab(at)));
        steps.push((step, rect));
    }
    let last = |back: u16| Rect { y: inner.bottom().saturating_sub(back), height: inner.height.min(1), ..inner };
    let (word_rows, keys_row) = (if inner.height > 14 { 2 } else { 1 }, last(1));
    let word = Rect { height: word_rows, ..last(1 + word_rows) };
    let keys = keys(wizard, state, keys_row, laid);
    let top = inner.y + 2;
    let body = Rect { y: top, height: word.y.saturating_sub(top), ..inner };
    let (fields_area, side) = split(wizard, body);
    let fields = fields(wizard, fields_area, laid);
    let glyphs = if state.charset == Charset::Unicode { Glyphs::unicode() } else { Glyphs::ascii() };
    let total = if wizard.step == Step::Check { rows(wizard, state, &glyphs, side.width).len() } else { 0 };
    let first = wizard.scroll.min(total.saturating_sub(usize::from(side.height)));
    let parts = Parts::Wizard(WizardLayout { steps, fields, side, word, keys, first, total });
    OverlayLayout { area: laid.area, inner: area, parts }
}

fn keys(wizard: &Wizard, state: &State, row: Rect, laid: &mut Layout) -> Vec<KeyHint> {
    let (scopes, hints) = hints(wizard);
    let mut x = row.x;
    let mut keys = Vec::new();
    for (action, word) in hints {
        let Some(key) = state.keymap.key_of(scopes, action) else { continue };
        let width = u16::try_from(text::width(&key) + 1 + word.len()).unwrap_or(0);
        if x + width > row.right() {
            break;
        }
        let area = Rect { x, width, ..row };
        x += width + 3;
        laid.hits.push((area, Hit::Do(action)));
        keys.push(KeyHint { area, key, word });
    }
    keys
}

/// The part for the fields, and the part for what the daemon says to them.
fn split(wizard: &Wizard, body: Rect) -> (Rect, Rect) {
    if wizard.step == Step::Check {
        return (Rect { height: 0, ..body }, body);
    }
    if body.width >= BESIDE_FROM && wizard.step != Step::Name {
        let left = body.width * 11 / 20;
        let side = Rect { x: body.x + left + 3, width: body.width - left - 3, ..body };
        return (Rect { width: left, ..body }, side);
    }
    let needed: u16 = match wizard.step {
        Step::Text => body.height / 2,
        step => {
            wizard.shown().iter().map(|at| tall(&wizard.entries[*at].1, VARIANT_ROWS)).sum::<u16>().min(match step {
                Step::Variants => body.height.saturating_sub(6),
                _ => body.height.saturating_sub(3),
            })
        }
    };
    let height = needed.max(2).min(body.height);
    let side = Rect { y: body.y + height, height: body.height - height, ..body };
    (Rect { height, ..body }, side)
}

fn fields(wizard: &Wizard, area: Rect, laid: &mut Layout) -> Vec<Rect> {
    let shown = wizard.shown();
    let block = match wizard.step {
        // The file below it has two rows.
        Step::Text => area.height.saturating_sub(4).clamp(1, TEXT_ROWS_MAX),
        _ => VARIANT_ROWS,
    };
    let heights: Vec<u16> = shown.iter().map(|at| tall(&wizard.entries[*at].1, block)).collect();
    let focus = wizard.focus.min(shown.len().saturating_sub(1));
    // Where not all of them fit, the first ones make room until the one in focus is there.
    let mut from = 0;
    while from < focus && heights[from..=focus].iter().sum::<u16>() > area.height {
        from += 1;
    }
    let mut y = area.y;
    let mut fields = vec![Rect::default(); shown.len()];
    for (place, at) in shown.iter().enumerate().skip(from) {
        let height = heights[place];
        if y + height > area.bottom() && place != focus {
            break;
        }
        let entry = &wizard.entries[*at].1;
        let field = if height > 2 {
            Rect { y: y + 1, height: height - 2, ..area }
        } else {
            let lead = LEAD.min(area.width / 2);
            Rect { x: area.x + lead, y, width: area.width - lead, height: area.height.min(1) }
        };
        let field = field.intersection(area);
        laid.hits.push((Rect { y, height, ..area }.intersection(area), Hit::Field(place)));
        if let (true, Entry::Field(words), true) = (place == focus, entry, wizard.keeping == Keeping::Idle) {
            let inner = field_area(field);
            laid.cursor = field_rows(&words.input, inner).cursor.map(|(x, y)| (inner.x + x, inner.y + y).into());
        }
        fields[place] = field;
        y += height;
    }
    fields
}
