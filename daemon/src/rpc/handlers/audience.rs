//! Who is meant by a call about a campaign: a list, some numbers, or a segment of the contacts.

use mychatflow_data::ids::CampaignId;
use mychatflow_data::model::campaign::{Campaign, CampaignCounts, CampaignState, NumberCheck, Plan};
use mychatflow_data::model::governor::estimate::Newcomers;
use mychatflow_data::model::query::Query;
use mychatflow_data::model::recipient::NO_CONSENT_ON_RECORD;
use mychatflow_data::protocol::calls::campaign::{CampaignCreate, CampaignDocument, CampaignPreview};
use mychatflow_data::protocol::piece::Rest;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::campaigns::Progress;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::tx::draft_campaign::{NewCampaign, NewRecipient};
use mychatflow_data::time::Timestamp;

use super::campaigns::{document, invalid};
use crate::config::Consent;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::flow::column_wish::ColumnWish;
use crate::flow::columns::Entry;
use crate::flow::consent;
use crate::flow::country::Country;
use crate::flow::list::{Content, Line, List};
use crate::flow::repair;
use crate::rpc::refused::Handled;

/// Rows that one unit of work puts on a list.
const ROWS: usize = 250;

/// Some of the contacts.
pub struct Group {
    /// The segment's name or the query, as it was written.
    words: String,
    /// Who is meant, with the segments in it looked up.
    pub query: Query,
}

/// Who is meant.
pub enum Audience {
    /// A list, as far as it is here.
    List(Box<List>),
    /// People by phone number.
    People(Vec<NewRecipient>),
    /// Some of the contacts.
    Group(Group),
}

/// A campaign's list between two pieces.
pub struct Listing {
    list: List,
    campaign: Campaign,
    rows: i64,
    skipped: i64,
    duplicates: i64,
}

pub(super) fn country(letters: Option<&str>) -> Handled<Option<Country>> {
    let Some(letters) = letters else { return Ok(None) };
    match Country::parse(letters) {
        Some(country) => Ok(Some(country)),
        None => invalid(format!("{letters:?} is no country: write two letters, for example DE")),
    }
}

