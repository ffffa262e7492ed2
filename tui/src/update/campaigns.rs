//! Campaigns.

mod forms;
mod page;
mod people;
mod preview;
pub mod wizard;

use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::protocol::calls::campaign::{
    CampaignCancel, CampaignDocument, CampaignLaunch, CampaignList, CampaignPause, CampaignRemove, CampaignResume,
    CampaignShow, CloneFor, Risk,
};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::event::Event;
use mychatflow_data::protocol::name::{CampaignName, Cursor};
use serde::Deserialize;

pub use self::people::tab;
use super::lists::{self, First};
use super::{Cx, Handled, again, palette};
use crate::action::Action;
use crate::keymap::Scope;
use crate::msg::Answer;
use crate::state::State;
use crate::state::campaigns::{Heard, Place, number, outlook, people as persons, when};
use crate::state::confirm::ConfirmKind;
use crate::state::list::{Known, Reading};
use crate::state::overlay::{FoundRow, Overlay, Pick, PickItem, PickerKind};
use crate::state::toasts::Tone;
use crate::text::CleanText;

/// What can be done here.
#[must_use]
pub fn hints(state: &State) -> Vec<(Action, &'static str)> {
    let mut hints = match state.campaigns.place {
        Place::List => vec![(Action::Open, "show"), (Action::Add, "new")],
        Place::Page(_) => vec![(Action::CampaignReport, "people"), (Action::Back, "back")],
        Place::People(_) => {
            let mut hints = vec![(Action::Open, "chat"), (Action::TabNext, "state")];
            if state.campaigns.open().is_some_and(|campaign| campaign.variants.len() > 1) {
                hints.push((Action::CampaignVariant, "text"));
            }
            hints.extend([(Action::Copy, "copy"), (Action::Back, "back")]);
            return hints;
        }
    };
    match state.campaigns.current().map(|campaign| campaign.state) {
        Some(CampaignState::Draft) => {
            hints.retain(|(action, _)| !matches!(action, Action::Add | Action::CampaignReport));
            hints.extend([
                (Action::CampaignLaunch, "launch"),
                (Action::Edit, "edit"),
                (Action::CampaignCheck, "check"),
                (Action::CampaignTest, "test"),
                (Action::CampaignClone, "copy"),
                (Action::Remove, "remove"),
            ]);
        }
        Some(CampaignState::Running | CampaignState::Scheduled) => {
            hints.extend([(Action::CampaignPause, "pause"), (Action::CampaignCancel, "cancel")]);
        }
        Some(CampaignState::Paused) => {
            hints.extend([(Action::CampaignPause, "go on"), (Action::CampaignCancel, "cancel")]);
        }
        Some(CampaignState::Completed | CampaignState::Cancelled) | None => {}
    }
    if state.campaigns.current().is_none() {
        return hints;
    }
    hints.push((Action::CampaignPreview, "preview"));
    if !hints.iter().any(|(action, _)| *action == Action::CampaignReport) {
        hints.push((Action::CampaignReport, "people"));
    }
    hints
}

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    again(&mut state.campaigns.rows.reading);
    read(state, None, cx);
    match state.campaigns.place {
        Place::List => {}
        Place::Page(id) => page::read(state, id, cx),
        Place::People(id) => people::again(state, id, cx),
    }
}

fn read(state: &State, after: Option<Cursor>, cx: &mut Cx<'_>) {
    cx.ask(CampaignList { tenant: state.tenant_name(), state: None, limit: None, after });
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    if state.campaigns.place != Place::List && state.campaigns.open().is_none() {
        // It is gone.
        state.campaigns.place = Place::List;
    }
    let done = match state.campaigns.place {
        Place::List => in_list(state, action, cx),
        Place::Page(_) => page::act(state, action, cx),
        Place::People(_) => people::act(state, action, cx),
    };
    if done == Handled::Yes {
        return done;
    }
    let current = state.campaigns.current().cloned();
    match (action, current) {
        (Action::Add, _) => wizard::create(state, cx),
        (Action::Filter, _) => find(state),
        (Action::Open, Some(campaign)) if state.campaigns.place == Place::List => page::open(state, &campaign, cx),
        (Action::Open | Action::CampaignReport, Some(campaign)) => people::open(state, &campaign, cx),
        (Action::Edit, Some(campaign)) => wizard::edit(state, &campaign, cx),
        (Action::CampaignCheck, Some(campaign)) => wizard::look_over(state, &campaign, cx),
        (Action::CampaignTest, Some(campaign)) => forms::test(state, &campaign),
        (Action::CampaignClone, Some(campaign)) => forms::copy(state, &campaign),
        (Action::CampaignPreview, Some(campaign)) => preview::open(state, &campaign, cx),
        (Action::CampaignLaunch, Some(campaign)) => launch(state, &campaign, cx),
        (Action::CampaignPause, Some(campaign)) => pause(state, &campaign, cx),
        (Action::CampaignCancel, Some(campaign)) => cancel(state, &campaign, cx),
        (Action::Remove, Some(campaign)) => remove(state, &campaign, cx),
        _ => return Handled::No,
    }
    Handled::Yes
}

