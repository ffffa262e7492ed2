//! Writes a campaign down: its text and its list, page by page so that a long list never holds up the writer. Nobody
//! sees a campaign before its list is complete.

use std::time::Duration;

use crate::ids::{CampaignId, ContactId, InstanceId, RecipientId};
use crate::model::campaign::{Campaign, CampaignState};
use crate::model::contact::{ConsentState, Review};
use crate::model::query::Query;
use crate::model::recipient::{RecipientState, left_out, passed_over};
use crate::phone::{Address, Phone};
use crate::scoped;
use crate::store::TenantStore;
use crate::store::campaigns;
use crate::store::chats;
use crate::store::error::StoreError;
use crate::store::profiles::{self, Person};
use crate::store::recipients::OPTED_OUT;
use crate::store::scope::{Scope, Scoped};
use crate::store::suppressions;
use crate::time::Timestamp;

/// Why the shop's own number is on no list.
const OWN_NUMBER: &str = "one of your own numbers";
/// How long a list may take to be written; what is older was broken off.
const LISTING_MAX: Duration = Duration::from_secs(600);
/// How many people one unit of work looks at for a list, and how many it puts on it at most.
const LOOKED_AT: i64 = 1_000;
const LISTED: usize = 500;

/// A campaign to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCampaign {
    /// What it is called.
    pub name: String,
    /// The number that it goes out from.
    pub instance: InstanceId,
    /// The text, with places for variables.
    pub text: String,
    /// When it is to start.
    pub scheduled_at: Option<Timestamp>,
    /// The time zone in which people think of it.
    pub timezone: String,
    /// Who is on its list, in words: a query, a file's name.
    pub audience: Option<String>,
}

/// A row of a list to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecipient {
    /// The phone number, or why it is none.
    pub phone: Result<Phone, String>,
    /// What the row says in its place.
    pub given: String,
    /// The person's name.
    pub name: Option<String>,
    /// The columns of the row, as a JSON object.
    pub fields: String,
    /// Why the person is left out all the same.
    pub skip: Option<String>,
}

/// What became of a part of the contacts that a list was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// How many were on it already, under another contact of the same phone number.
    pub duplicates: i64,
    /// The last one that was looked at; `None` when nobody is left.
    pub next: Option<ContactId>,
}

struct Row<'r> {
    contact: Option<ContactId>,
    phone: Option<&'r Phone>,
    given: &'r str,
    name: Option<&'r str>,
    fields: &'r str,
    skip: Option<&'r str>,
}

/// Puts a row on a list; false when its person is on it already.
fn insert(scope: &Scope<'_>, campaign: CampaignId, row: &Row<'_>, now: Timestamp) -> Result<bool, StoreError> {
    const INSERT: Scoped = scoped!(
        "INSERT INTO recipients (tenant_id, campaign_id, id, contact_id, phone, given, name, fields, state, reason,
                                 newcomer, claimed_at, created_at)
         VALUES (:tenant, :campaign, :id, :contact, :phone, :given, :name, :fields, :state, :reason,
                 NOT EXISTS (SELECT 1 FROM chats AS h JOIN campaigns AS p
                                 ON p.tenant_id = h.tenant_id AND p.instance_id = h.instance_id
                             WHERE h.tenant_id = :tenant AND h.contact_id = :contact AND p.id = :campaign
                               AND h.last_at IS NOT NULL),
                 CASE WHEN :reason IS NOT NULL THEN :now END, :now)
         ON CONFLICT DO NOTHING"
    );
    let state = if row.skip.is_some() { RecipientState::Skipped } else { RecipientState::Queued };
    let inserted = scope.execute(
        INSERT,
        &[
            (":campaign", &campaign),
            (":id", &RecipientId::new()),
            (":contact", &row.contact),
            (":phone", &row.phone),
            (":given", &row.given),
            (":name", &row.name),
            (":fields", &row.fields),
            (":state", &state),
            (":reason", &row.skip),
            (":now", &now),
        ],
    )?;
    Ok(inserted > 0)
}

