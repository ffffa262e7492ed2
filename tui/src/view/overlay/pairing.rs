//! A number being paired: the code, and the words about it in the order in which they matter.

use mychatflow_data::protocol::calls::instance::QrCode;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::action::Action;
use crate::keymap::Scope;
use crate::layout::overlay::{OverlayLayout, Parts};
use crate::layout::pairing::offered;
use crate::moment;
use crate::state::overlay::Overlay;
use crate::state::pairing::{Pairing, PhoneCode, Progress, Scan};
use crate::state::{Charset, Connection, Guide, State};
use crate::text::{CleanText, wrap};
use crate::theme::Role;
use crate::view::paint::{Keys, Paint, Span, after, below, first_row};
use crate::widgets::meter::Meter;
use crate::widgets::qr::{QrWidget, Rung, size_in_cells};
use crate::widgets::skeleton;

/// Fewer rows than this hold one line of everything.
const ROWS_LEAST: u16 = 4;
/// Columns of a step's number.
const STEP: u16 = 3;
/// From so many seconds on somebody has to hurry.
const HURRY_S: u64 = 5;

/// A line of the words.
enum Line {
    /// Words, wrapped.
    Words(String, Role),
    /// A step's number, and what to do.
    Step(&'static str, String),
    /// A key, and what it does.
    Key(String, String),
    /// How much of a code's time is left, from 0 to 1.
    Bar(f64, Role),
    /// A code to be typed, in a frame.
    Big(String),
    /// Nothing.
    Gap,
}

/// Draws it.
pub fn draw(pairing: &Pairing, state: &State, laid: &OverlayLayout, paint: &mut Paint<'_>) {
    let Parts::Pairing { code, words, rung } = laid.parts else { return };
    paint.clear(laid.area, paint.theme.ground());
    match (&pairing.progress, pairing.picture()) {
        (Progress::Starting, _) => skeleton::skeleton(paint.theme, code, paint.buf),
        (_, Some(picture)) => (&QrWidget { picture, rung, tone: pairing.tone }).render(code, paint.buf),
        _ => {}
    }
    let lines = lines(pairing, state, laid.area, rung, paint);
    if words.height < ROWS_LEAST {
        short(pairing, state, words, paint);
    } else {
        put(&lines, words, paint);
    }
}

/// Everything on one line, for a code that takes all the room.
fn short(pairing: &Pairing, state: &State, area: Rect, paint: &mut Paint<'_>) {
    let (text, muted, key) = (paint.style(Role::Text), paint.style(Role::Muted), paint.style(Role::Key));
    let told = match &pairing.progress {
        Progress::Scan(scan) => count(&scan.code, scan, state, paint),
        _ => format!("starting {}", paint.glyphs().ellipsis),
    };
    let name = CleanText::line(&pairing.name);
    let (other, phone) = (key_of(state, Action::QrRung), key_of(state, Action::PairByPhone));
    let close = key_of(state, Action::Close);
    let spans: [Span<'_>; 9] = [
        (&told, text),
        ("  ", muted),
        (&other, key),
        (" another way  ", muted),
        (&phone, key),
        (" by phone  ", muted),
        (&close, key),
        (" close  ", muted),
        (name.as_str(), muted),
    ];
    paint.line(first_row(area), &spans);
}

fn key_of(state: &State, action: Action) -> String {
    state.keymap.key_of(&[Scope::Pairing], action).unwrap_or_default()
}

/// `code 2 of 6 · 18 s`
fn count(code: &QrCode, scan: &Scan, state: &State, paint: &Paint<'_>) -> String {
    let left = scan.left(state.now).as_secs();
    let dot = paint.glyphs().separator;
    if left == 0 {
        return format!("code {} of {} {dot} the next one comes", code.attempt, code.attempts_max);
    }
    format!("code {} of {} {dot} {left} s", code.attempt, code.attempts_max)
}

/// The words, most needed first.
fn lines(pairing: &Pairing, state: &State, area: Rect, rung: Rung, paint: &Paint<'_>) -> Vec<Line> {
    let name = CleanText::line(&pairing.name).into_string();
    let title = match &pairing.progress {
        Progress::Paired(_) => name,
        _ => format!("Pair {name}"),
    };
    let mut lines = vec![Line::Words(title, Role::Title), Line::Gap];
    if let Connection::Lost { since, .. } = &state.connection {
        let words = format!(
            "{} no daemon since {}: codes are not renewed until it is back",
            paint.glyphs().failed,
            moment::clock(*since, &state.zone)
        );
        lines.extend([Line::Words(words, Role::Bad), Line::Gap]);
    }
    match &pairing.progress {
        Progress::Starting => {
            lines.extend(steps(paint, "Point it at the code"));
            lines.extend([Line::Gap, Line::Words(format!("starting {}", paint.glyphs().ellipsis), Role::Muted)]);
            lines.extend([
                Line::Gap,
                key(state, Action::PairByPhone, "a code to type into the phone instead"),
                key(state, Action::Close, "close"),
            ]);
        }
        Progress::Scan(scan) => scanned(scan, state, area, rung, paint, &mut lines),
        Progress::UsedUp => {
            let words = format!("The six codes are used up: press {} for a new cycle.", key_of(state, Action::Pair));
            lines.extend([Line::Words(words, Role::Warn), Line::Gap]);
            lines.extend(keys(state, "a new cycle of codes"));
        }
        Progress::Type(code) => to_type(code, state, paint, &mut lines),
        Progress::Paired(me) => {
            let phone = me.as_ref().and_then(|me| me.id.phone()).map(|phone| format!(" with {phone}"));
            let account = me.as_ref().and_then(|me| me.name.as_deref()).map(|name| format!(" ({name})"));
            let words = format!("Paired{}{}", phone.unwrap_or_default(), account.unwrap_or_default());
            let words = format!("{} {}", paint.glyphs().sent, CleanText::line(&words));
            lines.extend([Line::Words(words, Role::Good), Line::Gap]);
            known(state, &mut lines);
        }
        Progress::Failed(reason) => {
            let why = reason.as_ref().map(|reason| format!(": {}", CleanText::line(reason))).unwrap_or_default();
            lines.push(Line::Words(format!("{} Pairing failed{why}", paint.glyphs().failed), Role::Bad));
            lines.push(Line::Gap);
            lines.extend(keys(state, "try again from the start"));
        }
        Progress::Passkey => {
            let words = "WhatsApp asks for the account's passkey. Unlock the phone, open WhatsApp and confirm with \
                         fingerprint, face or screen lock. If nothing asks there, finish the pairing on WAHA's \
                         dashboard.";
            lines.extend([Line::Words(words.to_owned(), Role::Warn), Line::Gap]);
            lines.extend([key(state, Action::Pair, "restart the session"), key(state, Action::Close, "close")]);
        }
        Progress::PasskeyConfirmation => {
            let words = "WhatsApp asks whether it is you. Open WhatsApp on the phone and say yes there. If nothing \
                         asks there, finish the pairing on WAHA's dashboard.";
            lines.extend([Line::Words(words.to_owned(), Role::Warn), Line::Gap]);
            lines.extend([key(state, Action::Pair, "restart the session"), key(state, Action::Close, "close")]);
        }
        Progress::Other(status) => {
            let words = format!("WAHA calls the session {}. Wait a moment, or restart it.", status.word());
            lines.extend([Line::Words(CleanText::line(&words).into_string(), Role::Warn), Line::Gap]);
            lines.extend([key(state, Action::Pair, "restart the session"), key(state, Action::Close, "close")]);
        }
        Progress::Refused(reason) => {
            let words = format!("{} {}", paint.glyphs().failed, CleanText::line(reason));
            lines.extend([Line::Words(words, Role::Bad), Line::Gap]);
            lines.extend(keys(state, "try again"));
        }
    }
    lines
}

fn way(paint: &Paint<'_>) -> String {
    let arrow = paint.glyphs().prompt;
    format!("Settings {arrow} Linked devices {arrow} Link a device")
}

fn steps(paint: &Paint<'_>, last: &str) -> [Line; 3] {
    [
        Line::Step("1", "Open WhatsApp on the phone".to_owned()),
        Line::Step("2", way(paint)),
        Line::Step("3", last.to_owned()),
    ]
}

fn key(state: &State, action: Action, words: &str) -> Line {
    Line::Key(key_of(state, action), words.to_owned())
}

/// What helps after something went wrong.
fn keys(state: &State, again: &str) -> [Line; 3] {
    [
        key(state, Action::Pair, again),
        key(state, Action::PairByPhone, "a code to type into the phone instead"),
        key(state, Action::Close, "close"),
    ]
}

fn scanned(scan: &Scan, state: &State, area: Rect, rung: Rung, paint: &Paint<'_>, lines: &mut Vec<Line>) {
    let left = scan.left(state.now);
    let role = if left.as_secs() <= HURRY_S { Role::Warn } else { Role::Text };
    let part = left.as_secs_f64() / scan.life().as_secs_f64().max(1.0);
    let counts = [Line::Words(count(&scan.code, scan, state, paint), role), Line::Bar(part, role), Line::Gap];
    let by_phone = key(state, Action::PairByPhone, "a code to type into the phone instead");
    let save = key(state, Action::QrSave, "save it as a picture (PNG)");
    let rest = [key(state, Action::Pair, "begin a new cycle"), key(state, Action::Close, "close")];
    if let Some(words) = no_room(scan, state, area) {
        let name = paired_name(state);
        let elsewhere = format!("Or in another terminal: mychatflow instance qr \"{name}\" --png code.png");
        lines.extend([Line::Words(words, Role::Warn), Line::Gap, by_phone, save]);
        lines.extend(rest);
        lines.extend([Line::Gap, Line::Words(elsewhere, Role::Muted), Line::Gap]);
        lines.extend(counts);
        return;
    }
    if rung == Rung::Words {
        lines.extend([Line::Words("The code is hidden.".to_owned(), Role::Muted), Line::Gap]);
    } else {
        lines.extend(steps(paint, "Point it at this code"));
        lines.push(Line::Gap);
    }
    lines.extend(counts);
    if state.guide != Guide::Off {
        lines.push(key(state, Action::PlayPhone, "let the made-up phone scan it"));
    }
    let words = match rung {
        Rung::Sextants => "unreadable? draw it another way",
        Rung::Words => "draw it again",
        Rung::HalfBlocks | Rung::Pixels => "draw it another way",
    };
    lines.extend([key(state, Action::QrRung, words), by_phone, save]);
    if rung != Rung::Words {
        lines.push(key(state, Action::QrInvert, "swap black and white"));
    }
    lines.extend(rest);
}

/// Why no code can be drawn, where none can.
fn no_room(scan: &Scan, state: &State, area: Rect) -> Option<String> {
    let Some(picture) = &scan.picture else {
        return Some("This code is too long to be drawn.".to_owned());
    };
    let modules = picture.modules();
    if offered(modules, area, state).len() > 1 {
        return None;
    }
    if state.charset == Charset::Ascii {
        return Some("This terminal has no UTF-8, so there is nothing to draw the code with. Instead:".to_owned());
    }
    let (columns, rows) = size_in_cells(modules, Rung::Sextants);
    let (wide, tall) = size_in_cells(modules, Rung::HalfBlocks);
    Some(format!(
        "No room for the code: it needs {wide}x{}, or {columns}x{} in fine print; this is {}x{}. Make the window \
         larger or its letters smaller, or:",
        tall + 1,
        rows + 1,
        area.width,
        area.height
    ))
}

fn to_type(code: &PhoneCode, state: &State, paint: &Paint<'_>, lines: &mut Vec<Line>) {
    lines.extend([
        Line::Step("1", format!("Open WhatsApp on {}", code.phone)),
        Line::Step("2", way(paint)),
        Line::Step("3", "Link with phone number instead".to_owned()),
        Line::Step("4", "Type this code:".to_owned()),
        Line::Gap,
        Line::Big(code.code.chars().flat_map(|char| [char, ' ']).collect::<String>().trim_end().to_owned()),
        Line::Gap,
        key(state, Action::Copy, "copy it"),
        key(state, Action::PairByPhone, "another code"),
        key(state, Action::Pair, "a code to scan instead"),
        key(state, Action::Close, "close"),
    ]);
}

/// People known from before, who wait for a word of the owner.
fn known(state: &State, lines: &mut Vec<Line>) {
    let count = state.dashboard.overview.as_ref().map_or(0, |overview| overview.unreviewed);
    if count == 0 {
        lines.push(key(state, Action::Submit, "close"));
        return;
    }
    let who = if count == 1 { "1 person is".to_owned() } else { format!("{count} people are") };
    let words = format!("{who} known from before. The assistant is silent with them until you say who is personal.");
    lines.extend([
        Line::Words(words, Role::Text),
        Line::Gap,
        key(state, Action::Submit, "go through them now"),
        key(state, Action::Close, "later"),
    ]);
}

/// Puts the words into an area. Where they are too many, the gaps go first, then what matters least.
fn put(lines: &[Line], area: Rect, paint: &mut Paint<'_>) {
    let wide = usize::from(area.width.max(2));
    let keys = lines.iter().map(|line| if let Line::Key(key, _) = line { crate::text::width(key) } else { 0 }).max();
    let keys = u16::try_from(keys.unwrap_or(0)).unwrap_or(0) + 2;
    let led = |words: &str, lead: u16| wrap(words, wide.saturating_sub(usize::from(lead)).max(2)).len();
    let tall = |line: &Line| match line {
        Line::Words(words, _) => wrap(words, wide).len(),
        Line::Step(_, words) => led(words, STEP),
        Line::Key(_, words) => led(words, keys),
        Line::Bar(..) | Line::Gap => 1,
        Line::Big(_) => 5,
    };
    let crowded = lines.iter().map(tall).sum::<usize>() > usize::from(area.height);
    let mut left = area;
    for line in lines {
        let rows = u16::try_from(tall(line)).unwrap_or(u16::MAX);
        match line {
            Line::Gap if crowded => continue,
            _ if rows > left.height => continue,
            Line::Gap => {}
            Line::Words(words, role) => {
                paint.wrapped(left, words, paint.style(*role));
            }
            Line::Step(number, words) => {
                paint.text(first_row(left), number, paint.style(Role::Accent));
                paint.wrapped(after(left, STEP), words, paint.style(Role::Text));
            }
            Line::Key(key, words) => {
                paint.text(first_row(left), key, paint.style(Role::Key));
                paint.wrapped(after(left, keys), words, paint.style(Role::Text));
            }
            Line::Bar(part, role) => {
                let role = if *role == Role::Text { Role::Bar } else { *role };
                let bar = Rect { width: left.width.min(30), ..first_row(left) };
                Meter { role, ..Meter::new(*part, "") }.draw(paint.theme, bar, paint.buf);
            }
            Line::Big(code) => big(code, Rect { height: 5, ..left }, paint),
        }
        left = below(left, rows);
    }
}

/// A code in a frame.
fn big(code: &str, area: Rect, paint: &mut Paint<'_>) {
    let width = u16::try_from(crate::text::width(code)).unwrap_or(area.width).saturating_add(8).min(area.width);
    let frame = Rect { width, ..area };
    paint.pane(frame, &[], Keys::Here);
    let row = Rect { x: frame.x + 1, y: frame.y + 2, width: frame.width.saturating_sub(2), height: 1 };
    paint.centre(row, code, paint.style(Role::Title));
}

/// The name of the number that is being paired.
fn paired_name(state: &State) -> CleanText {
    let name = state.overlays.iter().rev().find_map(|overlay| match overlay {
        Overlay::Pairing(pairing) => Some(pairing.name.as_str()),
        _ => None,
    });
    CleanText::line(name.unwrap_or("NAME"))
}
