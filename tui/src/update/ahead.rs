//! What is typed before the list, the thread or the answer that it is about has come: it waits for that, and is dropped
//! when that does not come. So keys that come all at once, as over a slow line, mean what they mean one by one.

use std::time::Duration;

use mychatflow_data::time::Timestamp;

use super::{Cx, Handled, chats};
use crate::action::Action;
use crate::key::{Key, KeyCode};
use crate::state::ahead::{Place, Subject, Typed};
use crate::state::campaigns::Place as CampaignPlace;
use crate::state::chats::Pane;
use crate::state::form::Stage;
use crate::state::list::{Row, RowKey, Rows};
use crate::state::overlay::{Awaited, Overlay, PickerKind};
use crate::state::toasts::Tone;
use crate::state::{Connection, Entrance, Screen, State};

/// How long keys wait for what they are about. Older ones would come as a surprise.
const PATIENCE: Duration = Duration::from_secs(2);
/// So much is kept of what waits.
const MAX: usize = 4096;

/// Does an action choose another row, message or pane?
pub const fn moves(action: Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
            | Action::Open
            | Action::FocusNext
            | Action::FocusBack
            | Action::NextNeedsYou
    )
}

/// Does an action mean the same everywhere, whatever is highlighted?
const fn is_about_console(action: Action) -> bool {
    matches!(
        action,
        Action::Quit
            | Action::Redraw
            | Action::Suspend
            | Action::Help
            | Action::Palette
            | Action::Sidebar
            | Action::Mouse
            | Action::Theme
            | Action::Notices
            | Action::Refresh
            | Action::Tenant
            | Action::Search
            | Action::ScreenNext
            | Action::ScreenBack
            | Action::Dashboard
            | Action::Chats
            | Action::Campaigns
            | Action::Numbers
            | Action::Contacts
            | Action::QuickReplies
            | Action::Credits
            | Action::Queue
            | Action::Settings
    )
}

/// Is this about the row that is highlighted, or about which one is?
fn is_about_row(action: Action) -> bool {
    moves(action) || !(is_about_console(action) || is_about_list(action))
}

/// Does an action need no row: it makes something new, or changes which rows there are?
const fn is_about_list(action: Action) -> bool {
    matches!(
        action,
        Action::Add
            | Action::Filter
            | Action::TabNext
            | Action::TabBack
            | Action::FocusNext
            | Action::FocusBack
            | Action::Back
            | Action::Close
            | Action::Submit
            | Action::Import
            | Action::Export
            | Action::Triage
            | Action::Segments
            | Action::SegmentSave
            | Action::Grant
            | Action::Audit
            | Action::CampaignVariant
    )
}

fn place(state: &State) -> Place {
    Place { screen: state.screen, overlays: state.overlays.len() }
}

/// Is something on its way that keys here are about? The chats have a clock of their own.
fn is_pending(state: &State) -> bool {
    match state.overlays.last() {
        Some(Overlay::Picker(picker)) => {
            let raw = matches!(picker.kind, PickerKind::QuickReply(_)) && state.quick_replies.rows.is_skeleton();
            picker.awaited != Awaited::Nothing || (raw && picker.items.is_empty())
        }
        Some(Overlay::Form(form)) => form.stage != Stage::Open,
        Some(_) => false,
        None if state.entrance != Entrance::In => state.entrance == Entrance::Waiting,
        None => match state.screen {
            Screen::Dashboard | Screen::Chats => false,
            Screen::Campaigns => match state.campaigns.place {
                CampaignPlace::List => state.campaigns.rows.is_skeleton(),
                CampaignPlace::Page(_) => false,
                CampaignPlace::People(_) => state.campaigns.people.rows.is_skeleton(),
            },
            Screen::Numbers => state.numbers.rows.is_skeleton(),
            Screen::Contacts => {
                let contacts = &state.contacts;
                contacts.rows.is_skeleton() || contacts.is_other_list() || contacts.next.is_some()
            }
            Screen::QuickReplies => state.quick_replies.rows.is_skeleton(),
            Screen::Credits => state.credits.rows.is_skeleton(),
            Screen::Queue => state.queue.rows.is_skeleton(),
            Screen::Settings => state.settings.rows.is_skeleton(),
        },
    }
}