fn in_list(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let rows = &mut state.campaigns.rows;
    let done = lists::act(rows, cx.seen, action);
    if done == Handled::Yes
        && let Some(after) = rows.wants_more()
    {
        rows.reading = Reading::Again;
        read(state, Some(after), cx);
    }
    done
}

/// A time that was asked for has come.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    page::woke(state, cx);
    wizard::woke(state, cx);
}

/// For whom a copy is was picked.
pub fn copied_for(state: &mut State, id: CampaignId, whom: CloneFor) {
    if let Some(campaign) = state.campaigns.rows.items().iter().find(|campaign| campaign.id == id).cloned() {
        forms::name_copy(state, &campaign, whom);
    }
}

fn find(state: &mut State) {
    let item = |campaign: &CampaignDocument| PickItem {
        label: CleanText::line(&campaign.name),
        detail: CleanText::line(campaign.state.word()),
        marks: Vec::new(),
        key: None,
        pick: Pick::Row(FoundRow::Campaign(campaign.id)),
    };
    let items = state.campaigns.rows.items().iter().map(item).collect();
    palette::choose(state, PickerKind::Row, "Find a campaign", items);
}

/// A campaign as a parameter of a call: by its id, which stays when it is renamed.
fn named(campaign: &CampaignDocument) -> CampaignName {
    CampaignName::from(campaign.id.to_string())
}

fn info(state: &mut State, words: &str, cx: &Cx<'_>) {
    state.toasts.say(Tone::Info, words, cx.now);
}

/// What a launch would do comes first; it is launched from there.
fn launch(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    match campaign.state {
        CampaignState::Draft => wizard::look_over(state, campaign, cx),
        CampaignState::Paused => pause(state, campaign, cx),
        other => info(state, &format!("only a draft can be launched; this one is {other}"), cx),
    }
}

/// Asks whether a draft that was looked over is to go out.
fn ask_launch(state: &mut State, campaign: &CampaignDocument, cx: &Cx<'_>) {
    if campaign.state != CampaignState::Draft {
        return info(state, &format!("only a draft can be launched; this one is {}", campaign.state), cx);
    }
    let start = match campaign.scheduled_at {
        Some(at) if at > cx.now => when(at, cx.now, &state.zone),
        _ => "now".to_owned(),
    };
    let from = number(campaign, state);
    let name = CleanText::line(&campaign.name);
    let text = match wizard::of(state).map(|wizard| wizard.preflight.clone()) {
        None | Some(Heard::Waiting) => {
            return info(state, "a moment: it is still being looked over, who gets it and what it risks", cx);
        }
        Some(Heard::Refused(_)) => format!(
            "Up to {} will get \"{name}\" from {from}, starting {start}. This could not be looked over: nobody knows who is \
             left out, or what it risks.",
            persons(campaign.recipients)
        ),
        Some(Heard::Here(looked)) => {
            let order = if looked.audience > 1 { "one after the other, " } else { "" };
            let mut text =
                format!("{} will get \"{name}\" from {from}, {order}starting {start}.", persons(looked.audience));
            if let Some(end) = looked.ends_at {
                text.push_str(&format!(" Done about {}.", when(end, cx.now, &state.zone)));
            }
            match looked.recipients - looked.audience {
                0 => {}
                1 => text.push_str(" 1 person on the list is left out."),
                left => text.push_str(&format!(" {left} people on the list are left out.")),
            }
            text.push_str(match looked.risk {
                Risk::Low => "",
                Risk::Medium => "\n\nThe risk is medium: look at the advice first.",
                Risk::High => "\n\nThe risk is high: numbers are restricted for this. Heed the advice first.",
            });
            text
        }
    };
    let question = CampaignLaunch { tenant: state.tenant_name(), name: named(campaign) };
    state.confirm(&ConfirmKind::Launch { campaign: campaign.name.clone(), plan: text }, question);
}

fn pause(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    let (tenant, name) = (state.tenant_name(), named(campaign));
    match campaign.state {
        CampaignState::Running | CampaignState::Scheduled => cx.ask(CampaignPause { tenant, name }),
        CampaignState::Paused => cx.ask(CampaignResume { tenant, name }),
        other => info(state, &format!("only what runs can be paused; this one is {other}"), cx),
    }
}

fn cancel(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    if matches!(campaign.state, CampaignState::Completed | CampaignState::Cancelled) {
        info(state, &format!("this one is {} already", campaign.state), cx);
        return;
    }
    let pause = state.keymap.key_of(&[Scope::Campaigns], Action::CampaignPause).unwrap_or_default();
    let kind = ConfirmKind::CancelCampaign { campaign: campaign.name.clone(), left: campaign.counts.left(), pause };
    let question = CampaignCancel { tenant: state.tenant_name(), name: named(campaign) };
    state.confirm(&kind, question);
}