fn recorded_consent(scope: &Scope<'_>, contact: ContactId) -> Result<Option<ConsentState>, StoreError> {
    const CONSENT: Scoped = scoped!("SELECT consent FROM contacts WHERE tenant_id = :tenant AND id = :id");
    Ok(scope.row(CONSENT, &[(":id", &contact)], |row| row.get(0))?.flatten())
}

/// Puts somebody of the contacts on a list, with the columns of the owner's own; false when they are on it already.
fn insert_person(
    scope: &Scope<'_>,
    campaign: CampaignId,
    person: &Person,
    skip: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const FIND: Scoped = scoped!(
        "SELECT phone, (SELECT min(address) FROM identities WHERE tenant_id = :tenant AND contact_id = :id), fields
         FROM contacts WHERE tenant_id = :tenant AND id = :id"
    );
    let found = scope.row(FIND, &[(":id", &person.id)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (phone, address, fields): (Option<Phone>, Option<String>, String) =
        found.ok_or(StoreError::NotFound("contact"))?;
    let given = phone.as_ref().map(ToString::to_string).or(address).unwrap_or_default();
    let name = person.profile.name.as_deref();
    let row = Row { contact: Some(person.id), phone: phone.as_ref(), given: &given, name, fields: &fields, skip };
    insert(scope, campaign, &row, now)
}

/// The numbers of the shop itself: a test makes a contact of one, and no list is meant to have it.
fn own_numbers(scope: &Scope<'_>) -> Result<Vec<Phone>, StoreError> {
    const OWN: Scoped = scoped!(
        "SELECT json_extract(me, '$.id') FROM instances
         WHERE tenant_id = :tenant AND removed_at IS NULL AND json_extract(me, '$.id') IS NOT NULL"
    );
    let own: Vec<Address> = scope.rows(OWN, &[], |row| row.get(0))?;
    Ok(own.iter().filter_map(Address::phone).collect())
}

/// Is it the number of nobody, to which nobody writes?
fn is_silent_stranger(scope: &Scope<'_>, phone: &Phone) -> Result<bool, StoreError> {
    const KNOWN: Scoped = scoped!("SELECT 1 FROM identities WHERE tenant_id = :tenant AND address = :address");
    let address = phone.address();
    Ok(suppressions::is_suppressed(scope, &address)?
        && scope.row(KNOWN, &[(":address", &address)], |_| Ok(()))?.is_none())
}

fn listed_already(scope: &Scope<'_>, id: CampaignId) -> Result<bool, StoreError> {
    const LISTED: Scoped =
        scoped!("SELECT listed_at IS NOT NULL FROM campaigns WHERE tenant_id = :tenant AND id = :id");
    scope.row(LISTED, &[(":id", &id)], |row| row.get(0))?.ok_or(StoreError::NotFound("campaign"))
}

fn must_be_open(scope: &Scope<'_>, id: CampaignId) -> Result<(), StoreError> {
    if listed_already(scope, id)? {
        return Err(StoreError::Conflict("the campaign's list is complete".to_owned()));
    }
    Ok(())
}

impl TenantStore {
    /// Begins a campaign whose list follows. One of the same name whose list was broken off makes room for it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken, [`StoreError::Invalid`] for an empty name or text,
    /// [`StoreError::NotFound`] without the number.
    pub async fn begin_campaign(&self, new: NewCampaign, now: Timestamp) -> Result<CampaignId, StoreError> {
        const BROKEN_OFF: Scoped = scoped!(
            "DELETE FROM campaigns
             WHERE tenant_id = :tenant AND listed_at IS NULL AND (name = :name OR created_at < :horizon)"
        );
        const OURS: Scoped =
            scoped!("SELECT 1 FROM instances WHERE tenant_id = :tenant AND id = :instance AND removed_at IS NULL");
        const INSERT: Scoped = scoped!(
            "INSERT INTO campaigns (tenant_id, id, instance_id, name, text, state, timezone, scheduled_at, audience, created_at)
             VALUES (:tenant, :id, :instance, :name, :text, 'draft', :timezone, :scheduled_at, :audience, :now)
             ON CONFLICT (tenant_id, name) DO NOTHING"
        );
        self.write(move |scope| {
            let name = new.name.trim();
            if name.is_empty() || new.text.trim().is_empty() {
                return Err(StoreError::Invalid("a campaign needs a name and a text".to_owned()));
            }
            scope.row(OURS, &[(":instance", &new.instance)], |_| Ok(()))?.ok_or(StoreError::NotFound("instance"))?;
            scope.execute(BROKEN_OFF, &[(":name", &name), (":horizon", &(now - LISTING_MAX))])?;
            let id = CampaignId::new();
            let inserted = scope.execute(
                INSERT,
                &[
                    (":id", &id),
                    (":instance", &new.instance),
                    (":name", &name),
                    (":text", &new.text),
                    (":timezone", &new.timezone),
                    (":scheduled_at", &new.scheduled_at),
                    (":audience", &new.audience),
                    (":now", &now),
                ],
            )?;
            if inserted == 0 {
                return Err(StoreError::Conflict(format!("there is a campaign named {name} already")));
            }
            Ok(id)
        })
        .await
    }

    /// Puts rows on the list of a campaign that was begun; their phone numbers become contacts. Returns how many named
    /// somebody who was on it already.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the list is complete.
    pub async fn add_recipients(
        &self,
        campaign: CampaignId,
        rows: Vec<NewRecipient>,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        self.write(move |scope| {
            must_be_open(scope, campaign)?;
            let (mut duplicates, own) = (0, own_numbers(scope)?);
            for new in &rows {
                let (contact, phone, skip) = match &new.phone {
                    Ok(phone) if own.contains(phone) => (None, Some(phone), Some(OWN_NUMBER)),
                    // Whoever was erased, or asked for silence before anybody knew them, stays nobody.
                    Ok(phone) if is_silent_stranger(scope, phone)? => (None, Some(phone), Some(OPTED_OUT)),
                    Ok(phone) => {
                        let name = new.name.as_deref();
                        let (contact, _) = chats::contact_of(scope, &phone.address(), None, name, Review::New, now)?;
                        let skip = left_out(new.skip.as_deref(), recorded_consent(scope, contact)?);
                        (Some(contact), Some(phone), skip)
                    }
                    Err(reason) => (None, None, Some(reason.as_str())),
                };
                let (given, fields) = (new.given.as_str(), new.fields.as_str());
                let row = Row { contact, phone, given, name: new.name.as_deref(), fields, skip };
                duplicates += i64::from(!insert(scope, campaign, &row, now)?);
            }
            Ok(duplicates)
        })
        .await
    }

    /// Looks at the next contacts, and puts those whom a query means on the list of a campaign that was begun. The query
    /// has its segments in it already.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the list is complete.
    pub async fn add_people(
        &self,
        campaign: CampaignId,
        query: Query,
        skip: Option<String>,
        after: Option<ContactId>,
        now: Timestamp,
    ) -> Result<Listed, StoreError> {
        self.write(move |scope| {
            must_be_open(scope, campaign)?;
            let people = profiles::by_id(scope, std::slice::from_ref(&query), after, LOOKED_AT)?;
            let whole = i64::try_from(people.len()).is_ok_and(|count| count == LOOKED_AT);
            let (mut duplicates, mut listed, mut last) = (0, 0, None);
            let own = own_numbers(scope)?;
            for mut person in people {
                last = Some(person.id);
                if person.fits(scope, &query, now)? {
                    let is_own = own.iter().any(|own| person.profile.phone.as_deref() == Some(own.digits()));
                    let why = is_own.then_some(OWN_NUMBER).or_else(|| {
                        passed_over(&query, person.profile.review, skip.as_deref(), person.profile.consent)
                    });
                    duplicates += i64::from(!insert_person(scope, campaign, &person, why, now)?);
                    listed += 1;
                }
                if listed == LISTED {
                    return Ok(Listed { duplicates, next: last });
                }
            }
            Ok(Listed { duplicates, next: last.filter(|_| whole) })
        })
        .await
    }

    /// Says that a campaign's list is complete: it is there now, as a draft.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when nobody is on the list.
    pub async fn complete_list(
        &self,
        campaign: CampaignId,
        duplicates: i64,
        now: Timestamp,
    ) -> Result<Campaign, StoreError> {
        const ANYBODY: Scoped =
            scoped!("SELECT 1 FROM recipients WHERE tenant_id = :tenant AND campaign_id = :id LIMIT 1");
        const COMPLETE: Scoped = scoped!(
            "UPDATE campaigns SET listed_at = :now, duplicates = :duplicates WHERE tenant_id = :tenant AND id = :id"
        );
        self.write(move |scope| {
            must_be_open(scope, campaign)?;
            if scope.row(ANYBODY, &[(":id", &campaign)], |_| Ok(()))?.is_none() {
                return Err(StoreError::Invalid("nobody is on the campaign's list".to_owned()));
            }
            scope.execute(COMPLETE, &[(":id", &campaign), (":duplicates", &duplicates), (":now", &now)])?;
            campaigns::emit(scope, campaign);
            campaigns::found(scope, campaign)
        })
        .await
    }

    /// Forgets a campaign whose list could not be written.
    ///
    /// # Errors
    /// What the store says.
    pub async fn abandon_campaign(&self, id: CampaignId) -> Result<(), StoreError> {
        const ABANDON: Scoped =
            scoped!("DELETE FROM campaigns WHERE tenant_id = :tenant AND id = :id AND listed_at IS NULL");
        self.write(move |scope| scope.execute(ABANDON, &[(":id", &id)]).map(drop)).await
    }

    /// Gives a draft other words or another time.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was launched.
    pub async fn edit_campaign(
        &self,
        id: CampaignId,
        text: Option<String>,
        scheduled_at: Option<Timestamp>,
        timezone: String,
    ) -> Result<Campaign, StoreError> {
        const EDIT: Scoped = scoped!(
            "UPDATE campaigns SET text = coalesce(:text, text), scheduled_at = :scheduled_at, timezone = :timezone
             WHERE tenant_id = :tenant AND id = :id"
        );
        self.write(move |scope| {
            let campaign = campaigns::found(scope, id)?;
            if campaign.state != CampaignState::Draft {
                return Err(StoreError::Conflict(format!(
                    "only a draft can be edited: {} is {}",
                    campaign.name, campaign.state
                )));
            }
            if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                return Err(StoreError::Invalid("a campaign needs a text".to_owned()));
            }
            let params: &[(&str, &dyn rusqlite::ToSql)] =
                &[(":id", &id), (":text", &text), (":scheduled_at", &scheduled_at), (":timezone", &timezone)];
            scope.execute(EDIT, params)?;
            campaigns::emit(scope, id);
            campaigns::found(scope, id)
        })
        .await
    }

    /// Forgets a draft, or a campaign that has ended. The messages stay in their chats.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] while it is under way.
    pub async fn remove_campaign(&self, id: CampaignId) -> Result<Campaign, StoreError> {
        const REMOVE: Scoped = scoped!("DELETE FROM campaigns WHERE tenant_id = :tenant AND id = :id");
        self.write(move |scope| {
            let campaign = campaigns::found(scope, id)?;
            match campaign.state {
                CampaignState::Draft | CampaignState::Completed | CampaignState::Cancelled => {}
                state => {
                    let text = format!("{} is {state}: cancel it first", campaign.name);
                    return Err(StoreError::Conflict(text));
                }
            }
            scope.execute(REMOVE, &[(":id", &id)])?;
            campaigns::emit(scope, id);
            Ok(campaign)
        })
        .await
    }
}
