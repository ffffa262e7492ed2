//! What the messages say that are one person's part of a chat of two.

use crate::ids::ChatId;
use crate::model::interaction::Direction;
use crate::model::merge::{Part, ThreadRow};
use crate::phone::Address;
use crate::scoped;
use crate::store::error::StoreError;
use crate::store::scope::{Scope, Scoped};
use crate::store::tx::accept_delivery::preview_by;
use crate::time::Timestamp;

/// An answer of the assistant that lives.
pub(super) struct Live {
    pub(super) run_at: Timestamp,
    /// Is nothing of it written, and nobody at work on it?
    pub(super) idle: bool,
    /// Did somebody say that it must wait? Then no other one takes its place.
    pub(super) held: bool,
}

/// The last message of a chat.
#[derive(Default)]
struct LastWord {
    last: Option<Direction>,
    /// Is it a question that nobody has answered, here or there?
    open: bool,
    /// Did anybody write after it, here or there?
    answered: bool,
}

/// One person's chat, out of one of two.
pub(super) struct Half<'h> {
    pub(super) chat: ChatId,
    pub(super) other: ChatId,
    pub(super) before: Option<&'h ThreadRow>,
    pub(super) context_from: Timestamp,
}

impl Half<'_> {
    /// What its messages say.
    pub(super) fn part(
        &self,
        scope: &Scope<'_>,
        last_seq: i64,
        row: &ThreadRow,
        live: &Option<Live>,
    ) -> Result<Part, StoreError> {
        const TIMES: Scoped = scoped!(
            "SELECT max(CASE WHEN author IN ('human', 'phone') OR direction = 'in' THEN at ELSE sent_at END),
                    max(CASE WHEN direction = 'in' THEN at END),
                    max(CASE WHEN direction = 'out' AND author <> 'campaign'
                             THEN CASE WHEN author IN ('human', 'phone') THEN at ELSE sent_at END END)
             FROM interactions
             WHERE tenant_id = :tenant AND chat_id = :chat AND seq > :after
               AND state NOT IN ('draft', 'held', 'cancelled')"
        );
        const SINCE: Scoped = scoped!(
            "SELECT count(*), coalesce(sum(direction = 'in'), 0) FROM interactions
             WHERE tenant_id = :tenant AND chat_id = :chat AND seq > :last_seq"
        );
        const UNREAD: Scoped = scoped!(
            "SELECT count(*) FROM (SELECT chat_id FROM interactions
                                   WHERE tenant_id = :tenant AND chat_id IN (:chat, :other) AND direction = 'in'
                                   ORDER BY at DESC, seq DESC LIMIT :unread)
             WHERE chat_id = :chat"
        );
        // A new chat takes all of its messages into account, an old one those that its row knows nothing of.
        let after = if self.before.is_some() { last_seq } else { i64::MIN };
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":chat", &self.chat), (":after", &after)];
        let (last_at, last_in_at, last_out_at) =
            scope.row(TIMES, params, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.unwrap_or_default();
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":chat", &self.chat), (":last_seq", &last_seq)];
        let (fresh, inbound_since) =
            scope.row(SINCE, params, |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?.unwrap_or_default();
        let params: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":chat", &self.chat), (":other", &self.other), (":unread", &row.unread)];
        let unread = scope.row(UNREAD, params, |row| row.get(0))?.unwrap_or(0);
        let LastWord { last, open, answered } = self.last_word(scope, last_seq)?;
        let asked = inbound_since > 0 || self.before.is_none_or(|before| before.answering);
        Ok(Part {
            fresh: fresh > 0,
            last,
            owed: live.as_ref().is_some_and(|live| !live.held) && open && asked,
            answered,
            inbound_since,
            unread,
            last_at,
            last_in_at,
            last_out_at,
            preview: self.preview(scope, after)?,
            address: self.address(scope, after)?,
        })
    }

    /// Which way the last message went, and whether it is a question that nobody has answered, here or there.
    fn last_word(&self, scope: &Scope<'_>, last_seq: i64) -> Result<LastWord, StoreError> {
        // A campaign is no answer.
        const LAST: Scoped = scoped!(
            "SELECT direction, at, reason IS NULL FROM interactions
             WHERE tenant_id = :tenant AND chat_id = :chat AND author <> 'campaign'
               AND state NOT IN ('draft', 'held', 'cancelled', 'failed', 'revoked')
             ORDER BY at DESC, seq DESC LIMIT 1"
        );
        const ANSWERED: Scoped = scoped!(
            "SELECT 1 FROM interactions
             WHERE tenant_id = :tenant AND chat_id IN (:chat, :other) AND seq > :last_seq AND at >= :at
               AND direction = 'out' AND author NOT IN ('campaign', 'system')
               AND state NOT IN ('draft', 'held', 'cancelled', 'failed') LIMIT 1"
        );
        let last = scope.row(LAST, &[(":chat", &self.chat)], |row| {
            Ok((row.get::<_, Direction>(0)?, row.get::<_, Timestamp>(1)?, row.get::<_, bool>(2)?))
        })?;
        let Some((direction, at, plain)) = last else { return Ok(LastWord::default()) };
        let params: &[(&str, &dyn rusqlite::ToSql)] =
            &[(":chat", &self.chat), (":other", &self.other), (":last_seq", &last_seq), (":at", &at)];
        let answered = scope.row(ANSWERED, params, |_| Ok(()))?.is_some();
        let open = direction == Direction::In && plain && at > self.context_from && !answered;
        Ok(LastWord { last: Some(direction), open, answered })
    }

    fn preview(&self, scope: &Scope<'_>, after: i64) -> Result<Option<String>, StoreError> {
        const LAST: Scoped = scoped!(
            "SELECT author, text FROM interactions
             WHERE tenant_id = :tenant AND chat_id = :chat AND seq > :after
               AND state NOT IN ('draft', 'held', 'cancelled')
             ORDER BY at DESC, seq DESC LIMIT 1"
        );
        scope.row(LAST, &[(":chat", &self.chat), (":after", &after)], |row| {
            Ok(preview_by(row.get(0)?, &row.get::<_, String>(1)?))
        })
    }

    fn address(&self, scope: &Scope<'_>, after: i64) -> Result<Option<Address>, StoreError> {
        const LAST: Scoped = scoped!(
            "SELECT address FROM interactions
             WHERE tenant_id = :tenant AND chat_id = :chat AND seq > :after
             ORDER BY direction = 'in' DESC, at DESC, seq DESC LIMIT 1"
        );
        scope.row(LAST, &[(":chat", &self.chat), (":after", &after)], |row| row.get(0))
    }
}
