//! Ids: UUIDv7 newtypes, so that the id of a chat can't be taken for the id of a contact.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that should have been an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: {0:?}")]
pub struct IdError(pub String);

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, later in order than every id made before it in this process.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The id made of these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The bytes of the id.
            #[must_use]
            pub const fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError(text.to_owned()))
            }
        }

        #[cfg(feature = "store")]
        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(rusqlite::types::ToSqlOutput::from(&self.bytes()[..]))
            }
        }

        #[cfg(feature = "store")]
        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                let bytes = value.as_blob()?;
                bytes.try_into().map(Self::from_bytes).map_err(|_| rusqlite::types::FromSqlError::InvalidBlobSize {
                    expected_size: 16,
                    blob_size: bytes.len(),
                })
            }
        }
    )+};
}

id! {
    /// The paying business.
    TenantId;
    /// One WhatsApp number of ours.
    InstanceId;
    /// A person.
    ContactId;
    /// A contact's thread on an instance.
    ChatId;
    /// One message, in or out.
    InteractionId;
    /// Durable work.
    JobId;
    /// One line of the credit ledger.
    EntryId;
    /// One text to many.
    CampaignId;
    /// One row of a campaign.
    RecipientId;
    /// A saved filter of contacts.
    SegmentId;
    /// Two people who turned out to be one.
    MergeId;
    /// A list that is being taken in, piece by piece.
    ImportId;
    /// A stored answer of the shop.
    QuickReplyId;
    /// What a human wrote down about a chat, for other humans.
    NoteId;
    /// A body that WAHA signed and nobody understood.
    UnreadableId;
    /// An entry of the queue: the id of a job, of an unreadable body or of a message of unknown end.
    QueueItemId;
    /// One run of the daemon: a lease belongs to it.
    RunId;
    /// One store, from its making on, wherever its files are.
    StoreId;
    /// One answer of the assistant, from the reservation of its credit to its end.
    ReplyId;
    /// The sender's own id of a send; ties a console's entry to its row.
    ClientRef;
}

macro_rules! queue_item {
    ($($id:ident)+) => {$(
        impl From<$id> for QueueItemId {
            fn from(id: $id) -> Self {
                Self(id.0)
            }
        }

        impl From<QueueItemId> for $id {
            fn from(id: QueueItemId) -> Self {
                Self(id.0)
            }
        }
    )+};
}
queue_item!(JobId UnreadableId InteractionId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = ChatId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("customer".parse::<ChatId>().is_err());
    }
}
