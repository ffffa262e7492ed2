//! The nouns of the product: plain structs and closed enums. Reads nothing, stores nothing.

pub mod campaign;
pub mod campaign_file;
pub mod chat;
pub mod clock_error;
pub mod contact;
pub mod delivery;
#[cfg(feature = "store")]
pub mod disclosure;
pub mod fault;
pub mod finding;
pub mod first_step;
pub mod governor;
pub mod hush;
pub mod instance;
pub mod interaction;
pub mod job;
#[cfg(feature = "store")]
pub mod language;
pub mod ledger;
pub mod limit;
pub mod member;
pub mod merge;
pub mod new_chats;
pub mod note;
pub mod number_check;
pub mod opening_hours;
#[cfg(feature = "store")]
pub mod opt_out;
pub mod pairing;
pub mod place;
pub mod query;
pub mod quick_reply;
pub mod recipient;
pub mod remedy;
pub mod segment;
pub mod setting;
pub mod slot;
pub mod tenant;
pub mod variant;

/// A word that none of the states of an enum has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind}: {word:?}")]
pub struct UnknownWord {
    /// What was being read.
    pub kind: &'static str,
    /// What stood there.
    pub word: String,
}

/// Builds a closed enum whose words are the same in Rust, in SQL, in JSON and on the screen.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident => $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word, in the order of the enum.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in SQL, in JSON and on the screen.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|known| known.word() == word)
                    .ok_or_else(|| $crate::model::UnknownWord { kind: stringify!($name), word: word.to_owned() })
            }
        }

        #[cfg(feature = "store")]
        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.word().into())
            }
        }

        #[cfg(feature = "store")]
        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                value.as_str()?.parse().map_err(|error| rusqlite::types::FromSqlError::Other(Box::new(error)))
            }
        }
    };
}
pub(crate) use words;