/// Since when one waits for what keys here are about.
fn asked_at(state: &State) -> Option<Timestamp> {
    if state.overlays.is_empty() && state.screen == Screen::Chats && state.entrance == Entrance::In {
        return state.chats.asked_at;
    }
    state.ahead.since.filter(|(here, _)| *here == place(state)).map(|(_, at)| at)
}

fn is_late(state: &State, now: Timestamp) -> bool {
    asked_at(state).is_some_and(|at| now.since(at) >= PATIENCE)
}

/// Has what an action is about not come yet? `None` is a key that is typed.
fn is_waiting(state: &State, action: Option<Action>) -> bool {
    let live = matches!(state.connection, Connection::Live | Connection::Resyncing);
    if !live || is_late(state, state.now) {
        return false;
    }
    match state.overlays.last() {
        Some(Overlay::Picker(picker)) => {
            let picks =
                matches!(action, Some(Action::Submit | Action::Up | Action::Down | Action::PageUp | Action::PageDown));
            // What stands there can be picked already, unless the answer takes its place.
            let replaced = matches!(picker.kind, PickerKind::Search { .. });
            picks && is_pending(state) && (picker.shown.is_empty() || replaced)
        }
        Some(Overlay::Form(_)) => is_pending(state) && action != Some(Action::Close),
        Some(_) => false,
        None => match (&state.entrance, state.screen) {
            (Entrance::Waiting, _) => action.is_none_or(|action| !is_about_console(action)),
            (Entrance::Stranger(_) | Entrance::NoTenant, _) => false,
            (Entrance::In, Screen::Chats) => state.chats.asked_at.is_some() && chats::is_waiting(state, action),
            // The person's chat is about to come: what follows is for that.
            (Entrance::In, Screen::Contacts) if state.contacts.next.is_some() => {
                action.is_none_or(|action| action != Action::Back && !is_about_console(action))
            }
            (Entrance::In, _) => is_pending(state) && action.is_some_and(is_about_row),
        },
    }
}

/// Can what the keys are about not come any more? Then they are about nothing.
fn is_void(state: &State, action: Option<Action>) -> bool {
    if !state.overlays.is_empty() {
        return false;
    }
    match (&state.entrance, state.screen) {
        (Entrance::Waiting, _) => false,
        (Entrance::Stranger(_) | Entrance::NoTenant, _) => true,
        // Where nobody is chosen, what follows an action on somebody would be something else: the letters of a text.
        (Entrance::In, Screen::Chats) => {
            let nobody = state.chats.current().is_none() && state.chats.jump.is_none();
            nobody && (state.chats.rows.failure().is_some() || action.is_some_and(chats::is_about_chat))
        }
        (Entrance::In, Screen::Contacts) => has_failed(&state.contacts.rows),
        (Entrance::In, Screen::Campaigns) => match state.campaigns.place {
            CampaignPlace::List | CampaignPlace::Page(_) => has_failed(&state.campaigns.rows),
            CampaignPlace::People(_) => has_failed(&state.campaigns.people.rows),
        },
        (Entrance::In, Screen::Numbers) => has_failed(&state.numbers.rows),
        (Entrance::In, Screen::QuickReplies) => has_failed(&state.quick_replies.rows),
        (Entrance::In, Screen::Credits) => has_failed(&state.credits.rows),
        (Entrance::In, Screen::Queue) => has_failed(&state.queue.rows),
        (Entrance::In, Screen::Settings) => has_failed(&state.settings.rows),
        (Entrance::In, Screen::Dashboard) => false,
    }
}

fn has_failed<T: Row>(rows: &Rows<T>) -> bool {
    rows.items().is_empty() && rows.failure().is_some()
}

