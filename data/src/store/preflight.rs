//! What is known before a campaign is launched: who would get it, and what its number is like.

use super::TenantStore;
use super::campaigns;
use super::error::StoreError;
use super::recipients::{Material, material, read_material};
use super::scope::{Scope, Scoped};
use super::tx::run_campaign::counted;
use crate::ids::{CampaignId, RecipientId};
use crate::model::campaign::{Campaign, CampaignState};
use crate::model::governor::estimate::Newcomers;
use crate::model::governor::{DAY, HOUR, Whom};
use crate::model::instance::{InstanceStatus, Verdict};
use crate::model::new_chats::NewChatCapping;
use crate::model::recipient::CONSENT_REFUSED;
use crate::scoped;
use crate::time::Timestamp;

/// How far back people who asked for silence count.
const LATELY_DAYS: u32 = 30;

/// What is known of the number that a campaign goes out from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberOutlook {
    /// What WAHA last said.
    pub status: Option<InstanceStatus>,
    /// What we think of it.
    pub verdict: Verdict,
    /// When it was paired.
    pub paired_at: Option<Timestamp>,
    /// Until when WhatsApp lets it write to nobody new.
    pub locked_until: Option<Timestamp>,
    /// How many more new chats WhatsApp lets it start, and until when, where it says so.
    pub new_chats: Option<(NewChatCapping, i64)>,
    /// New people that it wrote to for campaigns.
    pub newcomers: Newcomers,
    /// Messages of campaigns in the last hour.
    pub sent_hour: i64,
    /// Messages of campaigns in the last day.
    pub sent_day: i64,
    /// Messages of campaigns in the last 30 days.
    pub sent_lately: i64,
    /// Chats in which we wrote.
    pub chats: i64,
    /// Those of them in which the customer wrote, too.
    pub answered: i64,
    /// People who asked for silence in the last 30 days.
    pub opted_out_lately: i64,
}

/// What is known before a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The campaign.
    pub campaign: Campaign,
    /// Texts besides the first.
    pub variants: Vec<String>,
    /// Everybody on the list.
    pub recipients: i64,
    /// Those who get it, as far as is known.
    pub audience: i64,
    /// Those who do not, by reason, most first.
    pub left_out: Vec<(String, i64)>,
    /// Of the audience, people with whom nothing was ever written.
    pub newcomers: i64,
    /// Of the audience, numbers that were looked up and have WhatsApp.
    pub checked: i64,
    /// Its number.
    pub number: NumberOutlook,
}

