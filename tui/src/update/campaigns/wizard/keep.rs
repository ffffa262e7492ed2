//! The draft on its way to the daemon: made, made anew where what is fixed was changed, or changed; its list in pieces.

use std::sync::Arc;

use mychatflow_data::ids::CampaignId;
use mychatflow_data::protocol::calls::campaign::{
    CampaignCreate, CampaignDocument, CampaignEdit, CampaignExtend, CampaignRemove,
};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::name::{CampaignName, InstanceName, TenantName};
use mychatflow_data::protocol::piece::Rest;

use super::super::{forget, put};
use super::{attach, go, live, of};
use crate::msg::{Answer, Question, Refusal};
use crate::state::State;
use crate::state::campaigns::Heard;
use crate::state::form::Touched;
use crate::state::wizard::sheet::{Sheet, boundary};
use crate::state::wizard::{Counted, Keeping, Step, Wizard};
use crate::text::CleanText;
use crate::update::{Cx, Handled};

/// Bytes of a list that go at once. Written as JSON each may take six, and a line of the socket has 1 MiB at most.
const PIECE_BYTES: usize = 128 * 1024;

/// What a draft keeps for good once it is made: its name, its people, its number.
const FIXED: [&str; 6] = ["name", "source", "query", "path", "country", "instance"];

fn fixed(wizard: &Wizard) -> Vec<String> {
    FIXED.iter().map(|name| wizard.value(name)).collect()
}

/// Keeps what was filled in.
pub fn begin(state: &mut State, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(wizard) = of(state) else { return };
    wizard.refusal = None;
    let question: Question = match (wizard.draft, &wizard.fixed) {
        (None, _) => create(wizard, tenant).into(),
        (Some(id), Some(was)) if *was != fixed(wizard) => {
            CampaignRemove { tenant, name: CampaignName::from(id.to_string()) }.into()
        }
        (Some(id), _) => edit(wizard, id, tenant).into(),
    };
    wizard.keeping = Keeping::Asked(Box::new(question.clone()));
    cx.ask(question);
}

fn variants(wizard: &Wizard) -> Vec<String> {
    ["B", "C", "D", "E"].iter().map(|name| wizard.value(name)).take_while(|text| !text.trim().is_empty()).collect()
}

fn create(wizard: &Wizard, tenant: Option<TenantName>) -> CampaignCreate {
    let file = list(wizard).map(|text| text[..boundary(text, PIECE_BYTES)].to_owned());
    let more = match (list(wizard), &file) {
        (Some(text), Some(piece)) if piece.len() < text.len() => Rest::Follows,
        _ => Rest::Nothing,
    };
    let timed = wizard.word("at").is_some();
    CampaignCreate {
        tenant,
        name: wizard.word("name").unwrap_or_default(),
        text: wizard.value("text"),
        segment: file.is_none().then(|| live::query(wizard)),
        file_name: file.as_ref().and(wizard.sheet.as_ref()).map(|sheet| sheet.name().to_owned()),
        country: file.as_ref().and(wizard.word("country")),
        file,
        more,
        instance: wizard.word("instance").map(InstanceName::from),
        at: wizard.word("at"),
        timezone: wizard.word("timezone").filter(|_| timed),
        variants: variants(wizard),
        quiet: wizard.word("quiet"),
        missed: wizard.word("missed").and_then(|word| word.parse().ok()).filter(|_| timed),
        late_within: wizard.word("late_within").and_then(|word| word.parse().ok()).filter(|_| timed),
        check: wizard.word("check").and_then(|word| word.parse().ok()),
        ..CampaignCreate::default()
    }
}

fn edit(wizard: &Wizard, id: CampaignId, tenant: Option<TenantName>) -> CampaignEdit {
    let timed = wizard.word("at").is_some();
    CampaignEdit {
        tenant,
        name: CampaignName::from(id.to_string()),
        text: Some(wizard.value("text")),
        at: Some(wizard.word("at").unwrap_or_else(|| "now".to_owned())),
        timezone: wizard.word("timezone").filter(|_| timed),
        variants: Some(variants(wizard)),
        quiet: Some(wizard.word("quiet").unwrap_or_default()),
        missed: wizard.word("missed").and_then(|word| word.parse().ok()).filter(|_| timed),
        late_within: wizard.word("late_within").and_then(|word| word.parse().ok()).filter(|_| timed),
        check: wizard.word("check").and_then(|word| word.parse().ok()),
    }
}

/// The list from the disk, where it is one.
fn list(wizard: &Wizard) -> Option<&str> {
    (wizard.value("source") == "file").then_some(())?;
    wizard.sheet.as_ref()?.text.as_deref().ok()
}

/// The list was read, or could not be.
pub fn file_read(state: &mut State, path: &str, text: Result<Arc<str>, String>, cx: &mut Cx<'_>) {
    let Some(wizard) = of(state) else { return };
    if wizard.keeping != Keeping::Reading(path.to_owned()) {
        return;
    }
    wizard.keeping = Keeping::Idle;
    wizard.refusal = text.as_ref().err().map(|reason| CleanText::block(reason));
    let sheet = Sheet { path: path.to_owned(), text };
    if wizard.refusal.is_none() && sheet.rows() == 0 {
        wizard.refusal =
            Some(CleanText::block("nobody is on this list: it needs a header line, and a line for each person"));
    }
    wizard.sheet = Some(sheet);
    if wizard.refusal.is_none() {
        go(state, Step::Text, cx);
    }
}

