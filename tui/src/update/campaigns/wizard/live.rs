//! What the daemon says to what is being typed, asked once typing rests.

use std::time::Duration;

use mychatflow_data::protocol::calls::campaign::{CampaignPreview, CampaignPreviewed};
use mychatflow_data::protocol::calls::contact::ContactList;
use mychatflow_data::protocol::name::CampaignName;
use mychatflow_data::time::Timestamp;

use super::super::preview::PREVIEWS;
use super::of;
use crate::msg::Refusal;
use crate::state::State;
use crate::state::campaigns::Heard;
use crate::state::overlay::Overlay;
use crate::state::wizard::{Entry, Step, Wizard};
use crate::update::Cx;

/// How long typing must rest.
pub const REST: Duration = Duration::from_millis(300);
/// How many people are counted.
pub const COUNTED: u32 = 101;

/// When the daemon is to be asked.
pub fn due(state: &State) -> Option<Timestamp> {
    state.overlays.iter().find_map(|overlay| match overlay {
        Overlay::Wizard(wizard) => wizard.due_at,
        _ => None,
    })
}

/// A time that was asked for has come.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    if due(state).is_some_and(|at| at <= cx.now) {
        ask(state, cx);
    }
}

/// Asks what belongs to the step, unless that was asked already.
pub fn ask(state: &mut State, cx: &mut Cx<'_>) {
    let (count, preview) = (counting(state), wanted(state));
    let Some(wizard) = of(state) else { return };
    wizard.due_at = None;
    if let Some(asked) = count.filter(|asked| wizard.count.asked.as_ref() != Some(asked)) {
        wizard.count.asked = Some(asked.clone());
        cx.ask(asked);
    }
    if let Some(asked) = preview.filter(|asked| wizard.preview.asked.as_ref() != Some(asked)) {
        wizard.preview.asked = Some(asked.clone());
        cx.ask(asked);
    }
}

fn now(state: &State) -> Option<&Wizard> {
    state.overlays.iter().rev().find_map(|overlay| match overlay {
        Overlay::Wizard(wizard) => Some(&**wizard),
        _ => None,
    })
}

/// Who fits the query.
fn counting(state: &State) -> Option<ContactList> {
    let wizard = now(state)?;
    let query = match (wizard.step, wizard.value("source").as_str()) {
        (Step::People, "all") => None,
        (Step::People, "query") => Some(wizard.word("query")?),
        _ => return None,
    };
    Some(ContactList { tenant: state.tenant_name(), query, limit: Some(COUNTED), ..ContactList::default() })
}

/// What people would get.
pub fn wanted(state: &State) -> Option<CampaignPreview> {
    let wizard = now(state)?;
    let text = match wizard.step {
        Step::Text => wizard.value("text"),
        Step::Variants => {
            let at = *wizard.shown().get(wizard.focus)?;
            match &wizard.entries[at].1 {
                Entry::Field(field) if !field.input.is_blank() => field.input.text(),
                _ => return None,
            }
        }
        _ => return None,
    };
    if crate::state::wizard::draft::template(&text).is_err() {
        return None;
    }
    let asked = CampaignPreview {
        tenant: state.tenant_name(),
        text: Some(text),
        limit: Some(PREVIEWS),
        ..CampaignPreview::default()
    };
    Some(match (wizard.draft, &wizard.fixed) {
        // The people of a draft that was there before are known to the daemon alone.
        // Its other texts are not what is being written here.
        (Some(id), None) => {
            CampaignPreview { name: Some(CampaignName::from(id.to_string())), variants: Some(Vec::new()), ..asked }
        }
        _ => {
            let (segment, file) = audience(wizard);
            CampaignPreview { segment, file, country: wizard.word("country"), ..asked }
        }
    })
}

/// Who is meant, by a query or by the beginning of a list.
fn audience(wizard: &Wizard) -> (Option<String>, Option<String>) {
    match wizard.value("source").as_str() {
        "file" => (None, wizard.sheet.as_ref().and_then(|sheet| sheet.head()).map(str::to_owned)),
        _ => (Some(query(wizard)), None),
    }
}

/// Who is meant: a segment by its name, or a query.
pub fn query(wizard: &Wizard) -> String {
    match (wizard.value("source").as_str(), wizard.segment()) {
        (_, Some(segment)) => segment.name.clone(),
        ("query", None) => wizard.word("query").unwrap_or_default(),
        _ => "all".to_owned(),
    }
}

/// What people would get came.
pub fn previewed(state: &mut State, asked: &CampaignPreview, reply: &Result<CampaignPreviewed, Refusal>) {
    let Some(wizard) = of(state) else { return };
    if wizard.preview.asked.as_ref() == Some(asked) {
        wizard.preview.heard = match reply {
            Ok(page) => Heard::Here(page.clone()),
            Err(refusal) => Heard::Refused(refusal.text.clone()),
        };
    }
}
