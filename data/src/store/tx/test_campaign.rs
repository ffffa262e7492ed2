//! One real message of a campaign to somebody who wants to see it. It counts nowhere: it has no row on the list, and as
//! a human's it is none of those that the pace of the number is counted from. Unlike what a human types into a chat it
//! leaves the assistant as it is: nobody meant to take the chat over.

use crate::ids::CampaignId;
use crate::model::contact::Review;
use crate::model::interaction::{Author, Interaction};
use crate::phone::Phone;
use crate::scoped;
use crate::store::TenantStore;
use crate::store::campaign_media::{self, kind_of, media_of};
use crate::store::campaigns;
use crate::store::error::StoreError;
use crate::store::interactions::{self, Extra};
use crate::store::scope::Scoped;
use crate::store::{chats, contacts, jobs};
use crate::time::Timestamp;

impl TenantStore {
    /// Stores and queues a test of a campaign.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the number was removed or the person asked not to be written to.
    pub async fn test_campaign(
        &self,
        id: CampaignId,
        to: Phone,
        text: String,
        now: Timestamp,
    ) -> Result<Interaction, StoreError> {
        const OURS: Scoped =
            scoped!("SELECT 1 FROM instances WHERE tenant_id = :tenant AND id = :id AND removed_at IS NULL");
        self.write(move |scope| {
            let campaign = campaigns::found(scope, id)?;
            if scope.row(OURS, &[(":id", &campaign.instance)], |_| Ok(()))?.is_none() {
                return Err(StoreError::Conflict(format!("the number of {} was removed", campaign.name)));
            }
            let address = to.address();
            let thread = chats::thread(scope, campaign.instance, &address, None, None, Review::New, now)?;
            if contacts::find(scope, thread.contact)?.is_some_and(|contact| contact.opted_out_at.is_some()) {
                return Err(StoreError::Conflict(format!("{to} asked not to be written to")));
            }
            let interaction = Interaction {
                kind: kind_of(campaign.media.as_ref()),
                media: campaign.media.as_ref().map(media_of),
                ..Interaction::outgoing(thread.chat, address, Author::Human, text, now)
            };
            let extra = Extra { media: campaign_media::note_of(id, campaign.media.as_ref()), ..Extra::default() };
            interactions::insert(scope, campaign.instance, &interaction, &extra, now)?;
            jobs::insert_send(scope, thread.chat, interaction.id, now)?;
            Ok(interaction)
        })
        .await
    }
}
