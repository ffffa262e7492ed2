//! Who on a list is next.

use crate::ids::RecipientId;
use crate::model::campaign::Campaign;
use crate::model::governor::Whom;
use crate::model::hush::Hush;
use crate::phone::Phone;
use crate::scoped;
use crate::store::error::StoreError;
use crate::store::recipients::{Material, material, read_material};
use crate::store::scope::{Scope, Scoped};
use crate::time::Timestamp;

/// How many of a list are looked at in one go for one who may be disturbed: few at first, for mostly it is the first.
const PAGE_ROWS: (i64, i64) = (16, 1024);

/// Somebody who is next.
pub(super) struct Candidate {
    pub material: Material,
    pub whom: Whom,
}

/// Whom to look among.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    Everybody,
    KnownPeople,
}

/// What was found.
pub(super) enum Found {
    Somebody(Candidate),
    /// All of them are not to be disturbed before this.
    Asleep(Timestamp),
    Nobody,
}

/// The first in the queue whom no answer to their own question comes before, and who may be disturbed now.
pub(super) fn candidate(
    scope: &Scope<'_>,
    campaign: &Campaign,
    hush: Option<&Hush>,
    among: Among,
) -> Result<Found, StoreError> {
    const FIRST: Scoped = scoped!(concat!(
        "SELECT ",
        material!(),
        ", h.last_at IS NULL
         FROM recipients AS r
         LEFT JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
         LEFT JOIN chats AS h ON h.tenant_id = r.tenant_id AND h.contact_id = r.contact_id
                             AND h.instance_id = :instance
         WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign AND r.state = 'queued'
           AND (:from IS NULL OR r.id >= :from)
           AND coalesce(h.state, '') <> 'assistant' AND (NOT :known_only OR h.last_at IS NOT NULL)
         ORDER BY r.id LIMIT 1"
    ));
    let from = match hush {
        None => None,
        Some(hush) => match awake(scope, campaign, hush, among)? {
            Awake::From(id) => Some(id),
            Awake::NotBefore(at) => return Ok(Found::Asleep(at)),
            Awake::Nobody => return Ok(Found::Nobody),
        },
    };
    let known_only = among == Among::KnownPeople;
    let params: &[(&str, &dyn rusqlite::ToSql)] = &[
        (":campaign", &campaign.id),
        (":instance", &campaign.instance),
        (":known_only", &known_only),
        (":from", &from),
    ];
    let found = scope.row(FIRST, params, |row| {
        let whom = if row.get(6)? { Whom::Newcomer } else { Whom::Known };
        Ok(Candidate { material: read_material(row)?, whom })
    })?;
    Ok(found.map_or(Found::Nobody, Found::Somebody))
}

enum Awake {
    /// This one is.
    From(RecipientId),
    NotBefore(Timestamp),
    Nobody,
}

/// Looks through the queue for the first who may be disturbed, with an eye for nothing else: a list may begin with
/// thousands who are asleep.
fn awake(scope: &Scope<'_>, campaign: &Campaign, hush: &Hush, among: Among) -> Result<Awake, StoreError> {
    const PAGE: Scoped = scoped!(
        "SELECT r.id, coalesce(r.phone, c.phone),
                CAST(coalesce(r.fields ->> '$.timezone', c.fields ->> '$.timezone') AS TEXT)
         FROM recipients AS r
         LEFT JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
         LEFT JOIN chats AS h ON h.tenant_id = r.tenant_id AND h.contact_id = r.contact_id
                             AND h.instance_id = :instance
         WHERE r.tenant_id = :tenant AND r.campaign_id = :campaign AND r.state = 'queued'
           AND (:after IS NULL OR r.id > :after)
           AND coalesce(h.state, '') <> 'assistant' AND (NOT :known_only OR h.last_at IS NOT NULL)
         ORDER BY r.id LIMIT :limit"
    );
    let known_only = among == Among::KnownPeople;
    let (mut after, mut opens_at, mut limit) = (None::<RecipientId>, None::<Timestamp>, PAGE_ROWS.0);
    loop {
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[
            (":campaign", &campaign.id),
            (":instance", &campaign.instance),
            (":known_only", &known_only),
            (":after", &after),
            (":limit", &limit),
        ];
        let page = scope.rows(PAGE, params, |row| {
            let (phone, zone): (Option<Phone>, Option<String>) = (row.get(1)?, row.get(2)?);
            Ok((row.get::<_, RecipientId>(0)?, hush.until(phone.as_ref().map(Phone::digits), zone.as_deref())))
        })?;
        for (id, until) in &page {
            match until {
                None => return Ok(Awake::From(*id)),
                Some(until) => opens_at = Some(opens_at.map_or(*until, |at| at.min(*until))),
            }
        }
        after = page.last().map(|(id, _)| *id);
        if i64::try_from(page.len()).unwrap_or(i64::MAX) < limit {
            return Ok(opens_at.map_or(Awake::Nobody, Awake::NotBefore));
        }
        limit = (limit * 8).min(PAGE_ROWS.1);
    }
}
