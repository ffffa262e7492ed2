//! Our WhatsApp numbers.

use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{InstanceStatus, Verdict};
use mychatflow_data::protocol::calls::instance::{InstanceDocument, InstanceShown};
use mychatflow_data::time::Timestamp;

use super::list::{Row, Rows};
use crate::action::Action;

/// How long the selection must rest before the selected number is asked for in full.
pub const REST: Duration = Duration::from_millis(250);

impl Row for InstanceDocument {
    type Id = InstanceId;

    fn id(&self) -> InstanceId {
        self.id
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    /// All numbers; the header counts them on every screen.
    pub rows: Rows<InstanceDocument>,
    /// The selected one with its history.
    pub shown: Option<InstanceShown>,
    /// When the selected one is asked for in full.
    pub show_at: Option<Timestamp>,
}

impl Numbers {
    /// The selected number in full, if that is here.
    #[must_use]
    pub fn shown_of(&self, id: InstanceId) -> Option<&InstanceShown> {
        self.shown.as_ref().filter(|shown| shown.instance.id == id)
    }
}

/// What to do about a number that is not well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remedy {
    /// What helps, where a key does it.
    pub action: Option<Action>,
    /// What it does, or what somebody has to do elsewhere.
    pub words: &'static str,
}

/// What to do about a number; nothing where all is well.
#[must_use]
pub fn remedy(number: &InstanceDocument) -> Option<Remedy> {
    use InstanceStatus as S;
    let (action, words) = match (&number.status, number.verdict) {
        (Some(S::Working), Verdict::Healthy) => return None,
        (Some(S::Working), Verdict::Quiet) => {
            (None, "Nothing, most likely: it may be a calm hour. A message from another phone tells for sure.")
        }
        (Some(S::Working), Verdict::Suspect | Verdict::Dead) => {
            (Some(Action::Restart), "connects it anew. What came meanwhile is read from the phone's history.")
        }
        (Some(S::Working), Verdict::Restricted) => (
            None,
            "Answers to people who write go on. Let campaigns rest until then: more of them make it last longer.",
        ),
        (Some(S::Stopped), _) => (Some(Action::Restart), "starts the session."),
        (Some(S::Starting), _) => (None, "Wait a few seconds: WAHA is connecting it."),
        (Some(S::ScanQrCode), _) => (Some(Action::Pair), "shows the code to scan with the phone."),
        (Some(S::Failed), _) => {
            (Some(Action::Restart), "starts the session again. If it fails once more, log it out and pair it anew.")
        }
        (Some(S::PasskeyRequired), _) => (
            None,
            "WhatsApp asks for the account's passkey. Unlock the phone, open WhatsApp and confirm with fingerprint, \
             face or screen lock; or finish the pairing on WAHA's dashboard.",
        ),
        (Some(S::PasskeyConfirmationRequired), _) => (
            None,
            "WhatsApp asks whether it is you. Open WhatsApp on the phone and say yes there; or finish the pairing on \
             WAHA's dashboard.",
        ),
        (Some(S::Other(_)), _) => (Some(Action::Restart), "starts the session again, should it stay like this."),
        (None, _) => (None, "WAHA could not be reached; it is tried again and again. `mychatflow doctor` tells more."),
    };
    Some(Remedy { action, words })
}