/// Takes an answer that the wizard waits for.
pub fn answered(state: &mut State, answer: &Answer, cx: &mut Cx<'_>) -> Handled {
    let Some(wizard) = of(state) else { return Handled::No };
    match answer {
        Answer::SegmentList(asked, reply) if asked.limit == Some(super::SEGMENTS) => {
            // Without saved filters there are still queries.
            if let Ok(page) = reply {
                wizard.offer(page.items.clone());
            }
            return Handled::Yes;
        }
        Answer::ContactList(asked, reply) if asked.limit == Some(live::COUNTED) => {
            if wizard.count.asked.as_ref() == Some(asked) {
                wizard.count.heard = match reply {
                    Ok(page) => Heard::Here(Counted { people: page.items.len(), more: page.next.is_some() }),
                    Err(refusal) => Heard::Refused(refusal.text.clone()),
                };
            }
            return Handled::Yes;
        }
        Answer::CampaignPreflight(asked, reply) => {
            if wizard.draft.is_some_and(|id| id.to_string() == asked.name.as_str()) {
                wizard.preflight = match reply {
                    Ok(preflight) => Heard::Here(preflight.clone()),
                    Err(refusal) => Heard::Refused(refusal.text.clone()),
                };
            }
            return Handled::Yes;
        }
        _ => {}
    }
    let upto = match &wizard.keeping {
        Keeping::Asked(question) if answer.is_to(question) => None,
        Keeping::Extending { question, upto, .. } | Keeping::Attaching { question, upto } if answer.is_to(question) => {
            Some(*upto)
        }
        _ => return Handled::No,
    };
    match answer {
        Answer::CampaignCreate(asked, Ok(campaign)) => {
            let there = asked.file.as_ref().map_or(0, String::len);
            extend(state, campaign.clone(), there, cx);
        }
        Answer::CampaignExtend(_, Ok(campaign)) => extend(state, campaign.clone(), upto.unwrap_or(0), cx),
        Answer::CampaignEdit(_, Ok(campaign)) => stored(state, campaign.clone(), cx),
        Answer::CampaignAttach(asked, Ok(campaign)) => {
            attach::answered(state, asked, campaign.clone(), upto.unwrap_or(0), cx);
        }
        Answer::CampaignRemove(_, Ok(gone)) => {
            (wizard.draft, wizard.fixed) = (None, None);
            forget(state, gone.id);
            begin(state, cx);
        }
        answer => {
            if let Some(refusal) = answer.refusal() {
                refused(wizard, refusal);
            }
        }
    }
    Handled::Yes
}

/// What was typed stays; where the name is at fault, that is where one lands.
fn refused(wizard: &mut Wizard, refusal: &Refusal) {
    wizard.keeping = Keeping::Idle;
    if refusal.code == Some(Code::Conflict) && wizard.first == Step::Name {
        (wizard.step, wizard.focus) = (Step::Name, 0);
    }
    wizard.refusal = Some(CleanText::block(&refusal.text));
}

/// Sends the next piece of the list, or is done.
fn extend(state: &mut State, campaign: CampaignDocument, from: usize, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(wizard) = of(state) else { return };
    let next = list(wizard).filter(|text| from < text.len()).map(|text| {
        let upto = boundary(text, from + PIECE_BYTES);
        let more = if upto < text.len() { Rest::Follows } else { Rest::Nothing };
        (CampaignExtend { tenant, campaign: campaign.id, file: text[from..upto].to_owned(), more }, upto)
    });
    match next {
        Some((asked, upto)) => {
            let question: Question = asked.clone().into();
            wizard.keeping = Keeping::Extending { campaign: campaign.id, upto, question: Box::new(question) };
            cx.ask(asked);
        }
        None => stored(state, campaign, cx),
    }
}

/// The daemon has everything but the file that goes with the text. Where that fails, the draft is there all the same, and
/// is changed the next time.
fn stored(state: &mut State, campaign: CampaignDocument, cx: &mut Cx<'_>) {
    note(state, campaign.clone());
    attach::begin(state, campaign, 0, cx);
}

/// The daemon has it all.
pub(super) fn kept(state: &mut State, campaign: CampaignDocument, cx: &mut Cx<'_>) {
    note(state, campaign);
    let Some(wizard) = of(state) else { return };
    wizard.keeping = Keeping::Idle;
    wizard.touched = Touched::No;
    go(state, Step::Check, cx);
}

fn note(state: &mut State, campaign: CampaignDocument) {
    let id = campaign.id;
    put(state, campaign.clone());
    state.campaigns.rows.select(id);
    let Some(wizard) = of(state) else { return };
    wizard.kept = Some(campaign);
    if wizard.first == Step::Name {
        wizard.fixed = Some(fixed(wizard));
    }
    wizard.draft = Some(id);
}
