//! The small forms of a campaign: a test to oneself, and a copy.

use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CloneFor};

use crate::state::State;
use crate::state::form::{Field, Form, FormKind, something};
use crate::state::overlay::{Overlay, Pick, PickItem, PickerKind};
use crate::text::CleanText;
use crate::update::palette;

/// Opens the form of a test.
pub fn test(state: &mut State, campaign: &CampaignDocument) {
    let hint = "empty: to the number that it goes out from; or with country code";
    let mut fields = vec![Field::line("to", "To", hint, "", phone)];
    if campaign.variants.len() > 1 {
        fields.push(Field::line("variant", "Text", "A, B, … : which of the texts", "A", something));
    }
    let kind = FormKind::CampaignTest(campaign.id.to_string());
    let intro = "One real message. It counts nowhere, and nobody else gets it.";
    state.overlays.push(Overlay::Form(Box::new(Form::new(kind, &format!("Test {}", campaign.name), intro, fields))));
}

fn phone(text: &str) -> Result<(), String> {
    match text.trim() {
        "" => Ok(()),
        text => Phone::parse(text).map(|_| ()).map_err(|error| error.to_string()),
    }
}

/// Asks for whom a copy is.
pub fn copy(state: &mut State, campaign: &CampaignDocument) {
    let item = |whom: CloneFor, label: &str, detail: &str| PickItem {
        label: CleanText::line(label),
        detail: CleanText::line(detail),
        marks: Vec::new(),
        key: None,
        pick: Pick::CloneFor(campaign.id, whom),
    };
    let items = vec![
        item(CloneFor::All, "Everybody on the list", "whoever opted out stays out"),
        item(CloneFor::NotReached, "Those it did not reach", "left out, refused, never begun"),
        item(CloneFor::NoReply, "Those who did not write back", "they got it, and said nothing"),
    ];
    palette::choose(state, PickerKind::Row, "A copy for whom?", items);
}

/// Asks what a copy is called.
pub fn name_copy(state: &mut State, campaign: &CampaignDocument, whom: CloneFor) {
    let taken: Vec<String> = state.campaigns.rows.items().iter().map(|campaign| campaign.name.clone()).collect();
    let free = (2..).map(|number| format!("{} {number}", campaign.name)).find(|name| !taken.contains(name));
    let field = Field::line("name", "Name", "nobody else sees it", &free.unwrap_or_default(), something);
    let kind = FormKind::CampaignClone(campaign.id.to_string(), whom);
    let intro = "A draft with the same texts and plan. Nothing is sent before you launch it.";
    let form = Form::new(kind, &format!("Copy {}", campaign.name), intro, vec![field.not_among(taken)]);
    state.overlays.push(Overlay::Form(Box::new(form)));
}
