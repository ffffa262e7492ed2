//! The owner says what a person is: a customer, who may be answered, or somebody personal, who may not.

use std::time::Duration;

use super::steer::give_back;
use crate::ids::{ChatId, ContactId};
use crate::model::chat::ChatState;
use crate::model::contact::{Contact, Review};
use crate::scoped;
use crate::store::error::StoreError;
use crate::store::scope::Scoped;
use crate::store::{TenantStore, chats, contacts, jobs};
use crate::time::Timestamp;

impl TenantStore {
    /// Notes what the owner says about a person. The fresh question of somebody who becomes a customer is answered
    /// now; the answer under way to somebody who becomes personal is taken back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such person.
    pub async fn review_contact(
        &self,
        id: ContactId,
        review: Review,
        freshness: Duration,
        now: Timestamp,
    ) -> Result<Contact, StoreError> {
        const SET: Scoped = scoped!("UPDATE contacts SET review = :review WHERE tenant_id = :tenant AND id = :id");
        const UNANSWERED: Scoped = scoped!(
            "SELECT id FROM chats
             WHERE tenant_id = :tenant AND contact_id = :id AND state = 'needs_you'
               AND handoff_at IS NULL AND coalesce(paused_until, 0) <= :now AND last_in_at >= :fresh
             ORDER BY last_in_at"
        );
        const ANSWERING: Scoped = scoped!(
            "SELECT chat_id FROM jobs
             WHERE tenant_id = :tenant AND kind = 'answer_chat'
               AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')
               AND chat_id IN (SELECT id FROM chats WHERE tenant_id = :tenant AND contact_id = :id)"
        );
        // What goes on waiting does so for another reason now.
        const EXPLAIN: Scoped = scoped!(
            "UPDATE chats SET reason = :reason
             WHERE tenant_id = :tenant AND contact_id = :id AND substr(reason, 1, 12) = 'unreviewed: '"
        );
        self.write(move |scope| {
            let before = contacts::find(scope, id)?.ok_or(StoreError::NotFound("contact"))?;
            scope.execute(SET, &[(":id", &id), (":review", &review)])?;
            let silent_before = matches!(before.review, Review::Unreviewed | Review::Personal);
            match review {
                Review::Customer if silent_before => {
                    let fresh = now - freshness;
                    let waiting: Vec<ChatId> =
                        scope
                            .rows(UNANSWERED, &[(":id", &id), (":fresh", &fresh), (":now", &now)], |row| row.get(0))?;
                    for chat in waiting {
                        give_back(scope, chat, freshness, now)?;
                    }
                }
                Review::Personal => {
                    let answering: Vec<ChatId> = scope.rows(ANSWERING, &[(":id", &id)], |row| row.get(0))?;
                    for chat in answering {
                        jobs::cancel_answer(scope, chat, "personal contact", now)?;
                        chats::set_state(scope, chat, ChatState::NeedsYou, Some("personal contact"))?;
                    }
                }
                Review::Customer | Review::New | Review::Unreviewed => {}
            }
            let reason = match review {
                Review::Customer | Review::New => Some("stale: asked before you said who it is"),
                Review::Personal => Some("personal contact"),
                Review::Unreviewed => None,
            };
            if let Some(reason) = reason {
                scope.execute(EXPLAIN, &[(":id", &id), (":reason", &reason)])?;
            }
            contacts::emit_chats(scope, id)?;
            contacts::find(scope, id)?.ok_or(StoreError::NotFound("contact"))
        })
        .await
    }
}
