//! Makes a draft out of a campaign: the same texts, plans and file, and its people or some of them.

use crate::ids::{CampaignId, RecipientId};
use crate::scoped;
use crate::store::TenantStore;
use crate::store::campaign_texts::standing;
use crate::store::campaigns;
use crate::store::error::StoreError;
use crate::store::scope::{Scope, Scoped};
use crate::time::Timestamp;

/// How many people one unit of work copies.
const PAGE: i64 = 500;

/// Whom the copy is for. Whoever asked for silence is on none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Everybody.
    All,
    /// Those to whom it did not go out: left out, refused, not yet begun. Nobody whose end is unknown.
    NotReached,
    /// Those who got it and did not write back.
    NoReply,
}

impl Whom {
    const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::NotReached => "not_reached",
            Self::NoReply => "no_reply",
        }
    }
}

fn copy_row(
    scope: &Scope<'_>,
    from: (CampaignId, RecipientId),
    to: CampaignId,
    now: Timestamp,
) -> Result<(), StoreError> {
    // What left somebody out while it ran is looked at anew. Whoever was left out with the list stays out: the row
    // names nobody, the file said no, the owner had not looked at the person.
    const COPY: Scoped = scoped!(
        "INSERT INTO recipients (tenant_id, campaign_id, id, contact_id, phone, given, name, fields, state, reason,
                                 newcomer, claimed_at, created_at)
         SELECT r.tenant_id, :to, :new, r.contact_id, r.phone, r.given, r.name, r.fields,
                CASE WHEN r.out THEN 'skipped' ELSE 'queued' END,
                CASE WHEN r.out THEN coalesce(r.reason, 'nobody we know') END,
                NOT EXISTS (SELECT 1 FROM chats AS h JOIN campaigns AS p
                                ON p.tenant_id = h.tenant_id AND p.instance_id = h.instance_id
                            WHERE h.tenant_id = :tenant AND h.contact_id = r.contact_id AND p.id = :to
                              AND h.last_at IS NOT NULL),
                CASE WHEN r.out THEN :now END, :now
         FROM (SELECT *, contact_id IS NULL OR (state = 'skipped' AND claimed_at = created_at) AS out
               FROM recipients WHERE tenant_id = :tenant AND campaign_id = :from AND id = :id) AS r
         -- The upsert needs a WHERE to be told from a join.
         WHERE 1
         ON CONFLICT DO NOTHING"
    );
    let params: &[(&str, &dyn rusqlite::ToSql)] =
        &[(":from", &from.0), (":id", &from.1), (":to", &to), (":new", &RecipientId::new()), (":now", &now)];
    scope.execute(COPY, params).map(drop)
}

impl TenantStore {
    /// Begins a copy: everything but its people, who follow. Its time is not copied.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken, [`StoreError::NotFound`] without the campaign or its number.
    pub async fn begin_copy(&self, of: CampaignId, name: String, now: Timestamp) -> Result<CampaignId, StoreError> {
        const ABANDONED: Scoped =
            scoped!("DELETE FROM campaigns WHERE tenant_id = :tenant AND listed_at IS NULL AND name = :name");
        const OURS: Scoped = scoped!(
            "SELECT 1 FROM instances AS i JOIN campaigns AS p ON p.tenant_id = i.tenant_id AND p.instance_id = i.id
             WHERE i.tenant_id = :tenant AND p.id = :of AND i.removed_at IS NULL"
        );
        const COPY: Scoped = scoped!(
            "INSERT INTO campaigns (tenant_id, id, instance_id, name, text, state, timezone, created_at, variants, audience,
                                    quiet, missed, late_max_s, number_check)
             SELECT tenant_id, :id, instance_id, :name, text, 'draft', timezone, :now, variants, audience,
                    quiet, missed, late_max_s, number_check
             FROM campaigns WHERE tenant_id = :tenant AND id = :of
             ON CONFLICT (tenant_id, name) DO NOTHING"
        );
        const MEDIA: Scoped = scoped!(
            "INSERT INTO campaign_media (tenant_id, campaign_id, file_name, mime, bytes, whole)
             SELECT tenant_id, :id, file_name, mime, bytes, whole
             FROM campaign_media WHERE tenant_id = :tenant AND campaign_id = :of AND whole = 1"
        );
        const PIECES: Scoped = scoped!(
            "INSERT INTO campaign_media_pieces (tenant_id, campaign_id, place, data)
             SELECT p.tenant_id, :id, p.place, p.data FROM campaign_media_pieces AS p
             JOIN campaign_media AS m ON m.tenant_id = p.tenant_id AND m.campaign_id = p.campaign_id AND m.whole = 1
             WHERE p.tenant_id = :tenant AND p.campaign_id = :of"
        );
        self.write(move |scope| {
            let original = campaigns::found(scope, of)?;
            let name = name.trim();
            if name.is_empty() {
                return Err(StoreError::Invalid("a campaign needs a name".to_owned()));
            }
            if scope.row(OURS, &[(":of", &of)], |_| Ok(()))?.is_none() {
                return Err(StoreError::Conflict(format!("the number of {} was removed", original.name)));
            }
            scope.execute(ABANDONED, &[(":name", &name)])?;
            let id = CampaignId::new();
            if scope.execute(COPY, &[(":of", &of), (":id", &id), (":name", &name), (":now", &now)])? == 0 {
                return Err(StoreError::Conflict(format!("there is a campaign named {name} already")));
            }
            scope.execute(MEDIA, &[(":of", &of), (":id", &id)])?;
            scope.execute(PIECES, &[(":of", &of), (":id", &id)])?;
            Ok(id)
        })
        .await
    }

    /// Puts a page of a campaign's people on the list of its copy. Returns the last one; `None` after the last page.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the copy's list is complete.
    pub async fn copy_people(
        &self,
        of: CampaignId,
        to: CampaignId,
        whom: Whom,
        after: Option<RecipientId>,
        now: Timestamp,
    ) -> Result<Option<RecipientId>, StoreError> {
        const PEOPLE: Scoped = scoped!(
            "SELECT r.id FROM recipients AS r
             LEFT JOIN contacts AS c ON c.tenant_id = r.tenant_id AND c.id = r.contact_id
             WHERE r.tenant_id = :tenant AND r.campaign_id = :of AND (:after IS NULL OR r.id > :after)
               AND r.reached <> 'opted_out' AND c.opted_out_at IS NULL
               AND CASE :whom WHEN 'not_reached' THEN r.contact_id IS NOT NULL
                                   AND r.reached IN ('queued', 'checking', 'skipped', 'failed')
                              WHEN 'no_reply' THEN r.reached IN ('sent', 'delivered', 'read')
                              ELSE 1 END
             ORDER BY r.id LIMIT :limit"
        );
        const OPEN: Scoped = scoped!("SELECT listed_at IS NULL FROM campaigns WHERE tenant_id = :tenant AND id = :id");
        self.write(move |scope| {
            standing(scope, to)?;
            if scope.row(OPEN, &[(":id", &to)], |row| row.get::<_, bool>(0))? != Some(true) {
                return Err(StoreError::Conflict("the campaign's list is complete".to_owned()));
            }
            let people: Vec<RecipientId> = scope.rows(
                PEOPLE,
                &[(":of", &of), (":after", &after), (":whom", &whom.word()), (":limit", &PAGE)],
                |row| row.get(0),
            )?;
            for id in &people {
                copy_row(scope, (of, *id), to, now)?;
            }
            let full = i64::try_from(people.len()).unwrap_or(i64::MAX) == PAGE;
            Ok(people.last().copied().filter(|_| full))
        })
        .await
    }
}
