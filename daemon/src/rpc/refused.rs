//! Why a handler refused: one type that takes in the errors of store, numbers and Gemini, each with its code.

use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::store::error::StoreError;

use crate::gemini::GeminiError;
use crate::instances::InstanceError;

/// A refusal on its way to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub CallError);

/// What a handler gives back.
pub type Handled<T> = Result<T, Refused>;

impl From<CallError> for Refused {
    fn from(error: CallError) -> Self {
        Self(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        Self(match error {
            StoreError::NotFound(_) => CallError::not_found(text),
            StoreError::Conflict(text) => CallError::conflict(text),
            StoreError::Invalid(text) => CallError::invalid(text),
            StoreError::Overloaded => CallError::new(Code::Overloaded, format!("{text}; try again in a moment")),
            StoreError::TookTooLong => CallError::new(Code::Overloaded, text),
            StoreError::DiskFull => CallError::new(Code::Unavailable, "the disk is full: make space, nothing is lost"),
            StoreError::Busy | StoreError::Uncommitted(_) | StoreError::Closed | StoreError::Lost(_) => {
                CallError::new(Code::Unavailable, text)
            }
            StoreError::Newer { .. } | StoreError::MigrationChanged(_) | StoreError::Refused(_) => {
                CallError::new(Code::Unavailable, text)
            }
            StoreError::Panicked | StoreError::Sqlite(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store failed");
                CallError::internal("the store failed by a mistake of ours; the log has the details")
            }
        })
    }
}

impl From<InstanceError> for Refused {
    fn from(error: InstanceError) -> Self {
        Self(error.into())
    }
}

impl From<GeminiError> for Refused {
    fn from(error: GeminiError) -> Self {
        let text = error.to_string();
        Self(match error {
            GeminiError::NothingToAnswer => CallError::invalid(text),
            GeminiError::Transient { .. } => {
                CallError::new(Code::Unavailable, format!("{text}; try again in a moment"))
            }
            _ => CallError::new(Code::Unavailable, text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_store_has_its_code() {
        for (error, code) in [
            (StoreError::NotFound("chat"), Code::NotFound),
            (StoreError::Conflict("taken".to_owned()), Code::Conflict),
            (StoreError::Invalid("empty".to_owned()), Code::Invalid),
            (StoreError::Overloaded, Code::Overloaded),
            (StoreError::TookTooLong, Code::Overloaded),
            (StoreError::DiskFull, Code::Unavailable),
            (StoreError::Closed, Code::Unavailable),
            (StoreError::Panicked, Code::Internal),
        ] {
            let text = error.to_string();
            assert_eq!(Refused::from(error).0.code, code, "{text}");
        }
    }
}
