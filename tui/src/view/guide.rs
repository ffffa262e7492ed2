//! The demo's first minute: a strip at the bottom with the next thing to do.

use ratatui::layout::Rect;

use super::paint::Paint;
use crate::action::Action;
use crate::keymap::Scope;
use crate::layout::Layout;
use crate::state::chats::Pane;
use crate::state::overlay::Overlay;
use crate::state::pairing::Progress;
use crate::state::{Guide, Screen, State};
use crate::text;
use crate::theme::Role;

/// Fewer columns than this want short words.
const WIDE: u16 = 100;

/// What stands before every step's words.
const LEAD: &str = "Demo 5/5  ";

/// What the key does that hides it.
const HIDES: &str = " hides this";

/// Draws it.
pub fn draw(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    let Some(strip) = layout.guide else { return };
    let ground = paint.style(Role::Toast);
    paint.clear(strip, ground);
    let (lead, key) = (paint.theme.on(Role::Toast, Role::Accent), paint.theme.on(Role::Toast, Role::Key));
    let muted = paint.theme.on(Role::Toast, Role::Muted);
    let step = match state.guide {
        Guide::Off | Guide::Done => return,
        Guide::Begin | Guide::Scan => "1/5",
        Guide::Watch => "2/5",
        Guide::Answer => "3/5",
        Guide::More => "4/5",
        Guide::Beside => "5/5",
    };
    let inner = Rect { x: strip.x + 1, width: strip.width.saturating_sub(2), ..strip };
    let mut room = inner;
    let words = words(state, strip.width >= WIDE);
    // A command that is cut can't be typed: what hides the strip gives way.
    let esc = state.keymap.key_of(&[Scope::Global], Action::Back).unwrap_or_default();
    let all = [LEAD, &words, "  ", &esc, HIDES].into_iter().map(text::width).sum::<usize>();
    let whole = all <= usize::from(inner.width);
    if state.is_outermost() && (whole || state.guide != Guide::Beside) {
        let used = paint.right(inner, &[(&esc, key), (HIDES, muted)]);
        room.width = room.width.saturating_sub(used + 2);
    }
    // What stands between stars is a key.
    let spans = words.split('*').enumerate().map(|(at, part)| (part, if at % 2 == 1 { key } else { ground }));
    let spans: Vec<_> = [("Demo ", lead), (step, lead), ("  ", ground)].into_iter().chain(spans).collect();
    paint.line(room, &spans);
}

/// The next thing to do.
fn words(state: &State, wide: bool) -> String {
    let key = |scope: Scope, action: Action| {
        state.keymap.key_of(&[scope], action).map(|key| format!("*{key}*")).unwrap_or_default()
    };
    let pairing = state.overlays.iter().any(|overlay| matches!(overlay, Overlay::Pairing(_)));
    let triage = state.overlays.iter().any(|overlay| matches!(overlay, Overlay::Triage(_)));
    let asks = matches!(state.overlays.last(), Some(Overlay::Confirm(_)));
    match state.guide {
        Guide::Off | Guide::Done => String::new(),
        Guide::Begin | Guide::Scan if triage && asks => {
            let (yes, no) = (key(Scope::Final, Action::Confirm), key(Scope::Final, Action::Close));
            format!("{yes} gives them to the assistant, {no} goes back to the list")
        }
        Guide::Begin | Guide::Scan if triage => {
            let submit = key(Scope::Triage, Action::Submit);
            let close = key(Scope::Triage, Action::Close);
            if wide {
                format!("They wrote before you came. {submit} gives them to the assistant, {close} decides later")
            } else {
                format!("They wrote before. {submit}: to the assistant, {close}: later")
            }
        }
        Guide::Begin | Guide::Scan if pairing && state.has_working_number() => {
            let submit = key(Scope::Pairing, Action::Submit);
            let go_on = if submit.is_empty() { key(Scope::Pairing, Action::Close) } else { submit };
            format!("Paired. The first customers are on their way: {go_on} goes on")
        }
        Guide::Begin | Guide::Scan if pairing => {
            let phone = key(Scope::Pairing, Action::PlayPhone);
            let scans = |overlay: &Overlay| match overlay {
                Overlay::Pairing(pairing) => matches!(pairing.progress, Progress::Starting | Progress::Scan(_)),
                _ => false,
            };
            if !state.overlays.iter().any(scans) {
                let again = key(Scope::Pairing, Action::Pair);
                format!("{again} shows new codes; then {phone}: a made-up phone scans one")
            } else if wide {
                format!("This is a made-up shop. Press {phone}: a made-up phone scans the code")
            } else {
                format!("A made-up shop. Press {phone}: a made-up phone scans this code")
            }
        }
        Guide::Begin | Guide::Scan => {
            let (numbers, pair) = (key(Scope::Global, Action::Numbers), key(Scope::Numbers, Action::Pair));
            if state.screen == Screen::Numbers {
                format!("This is a made-up shop. {pair} shows its code for a phone to scan")
            } else {
                format!("This is a made-up shop. Its number wants a phone: {numbers}, then {pair}")
            }
        }
        Guide::Watch => {
            let open = key(Scope::List, Action::Open);
            let chats = key(Scope::Global, Action::Chats);
            match (state.screen == Screen::Chats, wide) {
                (false, _) => format!("Customers write now. {chats} shows their chats"),
                (true, true) => format!(
                    "Customers write; the assistant answers from the shop's facts for credits. {open} opens a chat"
                ),
                (true, false) => format!("The assistant answers customers. {open} opens a chat"),
            }
        }
        Guide::Beside => {
            let command = format!("{} chat list", state.command);
            let room = usize::from(state.size.0).saturating_sub(text::width(LEAD) + 2);
            // A star would be taken for the mark of a key.
            let leads = ["In another terminal: ", "Try: ", ""].iter().filter(|_| !command.contains('*'));
            let whole = leads.map(|lead| format!("{lead}{command}")).find(|words| text::width(words) <= room);
            // Where it would be cut, the help has it in full.
            whole.unwrap_or_else(|| {
                format!("{}{} says how commands reach this shop", first(state), key(Scope::Global, Action::Help))
            })
        }
        Guide::Answer => {
            let (write, pause) = (key(Scope::Chats, Action::Compose), key(Scope::Chats, Action::ChatPause));
            let composing = state.screen == Screen::Chats && state.chats.focus == Pane::Composer;
            match (composing, wide) {
                (true, _) => {
                    let send = key(Scope::Composer, Action::ChatSend);
                    format!("Say something to this customer; {send} sends it")
                }
                (false, true) => format!(
                    "Press {write} and write to the customer: the assistant falls silent there for 12 h; {pause} lets it speak again"
                ),
                (false, false) => format!("{write} writes: the assistant falls silent here; {pause}: speaks again"),
            }
        }
        Guide::More => {
            let needs = key(Scope::Chats, Action::NextNeedsYou);
            let why = key(Scope::Chats, Action::Why);
            let first = first(state);
            let (campaigns, help) = (key(Scope::Global, Action::Campaigns), key(Scope::Global, Action::Help));
            if wide {
                format!(
                    "{first}{needs} who needs you   {why} why an answer came to be   {campaigns} campaigns   {help} all keys"
                )
            } else {
                format!("{first}{needs} needs you  {why} why  {campaigns} campaigns  {help} all keys")
            }
        }
    }
}

/// What comes before a key that is a letter: in the composer letters are text.
fn first(state: &State) -> String {
    if !state.is_typing() {
        return String::new();
    }
    let back = state.keymap.key_of(&[Scope::Composer], Action::Back).unwrap_or_default();
    format!("*{back}* leaves this, then  ")
}
