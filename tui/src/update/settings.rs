//! Settings.

use mychatflow_data::model::setting::{SettingError, SettingKey};
use mychatflow_data::protocol::calls::settings::{SettingLine, SettingsSet, SettingsShow, Source};
use mychatflow_data::protocol::name::InstanceName;

use super::lists::{self, First};
use super::{Cx, Handled, again, palette};
use crate::action::Action;
use crate::msg::Answer;
use crate::state::State;
use crate::state::confirm::ConfirmKind;
use crate::state::form::{Check, Field, Form, FormKind, SettingPlace};
use crate::state::list::Rows;
use crate::state::overlay::{FoundRow, Overlay, Pick, PickItem, PickerKind};
use crate::state::settings::{choices, meaning, origin, place_on, places, told};
use crate::state::toasts::Tone;
use crate::text::CleanText;

/// What can be done here.
pub const HINTS: &[(Action, &str)] =
    &[(Action::Edit, "edit"), (Action::Remove, "inherit"), (Action::TabNext, "next number"), (Action::Filter, "find")];

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.settings.rows.reading);
    let asked = wanted(state);
    cx.ask(asked);
}

/// What belongs on the screen.
fn wanted(state: &State) -> SettingsShow {
    SettingsShow { tenant: state.tenant_name(), instance: instance(state), chat: None }
}

fn instance(state: &State) -> Option<InstanceName> {
    state.settings.instance.map(|id| InstanceName::from(id.to_string()))
}

/// Where a change on this tab counts.
fn place(state: &State) -> SettingPlace {
    state.settings.instance.map_or(SettingPlace::Tenant, SettingPlace::Instance)
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    if lists::act(&mut state.settings.rows, cx.seen, action) == Handled::Yes {
        return Handled::Yes;
    }
    let count = places(state).len();
    let selected = state.settings.rows.selected().cloned();
    match (action, selected) {
        (Action::TabNext | Action::FocusNext, _) => tab(state, (place_on(state) + 1) % count, cx),
        (Action::TabBack | Action::FocusBack, _) => tab(state, (place_on(state) + count - 1) % count, cx),
        (Action::Filter, _) => find(state),
        (Action::Open | Action::Edit, Some(line)) => edit(state, &line),
        (Action::Remove, Some(line)) => inherit(state, &line, cx),
        _ => return Handled::No,
    }
    Handled::Yes
}

/// Goes to a tab by its place.
pub fn tab(state: &mut State, at: usize, cx: &mut Cx<'_>) {
    let Some((instance, _)) = places(state).into_iter().nth(at) else { return };
    if state.settings.instance == instance {
        return;
    }
    let selected = state.settings.rows.selected_id();
    state.settings.instance = instance;
    // Values of another place must not stand here, not even for a moment.
    state.settings.rows = Rows::default();
    if let Some(key) = selected {
        state.settings.rows.select(key);
    }
    let asked = wanted(state);
    cx.ask(asked);
}

fn find(state: &mut State) {
    let item = |line: &SettingLine| PickItem {
        label: CleanText::line(line.key.word()),
        detail: CleanText::line(meaning(line.key)),
        marks: Vec::new(),
        key: None,
        pick: Pick::Row(FoundRow::Setting(line.key)),
    };
    let items = state.settings.rows.items().iter().map(item).collect();
    palette::choose(state, PickerKind::Row, "Find a setting", items);
}

fn edit(state: &mut State, line: &SettingLine) {
    let place = place(state);
    let title = match places(state).swap_remove(place_on(state)) {
        (None, _) => format!("{} for the business", line.key),
        (Some(_), number) => format!("{} for {number}", line.key),
    };
    let choices = choices(line.key);
    if choices.is_empty() {
        let form = form(line, place, &title);
        state.overlays.push(Overlay::Form(Box::new(form)));
        return;
    }
    let now = choices.iter().position(|(value, _)| Some(*value) == line.value.as_deref());
    let item = |(value, words): (&'static str, &'static str)| PickItem {
        label: CleanText::line(value),
        detail: CleanText::line(words),
        marks: Vec::new(),
        key: None,
        pick: Pick::Setting(line.key, place.clone(), value),
    };
    let items = choices.into_iter().map(item).collect();
    palette::choose(state, PickerKind::Setting, &title, items);
    if let (Some(Overlay::Picker(picker)), Some(now)) = (state.overlays.last_mut(), now) {
        picker.selected = now;
    }
}