fn remove(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    if !matches!(campaign.state, CampaignState::Draft | CampaignState::Completed | CampaignState::Cancelled) {
        let words = format!("this one is {}; cancel it first", campaign.state);
        return info(state, &words, cx);
    }
    let question = CampaignRemove { tenant: state.tenant_name(), name: named(campaign) };
    state.confirm(&ConfirmKind::RemoveCampaign { campaign: campaign.name.clone(), state: campaign.state }, question);
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::CampaignList(asked, reply) => {
            lists::take(&mut state.campaigns.rows, First::of(asked.after.as_ref()), reply, cx.now);
        }
        Answer::CampaignShow(_, Ok(campaign)) => put(state, campaign),
        Answer::CampaignShow(asked, Err(refusal)) => {
            if refusal.code == Some(Code::NotFound)
                && let Ok(id) = asked.name.as_str().parse()
            {
                forget(state, id);
            }
        }
        Answer::CampaignTest(_, Ok(tested)) => {
            state.toasts.say(Tone::Good, &format!("a test is on its way to {}", tested.phone), cx.now);
        }
        Answer::CampaignClone(_, Ok(campaign)) => {
            let words = format!("the draft for {} is here", persons(campaign.recipients));
            let id = campaign.id;
            state.campaigns.place = Place::List;
            put(state, campaign);
            state.campaigns.rows.select(id);
            state.toasts.say(Tone::Good, &words, cx.now);
        }
        Answer::CampaignLaunch(_, Ok(campaign)) => {
            let outlook = outlook(&campaign, cx.now, &state.zone);
            let words = if outlook.is_empty() { String::new() } else { format!(": {outlook}") };
            told(state, campaign.clone(), &format!("is launched{words}"), cx);
            if wizard::of(state).is_some() {
                state.overlays.retain(|overlay| !matches!(overlay, Overlay::Wizard(_)));
                state.campaigns.rows.select(campaign.id);
                page::open(state, &campaign, cx);
            }
        }
        Answer::CampaignPause(_, Ok(campaign)) => told(state, campaign, "is paused", cx),
        Answer::CampaignResume(_, Ok(campaign)) => told(state, campaign, "goes on", cx),
        Answer::CampaignCancel(_, Ok(campaign)) => told(state, campaign, "is cancelled", cx),
        Answer::CampaignRemove(_, Ok(gone)) => {
            forget(state, gone.id);
            state.toasts.say(Tone::Good, &format!("{} is removed", CleanText::line(&gone.name)), cx.now);
        }
        Answer::CampaignPreview(asked, reply) => preview::came(state, &asked, reply),
        Answer::CampaignReport(asked, reply) => people::came(state, &asked, reply, cx),
        Answer::CampaignSeries(asked, reply) => page::series(state, &asked, reply),
        other => {
            if let Some(refusal) = other.refusal() {
                super::answers::refused(state, refusal, cx);
            }
        }
    }
}

fn told(state: &mut State, campaign: CampaignDocument, what: &str, cx: &Cx<'_>) {
    let words = format!("{} {what}", CleanText::line(&campaign.name));
    put(state, campaign);
    state.toasts.say(Tone::Good, &words, cx.now);
}

/// Puts the new form of a campaign in the old one's place, or on top.
fn put(state: &mut State, campaign: CampaignDocument) {
    let rows = &mut state.campaigns.rows;
    if rows.put(campaign.clone()) == Known::Missing && !rows.is_skeleton() {
        rows.change(|items| {
            let at = items.iter().position(|item| item.created_at <= campaign.created_at).unwrap_or(items.len());
            items.insert(at, campaign);
        });
    }
}

fn forget(state: &mut State, id: CampaignId) {
    state.campaigns.rows.change(|items| items.retain(|item| item.id != id));
    if state.campaigns.place != Place::List && state.campaigns.open().is_none() {
        state.campaigns.place = Place::List;
    }
}

#[derive(Deserialize)]
struct OnlyId {
    id: CampaignId,
}

/// Takes an event. One that tells an id alone is about something that is gone, or changed while nobody listened.
pub fn event(state: &mut State, event: &Event, cx: &mut Cx<'_>) {
    if let Ok(campaign) = CampaignDocument::deserialize(&event.data) {
        page::changed(state, campaign.id, cx);
        put(state, campaign);
    } else if let Ok(OnlyId { id }) = OnlyId::deserialize(&event.data)
        && !state.campaigns.rows.is_skeleton()
    {
        cx.ask(CampaignShow { tenant: state.tenant_name(), name: CampaignName::from(id.to_string()) });
    }
}