/// Whom an action would be about now.
fn subject(state: &State) -> Option<Subject> {
    fn row<T: Row>(screen: Screen, rows: &Rows<T>) -> Option<Subject> {
        let selected = rows.selected().filter(|_| !rows.is_skeleton())?;
        Some(Subject::Row(screen, RowKey::of(&selected.id())))
    }
    if !state.overlays.is_empty() {
        return None;
    }
    match state.screen {
        Screen::Chats => {
            let jump = state.chats.jump.map(|(id, _)| id).filter(|_| state.chats.focus != Pane::List);
            state.chats.current().map(|chat| chat.id).or(jump).map(Subject::Chat)
        }
        // These rows go, or the person's chat comes.
        Screen::Contacts if state.contacts.is_other_list() || state.contacts.next.is_some() => None,
        Screen::Contacts => row(Screen::Contacts, &state.contacts.rows),
        Screen::Campaigns => match state.campaigns.place {
            CampaignPlace::List | CampaignPlace::Page(_) => row(Screen::Campaigns, &state.campaigns.rows),
            CampaignPlace::People(_) => row(Screen::Campaigns, &state.campaigns.people.rows),
        },
        Screen::Numbers => row(Screen::Numbers, &state.numbers.rows),
        Screen::QuickReplies => row(Screen::QuickReplies, &state.quick_replies.rows),
        Screen::Credits => row(Screen::Credits, &state.credits.rows),
        Screen::Queue => row(Screen::Queue, &state.queue.rows),
        Screen::Settings => row(Screen::Settings, &state.settings.rows),
        Screen::Dashboard => None,
    }
}

/// Keeps what was typed for when what it is about is here.
pub fn hold(state: &mut State, typed: Typed, action: Option<Action>, cx: &mut Cx<'_>) -> Handled {
    // A letter behind other keys may be one of a text that they begin.
    let may_be_text = !state.ahead.typed.is_empty() && matches!(&typed, Typed::Key(key) if key.typed().is_some());
    if matches!(action, Some(Action::Quit | Action::Redraw | Action::Suspend)) && !may_be_text {
        return Handled::No;
    }
    if state.ahead.typed.is_empty() {
        read_for(state, action, cx);
        if !is_waiting(state, action) {
            return Handled::No;
        }
    }
    if state.ahead.typed.len() < MAX {
        state.ahead.typed.push_back(typed);
    }
    Handled::Yes
}

/// The question that was put off is asked now.
fn read_for(state: &mut State, action: Option<Action>, cx: &mut Cx<'_>) {
    let here = state.overlays.is_empty() && state.screen == Screen::Chats && state.entrance == Entrance::In;
    if let Some(action) = action.filter(|_| here) {
        chats::read_for(state, action, cx);
    }
}

/// Whoever it was typed for is no longer there: nobody else gets it.
pub fn check(state: &mut State, cx: &Cx<'_>) {
    let was = state.ahead.subject.filter(|_| !state.ahead.typed.is_empty());
    if was.is_some() && subject(state) != was {
        drop_all(state, cx);
    }
}

/// The next thing that waited and whose time has come. What waited for something that did not come is dropped: it would be
/// done to somebody else.
pub fn next(state: &mut State, meaning: impl Fn(&State, Key) -> Option<Action>, cx: &mut Cx<'_>) -> Option<Typed> {
    let action = match state.ahead.typed.front()? {
        Typed::Key(key) => meaning(state, *key),
        Typed::LineBreak(line_break) if state.ends_line(*line_break) => None,
        Typed::LineBreak(_) => meaning(state, Key::new(KeyCode::Enter)),
        Typed::Paste(_) => None,
    };
    read_for(state, action, cx);
    if is_waiting(state, action) {
        return None;
    }
    // What is written goes to whom it was begun for, however late.
    let writes = state.overlays.is_empty() && state.screen == Screen::Chats && state.chats.focus == Pane::Composer;
    if !writes && (is_late(state, cx.now) || is_void(state, action)) {
        drop_all(state, cx);
        return None;
    }
    state.ahead.typed.pop_front()
}

/// Forgets what waits, and says so.
pub fn drop_all(state: &mut State, cx: &Cx<'_>) {
    if !state.ahead.typed.is_empty() {
        state.ahead.typed.clear();
        let words = "what was typed before this was here is dropped: nothing was done with it";
        state.toasts.say(Tone::Bad, words, cx.now);
    }
}

/// Remembers since when one waits, and for whom what waits is.
pub fn note(state: &mut State, now: Timestamp) {
    let here = place(state);
    state.ahead.since = match state.ahead.since {
        _ if !is_pending(state) => None,
        Some((place, at)) if place == here => Some((place, at)),
        _ => Some((here, now)),
    };
    state.ahead.subject = subject(state).filter(|_| !state.ahead.typed.is_empty());
}

/// When what waits has waited long enough.
pub fn patience_ends(state: &State) -> Option<Timestamp> {
    asked_at(state).filter(|_| !state.ahead.typed.is_empty()).map(|at| at + PATIENCE)
}