/// The people whom a saved segment has, or a query means.
async fn group(shop: &TenantStore, text: &str) -> Handled<Group> {
    let text = text.trim();
    let query = match shop.segment_named(text.to_owned()).await {
        Ok(segment) => Query::parse(&segment.query).map_err(StoreError::from)?,
        Err(StoreError::NotFound(_)) if text.is_empty() => return invalid("say who gets it: all, or tag:vip"),
        Err(StoreError::NotFound(_)) => {
            let query = Query::parse(text).map_err(StoreError::from)?;
            // A name that was mistyped must not become a search for people who are called so.
            if query.is_words() && !text.contains('"') {
                let hint = "see `mychatflow segment list`, or write a query such as tag:vip, name:ana or all";
                return invalid(format!("{text:?} is no segment: {hint}"));
            }
            query
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Group { words: clean_line(text), query: shop.resolved_query(query).await? })
}

/// Why people of whom no list says anything are left out, unless their consent is on record.
pub(super) fn segment_skip(cx: &Cx) -> Option<String> {
    (cx.config().campaign.consent == Consent::Required).then(|| NO_CONSENT_ON_RECORD.to_owned())
}

impl Audience {
    pub(super) async fn of_create(cx: &Cx, shop: &TenantStore, call: &CampaignCreate) -> Handled<Self> {
        if call.more == Rest::Follows && call.file.is_none() {
            return invalid("only a file comes in pieces");
        }
        let home = country(call.country.as_deref())?;
        match (&call.file, &call.segment, call.to.as_slice()) {
            (Some(file), None, []) => Self::list(home, file, &call.column),
            (None, Some(text), []) => group(shop, text).await.map(Self::Group),
            (None, None, [_, ..]) => Ok(Self::People(call.to.iter().map(|text| by_number(cx, text, home)).collect())),
            (None, None, []) => invalid("say who gets it: a list with --file, --to PHONE, or --segment tag:vip"),
            _ => invalid("a list, phone numbers or a segment: one of them"),
        }
    }

    pub(super) async fn of_preview(cx: &Cx, shop: &TenantStore, call: &CampaignPreview) -> Handled<Self> {
        let create = CampaignCreate {
            file: call.file.clone(),
            country: call.country.clone(),
            segment: call.segment.clone(),
            column: call.column.clone(),
            ..CampaignCreate::default()
        };
        Self::of_create(cx, shop, &create).await
    }

    fn list(home: Option<Country>, piece: &str, columns: &[String]) -> Handled<Self> {
        let wishes: Result<Vec<_>, String> = columns.iter().map(|wish| ColumnWish::parse(wish)).collect();
        let mut list = List::new(home).with_wishes(wishes.or_else(invalid)?);
        list.push(piece);
        Ok(Self::List(Box::new(list)))
    }

    /// What people are told of it later.
    pub(super) fn in_words(&self, file: Option<&str>) -> String {
        match self {
            Self::List(_) => {
                file.map(clean_line).filter(|name| !name.is_empty()).unwrap_or_else(|| "a list".to_owned())
            }
            Self::People(people) if people.len() == 1 => "1 phone number".to_owned(),
            Self::People(people) => format!("{} phone numbers", people.len()),
            Self::Group(group) => group.words.clone(),
        }
    }
}

fn by_number(cx: &Cx, text: &str, home: Option<Country>) -> NewRecipient {
    NewRecipient {
        phone: repair::number(text, home).map(|number| number.phone),
        given: clean_line(text),
        name: None,
        fields: "{}".to_owned(),
        skip: segment_skip(cx),
    }
}

/// A row of a list as a recipient, with the reason where it gets nothing.
fn recipient(line: Line, policy: Consent) -> NewRecipient {
    match line.content {
        Content::Broken(begins, why) => {
            NewRecipient { phone: Err(why), given: begins, name: None, fields: "{}".to_owned(), skip: None }
        }
        Content::Person(entry, cells) => {
            let Entry { number, given, name, consent: said, .. } = *entry;
            let fields = cells.into_iter().map(|(variable, text)| (variable, text.into())).collect();
            NewRecipient {
                phone: number.map(|number| number.phone),
                given,
                name,
                fields: serde_json::Value::Object(fields).to_string(),
                skip: consent::refused(said, policy).map(str::to_owned),
            }
        }
    }
}

/// The first rows of a list that may go on after what is here.
pub(super) fn first(mut list: List, cx: &Cx, limit: usize) -> Handled<Vec<NewRecipient>> {
    let policy = cx.config().campaign.consent;
    list.finish();
    let mut rows = Vec::new();
    while rows.len() < limit
        && let Some(line) = list.read().or_else(invalid)?
    {
        rows.push(recipient(line, policy));
    }
    if rows.is_empty() { invalid(NOBODY) } else { Ok(rows) }
}

const NOBODY: &str = "nobody is on the list: a header line, and then a line for each person";

/// A campaign as it is before its list is complete.
pub(super) fn being_made(id: CampaignId, new: NewCampaign, now: Timestamp) -> Campaign {
    Campaign {
        id,
        name: new.name,
        instance: new.instance,
        text: new.text,
        state: CampaignState::Draft,
        scheduled_at: new.scheduled_at,
        timezone: new.timezone,
        duplicates: 0,
        audience: new.audience,
        created_at: now,
        started_at: None,
        finished_at: None,
        reason: None,
        next_at: None,
        variants: Vec::new(),
        media: None,
        check: NumberCheck::default(),
        plan: Plan::default(),
    }
}

impl Listing {
    pub(super) fn new(list: List, campaign: Campaign) -> Self {
        Self { list, campaign, rows: 0, skipped: 0, duplicates: 0 }
    }

    /// Takes the next piece, and puts its people on the list.
    pub(super) async fn take_in(&mut self, cx: &Cx, shop: &TenantStore, piece: &str, rest: Rest) -> Handled<()> {
        self.list.push(piece);
        if rest == Rest::Nothing {
            self.list.finish();
        }
        let policy = cx.config().campaign.consent;
        loop {
            let mut page = Vec::with_capacity(ROWS);
            while page.len() < ROWS
                && let Some(line) = self.list.read().or_else(invalid)?
            {
                page.push(recipient(line, policy));
            }
            if page.is_empty() {
                break;
            }
            self.rows += i64::try_from(page.len()).unwrap_or(i64::MAX);
            let skipped = page.iter().filter(|row| row.phone.is_err() || row.skip.is_some()).count();
            self.skipped += i64::try_from(skipped).unwrap_or(i64::MAX);
            self.duplicates += shop.add_recipients(self.campaign.id, page, cx.now()).await?;
        }
        if rest == Rest::Nothing && self.rows == 0 { invalid(NOBODY) } else { Ok(()) }
    }

    /// Rows that named somebody who was on the list already.
    pub(super) fn duplicates(&self) -> i64 {
        self.duplicates
    }

    /// What is there so far.
    pub(super) fn document(&self, cx: &Cx) -> CampaignDocument {
        let queued = (self.rows - self.duplicates - self.skipped).max(0);
        let counts = CampaignCounts { queued, skipped: self.skipped, ..CampaignCounts::default() };
        let campaign = Campaign { duplicates: self.duplicates, ..self.campaign.clone() };
        let progress = Progress {
            campaign,
            counts,
            variants: Vec::new(),
            newcomers_left: 0,
            begun_lately: 0,
            newcomers: Newcomers::default(),
        };
        document(progress, &cx.config().campaign.limits(), cx.now())
    }
}
