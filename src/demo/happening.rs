//! What happens in the demo, as one object; [`super::scribe`] writes it down.

use std::path::PathBuf;

use mychatflow_data::credits::Credits;
use mychatflow_data::model::interaction::InteractionState;
use mychatflow_data::phone::Phone;
use mychatflow_data::time::Timestamp;
use serde::Serialize;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// Everything runs.
    Opened {
        /// Where commands connect.
        socket: PathBuf,
        /// Where the store is kept; `null`: it is thrown away.
        data_dir: Option<PathBuf>,
    },
    /// The shop has told what it has to tell.
    Furnished {
        /// Its name.
        shop: String,
        /// How many stored answers it has.
        quick_replies: usize,
        /// What it may spend.
        credits: Credits,
    },
    /// WhatsApp shows a code to scan.
    Code {
        /// Which of its cycle.
        attempt: u32,
        /// How many there are.
        attempts_max: u32,
    },
    /// A phone has scanned it.
    Paired {
        /// Whose number it is.
        phone: Option<Phone>,
    },
    /// People who wrote before the pairing were found.
    Known {
        /// Their names.
        names: Vec<String>,
    },
    /// A customer is typing.
    Typing {
        /// Who.
        who: String,
    },
    /// A customer wrote, and it is stored.
    Wrote {
        /// Who.
        who: String,
        /// What; for other things than words a word in brackets.
        text: String,
    },
    /// The assistant's answer went out.
    Answered {
        /// To whom.
        who: String,
        /// What.
        text: String,
        /// How far it got.
        state: InteractionState,
        /// How long the model took.
        latency_ms: Option<i64>,
        /// Credits that are left.
        credits_left: Credits,
        /// Credits of this month.
        credits_granted: Credits,
    },
    /// The owner wrote on the phone.
    OwnerWrote {
        /// To whom.
        who: String,
        /// What.
        text: String,
    },
    /// The assistant keeps out of a chat for a while.
    Paused {
        /// Whose chat.
        who: String,
        /// How long.
        until: Timestamp,
    },
    /// A human was asked for.
    HandedOver {
        /// Whose chat.
        who: String,
        /// Why.
        reason: String,
    },
    /// Nothing is answered.
    Silent {
        /// Whose chat.
        who: String,
        /// Why.
        reason: String,
    },
    /// A customer reacted to a message.
    Reacted {
        /// Who.
        who: String,
        /// With what.
        emoji: String,
    },
    /// Somebody wrote in a group.
    WroteInGroup {
        /// Who.
        who: String,
        /// What.
        text: String,
    },
    /// The group's message was taken and left alone.
    GroupLeftAlone,
    /// WAHA delivered a customer's message once more.
    DeliveredAgain {
        /// Whose.
        who: String,
    },
    /// Something was not seen in time.
    Missed {
        /// What.
        what: String,
    },
}