/// What is known of the number of a campaign.
fn number(scope: &Scope<'_>, campaign: &Campaign, now: Timestamp) -> Result<NumberOutlook, StoreError> {
    const NUMBER: Scoped = scoped!(
        "SELECT status, verdict, paired_at, restricted_until FROM instances
         WHERE tenant_id = :tenant AND id = :instance AND removed_at IS NULL"
    );
    const SENT: Scoped = scoped!(
        "SELECT count(*), coalesce(sum(at > :day), 0), coalesce(sum(at > :hour), 0) FROM interactions
         WHERE tenant_id = :tenant AND instance_id = :instance AND author = 'campaign' AND at > :since
           AND state <> 'cancelled'"
    );
    const CHATS: Scoped = scoped!(
        "SELECT count(*), coalesce(sum(last_in_at IS NOT NULL), 0) FROM chats
         WHERE tenant_id = :tenant AND instance_id = :instance AND kind = 'direct' AND last_out_at IS NOT NULL"
    );
    const SILENT: Scoped = scoped!("SELECT count(*) FROM contacts WHERE tenant_id = :tenant AND opted_out_at > :since");
    let instance = campaign.instance;
    let found = scope.row(NUMBER, &[(":instance", &instance)], |row| {
        let status: Option<String> = row.get(0)?;
        Ok((status.map(InstanceStatus::from), row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    let (status, verdict, paired_at, locked_until) = found.ok_or(StoreError::NotFound("instance"))?;
    let since = now - DAY * LATELY_DAYS;
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":instance", &instance), (":since", &since), (":day", &(now - DAY)), (":hour", &(now - HOUR))];
    let sent = scope.row(SENT, params, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (sent_lately, sent_day, sent_hour) = sent.unwrap_or_default();
    let chats = scope.row(CHATS, &[(":instance", &instance)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (chats, answered) = chats.unwrap_or_default();
    let opted_out_lately = scope.row(SILENT, &[(":since", &since)], |row| row.get(0))?.unwrap_or(0);
    let newcomers = counted::newcomers(scope, instance, now)?;
    Ok(NumberOutlook {
        status,
        verdict,
        paired_at,
        locked_until,
        new_chats: counted::new_chats(scope, instance)?
            .and_then(|(told, since)| told.left(since, now).map(|left| (told, left))),
        newcomers,
        sent_hour,
        sent_day,
        sent_lately,
        chats,
        answered,
        opted_out_lately,
    })
}

/// What speaks against a row of a list; `NULL`: nothing.
macro_rules! why {
    () => {
        "CASE WHEN r.state NOT IN ('queued', 'checking') THEN coalesce(r.reason, r.state)
              WHEN c.opted_out_at IS NOT NULL THEN 'asked not to be written to'
              WHEN c.review = 'personal' THEN 'personal: campaigns never write here'
              WHEN c.consent = 'refused' THEN :refused
              WHEN n.phone IS NOT NULL AND n.address IS NULL AND p.number_check = 'before'
                  THEN 'no WhatsApp on this number' END"
    };
}

/// The rows of a list that were not written to.
macro_rules! of_list {
    () => {
        "FROM recipients AS r
         JOIN campaigns AS p ON p.tenant_id = r.tenant_id AND p.id = r.campaign_id
         LEFT JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
         LEFT JOIN chats AS h ON h.tenant_id = r.tenant_id AND h.contact_id = r.contact_id
                             AND h.instance_id = p.instance_id
         LEFT JOIN number_checks AS n ON n.tenant_id = r.tenant_id AND n.phone = r.phone
         WHERE r.tenant_id = :tenant AND r.campaign_id = :id AND r.interaction_id IS NULL"
    };
}

fn outlook(scope: &Scope<'_>, campaign: Campaign, now: Timestamp) -> Result<Outlook, StoreError> {
    // What speaks against a person who waits is looked at again when their turn comes.
    const ROWS: Scoped = scoped!(concat!(
        "SELECT ",
        why!(),
        " AS why, count(*), coalesce(sum(h.last_at IS NULL), 0), coalesce(sum(n.address IS NOT NULL), 0) ",
        of_list!(),
        " GROUP BY why ORDER BY 2 DESC, 1"
    ));
    const ALL: Scoped = scoped!("SELECT count(*) FROM recipients WHERE tenant_id = :tenant AND campaign_id = :id");
    const VARIANTS: Scoped = scoped!("SELECT variants FROM campaigns WHERE tenant_id = :tenant AND id = :id");
    let id = campaign.id;
    let rows = scope.rows(ROWS, &[(":id", &id), (":refused", &CONSENT_REFUSED)], |row| {
        Ok((row.get::<_, Option<String>>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
    })?;
    let (mut audience, mut newcomers, mut checked, mut left_out) = (0, 0, 0, Vec::new());
    for (why, people, new, looked_up) in rows {
        match why {
            Some(why) => left_out.push((why, people)),
            None => (audience, newcomers, checked) = (people, new, looked_up),
        }
    }
    let variants = scope.row(VARIANTS, &[(":id", &id)], |row| row.get::<_, String>(0))?;
    Ok(Outlook {
        variants: variants.and_then(|variants| serde_json::from_str(&variants).ok()).unwrap_or_default(),
        recipients: scope.row(ALL, &[(":id", &id)], |row| row.get(0))?.unwrap_or(0),
        audience,
        left_out,
        newcomers,
        checked,
        number: number(scope, &campaign, now)?,
        campaign,
    })
}

impl TenantStore {
    /// The next people of a campaign's audience, as far as it is known: what their texts are made from, and whether nothing was
    /// ever written with them.
    ///
    /// # Errors
    /// What the store says.
    pub async fn audience_materials(
        &self,
        id: CampaignId,
        after: Option<RecipientId>,
        limit: i64,
    ) -> Result<Vec<(Material, Whom)>, StoreError> {
        const NEXT: Scoped = scoped!(concat!(
            "SELECT ",
            material!(),
            ", h.last_at IS NULL ",
            of_list!(),
            " AND r.id > coalesce(:after, x'') AND ",
            why!(),
            " IS NULL ORDER BY r.id LIMIT :limit"
        ));
        self.read(move |scope| {
            let params: &[(&str, &dyn rusqlite::ToSql)] =
                &[(":id", &id), (":refused", &CONSENT_REFUSED), (":after", &after), (":limit", &limit)];
            scope.rows(NEXT, params, |row| {
                Ok((read_material(row)?, if row.get(6)? { Whom::Newcomer } else { Whom::Known }))
            })
        })
        .await
    }

    /// What is known before a campaign is launched, or goes on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without the campaign or its number, [`StoreError::Conflict`] when it has ended.
    pub async fn campaign_outlook(&self, id: CampaignId, now: Timestamp) -> Result<Outlook, StoreError> {
        self.read(move |scope| {
            let campaign = campaigns::found(scope, id)?;
            if matches!(campaign.state, CampaignState::Completed | CampaignState::Cancelled) {
                let text = format!("{} is {}: nothing is left to send", campaign.name, campaign.state);
                return Err(StoreError::Conflict(text));
            }
            outlook(scope, campaign, now)
        })
        .await
    }
}
