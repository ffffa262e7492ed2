//! The claim of one recipient: everything that speaks against it is looked at in the transaction that stores the message.

use super::steer::wait_again;
use super::{Rules, Turn, turn};
use crate::ids::{CampaignId, ChatId, InteractionId, RecipientId};
use crate::model::campaign::{Campaign, CampaignState, NumberCheck};
use crate::model::contact::{ConsentState, Review};
use crate::model::interaction::{Author, Interaction, InteractionState};
use crate::model::number_check::{Look, look};
use crate::model::recipient::{RecipientState, left_out};
use crate::model::variant;
use crate::phone::{Address, Phone};
use crate::scoped;
use crate::store::TenantStore;
use crate::store::campaign_media;
use crate::store::campaigns::{self, found};
use crate::store::error::StoreError;
use crate::store::interactions::{self, Extra};
use crate::store::recipients::OPTED_OUT;
use crate::store::scope::{Scope, Scoped};
use crate::store::{chats, contacts, jobs, number_checks, suppressions};
use crate::time::Timestamp;

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The message is stored and its job made.
    Made(InteractionId),
    /// The person is left out.
    LeftOut(RecipientState),
    /// It is not this person's turn any more: look again.
    Gone,
    /// The number is to be looked up first, not before this instant.
    LookUp(Timestamp),
}

/// What a recipient is to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The words, or why nothing can be made of them.
    pub text: Result<String, String>,
    /// Why the person is left out, going by the row alone: what is on record of them may say otherwise.
    pub said: Option<String>,
}

impl From<Result<String, String>> for Letter {
    fn from(text: Result<String, String>) -> Self {
        Self { text, said: None }
    }
}

struct Person {
    contact: crate::ids::ContactId,
    review: Review,
    consent: Option<ConsentState>,
    opted_out: bool,
    address: Option<Address>,
    newcomer: bool,
    phone: Option<Phone>,
    /// Did they ever write to us?
    wrote: bool,
}

/// The person of a row, and where a message to them goes: to the address that wrote last, else to the phone number.
fn person(scope: &Scope<'_>, campaign: &Campaign, id: RecipientId) -> Result<Option<Person>, StoreError> {
    const PERSON: Scoped = scoped!(
        "SELECT c.id, c.review, c.opted_out_at IS NOT NULL, h.address, r.phone, h.last_at IS NULL,
                (SELECT max(address) FROM identities WHERE tenant_id = c.tenant_id AND contact_id = c.id),
                EXISTS (SELECT 1 FROM chats AS w
                        WHERE w.tenant_id = c.tenant_id AND w.contact_id = c.id AND w.last_in_at IS NOT NULL),
                c.consent
         FROM recipients AS r
         JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
         LEFT JOIN chats AS h ON h.tenant_id = r.tenant_id AND h.contact_id = r.contact_id
                             AND h.instance_id = :instance
         WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign AND r.id = :id"
    );
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":campaign", &campaign.id), (":instance", &campaign.instance), (":id", &id)];
    scope.row(PERSON, params, |row| {
        let (thread, phone): (Option<Address>, Option<Phone>) = (row.get(3)?, row.get(4)?);
        let (identity, by_phone): (Option<Address>, _) = (row.get(6)?, phone.as_ref().map(Phone::address));
        Ok(Person {
            contact: row.get(0)?,
            review: row.get(1)?,
            opted_out: row.get(2)?,
            address: thread.or(by_phone).or(identity).filter(Address::is_person),
            newcomer: row.get(5)?,
            phone,
            wrote: row.get(7)?,
            consent: row.get(8)?,
        })
    })
}

/// Where a message to somebody goes who is to be looked up first, or what happens instead.
enum Checked {
    Address(Option<Address>),
    Instead(Claim),
    LeftOut(String),
}

