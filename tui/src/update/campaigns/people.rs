//! The recipients of a campaign: page by page, by state, and their chats.

use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::recipient::RecipientState;
use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignReport, CampaignReportLine};
use mychatflow_data::protocol::name::{CampaignName, Cursor};
use mychatflow_data::protocol::page::Page;

use super::{info, page};
use crate::action::Action;
use crate::msg::{Effect, Refusal};
use crate::state::campaigns::Place;
use crate::state::campaigns::people::{PAGE, People};
use crate::state::list::Reading;
use crate::state::overlay::Pick;
use crate::state::{Screen, State};
use crate::update::{Cx, Handled, chats, lists};

/// Opens the recipients of a campaign.
pub fn open(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    state.campaigns.place = Place::People(campaign.id);
    state.campaigns.people = People::default();
    ask(state, campaign.id, None, cx);
}

fn ask(state: &State, id: CampaignId, after: Option<Cursor>, cx: &mut Cx<'_>) {
    cx.ask(CampaignReport {
        tenant: state.tenant_name(),
        name: CampaignName::from(id.to_string()),
        state: state.campaigns.people.only,
        variant: state.campaigns.people.variant.clone(),
        limit: Some(PAGE),
        after,
    });
}

/// Moves about among them.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let Some(campaign) = state.campaigns.open().cloned() else { return Handled::No };
    if lists::act(&mut state.campaigns.people.rows, cx.seen, action) == Handled::Yes {
        more(state, campaign.id, cx);
        return Handled::Yes;
    }
    let people = &state.campaigns.people;
    let counts = people.counts(&campaign);
    let (tab, count) = (people.tab(counts), people.tabs(counts).len());
    match action {
        Action::TabNext | Action::FocusNext => self::tab(state, (tab + 1) % count, cx),
        Action::TabBack | Action::FocusBack => self::tab(state, (tab + count - 1) % count, cx),
        Action::CampaignVariant => variant(state, &campaign, cx),
        Action::Open => chat(state, cx),
        Action::Copy => match people.rows.selected() {
            Some(line) => cx.want(Effect::Copy(line.phone.clone())),
            None => return Handled::No,
        },
        Action::Back => page::open(state, &campaign, cx),
        _ => return Handled::No,
    }
    Handled::Yes
}

/// Asks for the next page before the end is in sight.
fn more(state: &mut State, id: CampaignId, cx: &mut Cx<'_>) {
    if let Some(after) = state.campaigns.people.rows.wants_more() {
        state.campaigns.people.rows.reading = Reading::Again;
        ask(state, id, Some(after), cx);
    }
}

/// Goes to a tab by its place.
pub fn tab(state: &mut State, at: usize, cx: &mut Cx<'_>) {
    let Some(campaign) = state.campaigns.open() else { return };
    let id = campaign.id;
    let people = &state.campaigns.people;
    let tabs = people.tabs(people.counts(campaign));
    if let Some((only, _)) = tabs.get(at)
        && *only != people.only
    {
        let variant = people.variant.clone();
        state.campaigns.people = People { only: *only, variant, ..People::default() };
        ask(state, id, None, cx);
    }
}

/// Goes to those with the next of several texts, and from the last one back to everybody.
fn variant(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    if campaign.variants.len() < 2 {
        return info(state, "everybody gets the same text", cx);
    }
    let people = &state.campaigns.people;
    let (only, variant) = (people.only, people.next_variant(campaign));
    state.campaigns.people = People { only, variant, ..People::default() };
    ask(state, campaign.id, None, cx);
}

/// Opens the chat of the selected one.
fn chat(state: &mut State, cx: &mut Cx<'_>) {
    let Some(line) = state.campaigns.people.rows.selected() else { return };
    match line.chat {
        Some(id) => {
            chats::picked(state, Pick::Chat(id), cx);
            state.came_from = Some(Screen::Campaigns);
        }
        None if line.state == RecipientState::Queued => info(state, "nothing was written to this person yet", cx),
        None => info(state, "there is no chat with this person", cx),
    }
}

/// Reads the page that is on the screen once more.
pub fn again(state: &mut State, id: CampaignId, cx: &mut Cx<'_>) {
    let people = &mut state.campaigns.people;
    if people.rows.reading == Reading::Again {
        return;
    }
    let first = cx.seen.panes.table().map_or(0, |table| table.first);
    let after = people.page_of(first).cloned();
    people.rows.top = first;
    people.rows.reading = Reading::Again;
    ask(state, id, after, cx);
}

/// A page came: the first one, the next one, or one that was read again. Those after one that was read again are
/// forgotten, because with only one state they begin elsewhere now.
pub fn came(
    state: &mut State,
    asked: &CampaignReport,
    reply: Result<Page<CampaignReportLine>, Refusal>,
    cx: &mut Cx<'_>,
) {
    let Place::People(id) = state.campaigns.place else { return };
    let people = &mut state.campaigns.people;
    if asked.name.as_str() != id.to_string() || (asked.state, &asked.variant) != (people.only, &people.variant) {
        return;
    }
    let page = match reply {
        Ok(page) => page,
        Err(refusal) => {
            people.rows.reading = Reading::Failed(refusal.text);
            return;
        }
    };
    let kept = match &asked.after {
        None => {
            people.pages.clear();
            0
        }
        Some(after) => match people.pages.iter().position(|(known, _)| known == after) {
            Some(at) => {
                people.pages.truncate(at + 1);
                people.pages[at].1
            }
            None => {
                people.pages.push((after.clone(), people.rows.items().len()));
                people.rows.extend(page.items, page.next, cx.now);
                return;
            }
        },
    };
    let mut items = people.rows.items()[..kept.min(people.rows.items().len())].to_vec();
    items.extend(page.items);
    let top = people.rows.top;
    people.rows.replace(items, page.next, cx.now);
    people.rows.top = top;
    more(state, id, cx);
}
