//! How a caller names a thing: by id, by name, or for chats and contacts by phone number. The daemon looks it up.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name as it was written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
    )+};
}

names! {
    /// A tenant by id or name.
    TenantName;
    /// A number of ours by id or name.
    InstanceName;
    /// A chat by id, by phone number, or by a name that fits one chat.
    ChatName;
    /// A contact by id, by phone number, or by a name that fits one contact.
    ContactName;
    /// A quick reply by id or label.
    QuickReplyName;
    /// A saved filter of contacts by id or name.
    SegmentName;
    /// A campaign by id or name.
    CampaignName;
    /// An entry of the queue by its id; ids are unique over jobs, unreadable deliveries and unknown sends.
    QueueId;
    /// Where a page ends, and the next one goes on. Opaque: only the daemon reads it.
    Cursor;
}