fn checked(scope: &Scope<'_>, campaign: &Campaign, person: &Person, now: Timestamp) -> Result<Checked, StoreError> {
    let Some(phone) = person.phone.as_ref().filter(|_| campaign.check == NumberCheck::Before && !person.wrote) else {
        return Ok(Checked::Address(None));
    };
    let found = number_checks::find(scope, phone)?;
    Ok(match look(found.as_ref().map(|found| found.known), now) {
        Look::There => Checked::Address(found.and_then(|found| found.address)),
        Look::Absent => Checked::LeftOut(number_checks::NO_WHATSAPP.to_owned()),
        Look::GivenUp => {
            let why = found.and_then(|found| found.reason).unwrap_or_default();
            Checked::LeftOut(format!("nobody could tell whether this number has WhatsApp: {why}"))
        }
        Look::Up(at) => Checked::Instead(Claim::LookUp(at)),
    })
}

pub(super) fn leave_out(
    scope: &Scope<'_>,
    campaign: CampaignId,
    id: RecipientId,
    state: RecipientState,
    reason: &str,
    now: Timestamp,
) -> Result<Claim, StoreError> {
    const LEAVE: Scoped = scoped!(
        "UPDATE recipients SET state = :state, reason = :reason, interaction_id = NULL, claimed_at = :now
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id"
    );
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":campaign", &campaign), (":id", &id), (":state", &state), (":reason", &reason), (":now", &now)];
    scope.execute(LEAVE, params)?;
    campaigns::emit(scope, campaign);
    Ok(Claim::LeftOut(state))
}

fn claim(
    scope: &Scope<'_>,
    campaign: &Campaign,
    id: RecipientId,
    letter: Letter,
    now: Timestamp,
) -> Result<Claim, StoreError> {
    const TAKE: Scoped = scoped!(
        "UPDATE recipients SET state = 'sending', interaction_id = :interaction, claimed_at = :now, newcomer = :newcomer,
                               variant = :variant, progress = NULL, sent_at = NULL
         WHERE tenant_id = :tenant AND campaign_id = :campaign AND id = :id AND state = 'queued'"
    );
    const GOES_ON: Scoped = scoped!(
        "UPDATE campaigns SET reason = NULL, next_at = NULL
         WHERE tenant_id = :tenant AND id = :campaign AND (reason IS NOT NULL OR next_at IS NOT NULL)"
    );
    let skip = |reason: &str| leave_out(scope, campaign.id, id, RecipientState::Skipped, reason, now);
    let Some(person) = person(scope, campaign, id)? else { return skip("nobody we know") };
    let silent = match &person.address {
        Some(address) => suppressions::is_suppressed(scope, address)?,
        None => false,
    };
    if person.opted_out || silent {
        return leave_out(scope, campaign.id, id, RecipientState::OptedOut, OPTED_OUT, now);
    }
    if person.review == Review::Personal {
        return skip("personal: campaigns never write here");
    }
    // The list was written some time ago: whoever refused since then gets nothing.
    if let Some(reason) = left_out(letter.said.as_deref(), person.consent) {
        return skip(reason);
    }
    let text = match letter.text {
        Ok(text) => text,
        Err(reason) => return skip(&reason),
    };
    let (address, alternate) = match checked(scope, campaign, &person, now)? {
        // WhatsApp may know the number under another one: Brazil's ninth digit.
        Checked::Address(Some(address)) => (address, person.phone.as_ref().map(Phone::address)),
        Checked::Address(None) => match person.address {
            Some(address) => (address, None),
            None => return skip("no phone number is known"),
        },
        Checked::Instead(claim) => return Ok(claim),
        Checked::LeftOut(reason) => return skip(&reason),
    };
    let thread = chats::thread(scope, campaign.instance, &address, alternate.as_ref(), None, Review::New, now)?;
    if thread.contact != person.contact {
        // The two turned out to be one, or the address is somebody else's: what is known of the person changed.
        return match self::person(scope, campaign, id)? {
            Some(found) if found.contact == thread.contact => Ok(Claim::Gone),
            Some(_) => skip("the address belongs to somebody else"),
            None => Ok(Claim::Gone),
        };
    }
    let interaction = Interaction {
        kind: campaign_media::kind_of(campaign.media.as_ref()),
        media: campaign.media.as_ref().map(campaign_media::media_of),
        ..Interaction::outgoing(thread.chat, address, Author::Campaign, text, now)
    };
    let extra = Extra { media: campaign_media::note_of(campaign.id, campaign.media.as_ref()), ..Extra::default() };
    interactions::insert(scope, campaign.instance, &interaction, &extra, now)?;
    jobs::insert_campaign_send(scope, thread.chat, interaction.id, now)?;
    let variant = i64::try_from(variant::draw(id, campaign.texts())).unwrap_or(0);
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[
        (":campaign", &campaign.id),
        (":id", &id),
        (":interaction", &interaction.id),
        (":newcomer", &person.newcomer),
        (":variant", &variant),
        (":now", &now),
    ];
    if scope.execute(TAKE, params)? != 1 {
        return Err(StoreError::Conflict("the recipient was taken meanwhile".to_owned()));
    }
    scope.execute(GOES_ON, &[(":campaign", &campaign.id)])?;
    campaigns::emit(scope, campaign.id);
    Ok(Claim::Made(interaction.id))
}