fn form(line: &SettingLine, place: SettingPlace, title: &str) -> Form {
    let value = line.value.as_deref().unwrap_or_default();
    let check = check(line.key);
    let long = matches!(
        line.key,
        SettingKey::AssistantInstructions | SettingKey::BusinessProfile | SettingKey::OptOutConfirmation
    );
    let field = if long {
        Field::block("value", "Text", "alt-enter begins a new line", value, check)
    } else {
        Field::line("value", label(line.key), "", value, check)
    };
    Form::new(FormKind::Setting(line.key, place), title, meaning(line.key), vec![field])
}

const fn label(key: SettingKey) -> &'static str {
    match key {
        SettingKey::ReplyCountdown | SettingKey::ReplyFreshness | SettingKey::ReplyTakeoverPause => "Seconds",
        SettingKey::ReplyBurstQuiet | SettingKey::ReplyBurstMax => "Milliseconds",
        SettingKey::Timezone => "Time zone",
        SettingKey::BusinessHours => "Hours",
        SettingKey::BusinessName => "Name",
        _ => "Value",
    }
}

macro_rules! checks {
    ($($key:ident)+) => {
        /// The key's own check.
        const fn check(key: SettingKey) -> Check {
            match key {
                $(SettingKey::$key => |text| takes(SettingKey::$key, text),)+
            }
        }
    };
}

checks! {
    AssistantMode AssistantInstructions BusinessName BusinessProfile BusinessHours Timezone ReplyMode ReplyCountdown
    ReplyBurstQuiet ReplyBurstMax ReplyPace ReplyFreshness ReplyTakeoverPause ReplyExistingContacts ChatsGroups
    OptOutConfirmation AssistantDisclosure
}

fn takes(key: SettingKey, text: &str) -> Result<(), String> {
    key.check(text.trim()).map_err(|error| match error {
        SettingError::Value { takes, .. } => format!("this takes {takes}"),
        SettingError::Hours(error) => error.to_string(),
        SettingError::TooLong(error) => error.to_string(),
    })
}

/// A value was picked.
pub fn picked(state: &State, key: SettingKey, place: &SettingPlace, value: &str, cx: &mut Cx<'_>) {
    let instance = match place {
        SettingPlace::Instance(id) => Some(InstanceName::from(id.to_string())),
        SettingPlace::Tenant | SettingPlace::Chat(_) => None,
    };
    let chat = match place {
        SettingPlace::Chat(id) => Some(mychatflow_data::protocol::name::ChatName::from(id.to_string())),
        SettingPlace::Tenant | SettingPlace::Instance(_) => None,
    };
    cx.ask(SettingsSet { tenant: state.tenant_name(), key, value: Some(value.to_owned()), instance, chat });
}

/// Takes a value away, so that the one of a wider place counts again.
fn inherit(state: &mut State, line: &SettingLine, cx: &mut Cx<'_>) {
    let (here, wider) = match state.settings.instance {
        Some(_) => (Source::Instance, "what the business says, or else the config,"),
        None => (Source::Tenant, "what the config says"),
    };
    if line.source != here {
        let words = format!("nothing is set here: {} comes from the {}", line.key, origin(line.source));
        state.toasts.say(Tone::Info, &words, cx.now);
        return;
    }
    let instance = instance(state);
    let question = SettingsSet { tenant: state.tenant_name(), key: line.key, value: None, instance, chat: None };
    let old = told(line).unwrap_or_else(|| "empty".to_owned());
    let value = CleanText::line(&old).into_string();
    state.confirm(&ConfirmKind::Inherit { key: line.key, value, wider }, question);
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        // Of another tab, or of a chat: not what is on the screen.
        Answer::SettingsShow(asked, _) if asked != wanted(state) => {}
        Answer::SettingsShow(_, reply) => lists::take(&mut state.settings.rows, First::Yes, reply, cx.now),
        Answer::SettingsSet(asked, Ok(line)) => set(state, &asked, line, cx),
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}

fn set(state: &mut State, asked: &SettingsSet, line: SettingLine, cx: &mut Cx<'_>) {
    let value = told(&line).map_or_else(|| "empty".to_owned(), |value| CleanText::line(&value).into_string());
    let value = crate::text::cut(&value, 60).into_owned();
    let words = match asked.value {
        Some(_) => format!("{} is {value} now", line.key),
        None => format!("{} is inherited from the {}: {value}", line.key, origin(line.source)),
    };
    state.toasts.say(Tone::Good, &words, cx.now);
    if asked.chat.is_none() && asked.instance == instance(state) {
        state.settings.rows.put(line);
        // One key may have two names, so the others may be others now.
        enter(state, cx);
    }
}