/// May a message of a campaign leave, at first or once more? The person may have asked for silence since it was made, or a
/// human may have stopped the campaign while it was on its way and turned out not to be sent: then it is taken back, and
/// the row waits again or says why not.
pub(crate) fn may_leave(
    scope: &Scope<'_>,
    chat: ChatId,
    message: InteractionId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const ROW: Scoped = scoped!(
        "SELECT r.campaign_id, r.id, p.state FROM recipients AS r
         JOIN campaigns AS p ON p.tenant_id = r.tenant_id AND p.id = r.campaign_id
         WHERE r.tenant_id = :tenant AND r.interaction_id = :message"
    );
    const TO: Scoped = scoped!("SELECT address FROM interactions WHERE tenant_id = :tenant AND id = :message");
    let Some(contact) = chats::find(scope, chat)?.and_then(|chat| chat.contact) else { return Ok(false) };
    let Some(person) = contacts::find(scope, contact)? else { return Ok(false) };
    let silent = match scope.row(TO, &[(":message", &message)], |row| row.get::<_, Address>(0))? {
        Some(address) => suppressions::is_suppressed(scope, &address)?,
        None => return Ok(false),
    };
    let row = scope.row(ROW, &[(":message", &message)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let stands = row.map(|(.., state)| state);
    let refused = left_out(None, person.consent.map(|consent| consent.state));
    let (state, reason) = match (silent || person.opted_out_at.is_some(), person.review, stands) {
        (true, ..) => (RecipientState::OptedOut, OPTED_OUT),
        (false, Review::Personal, _) => (RecipientState::Skipped, "personal: campaigns never write here"),
        _ if let Some(refused) = refused => (RecipientState::Skipped, refused),
        (.., Some(CampaignState::Cancelled)) => (RecipientState::Skipped, "the campaign was cancelled"),
        (.., Some(CampaignState::Draft | CampaignState::Scheduled | CampaignState::Paused)) => {
            (RecipientState::Queued, "the campaign was paused")
        }
        (.., Some(CampaignState::Running | CampaignState::Completed) | None) => return Ok(true),
    };
    interactions::set_state(scope, message, InteractionState::Cancelled, Some(reason))?;
    match row {
        Some((campaign, recipient, _)) if state == RecipientState::Queued => wait_again(scope, campaign, recipient)?,
        Some((campaign, recipient, _)) => drop(leave_out(scope, campaign, recipient, state, reason, now)?),
        None => {}
    }
    Ok(false)
}

impl TenantStore {
    /// Takes one recipient: everything that speaks against it is looked at here, and the message and its job are
    /// stored in the same transaction.
    ///
    /// # Errors
    /// What the store says.
    pub async fn claim_recipient(
        &self,
        id: CampaignId,
        recipient: RecipientId,
        letter: impl Into<Letter>,
        rules: impl Into<Rules>,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let (letter, rules) = (letter.into(), rules.into());
        self.write(move |scope| match turn(scope, id, &rules, now)? {
            Turn::Next { material, .. } if material.recipient == recipient => {
                claim(scope, &found(scope, id)?, recipient, letter, now)
            }
            _ => Ok(Claim::Gone),
        })
        .await
    }
}
