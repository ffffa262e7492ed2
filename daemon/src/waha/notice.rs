//! Messages without a content of their own: notices of WhatsApp's, which NOWEB passes on as stubs.

use mychatflow_data::model::interaction::ContentKind;

use super::content::{CALLED, Content, ONLY_PHONE, SENT_PAYMENT};

/// A message without a content of its own: a notice of WhatsApp's, by number or by name, in the table of NOWEB.
pub(super) fn of_stub(stub: &str) -> Option<Content> {
    const NOTICE: &str = "a notice of WhatsApp";
    Some(match stub {
        "0" | "UNKNOWN" => return None,
        // It could not be decrypted yet, and WhatsApp sends it again.
        "2" | "CIPHERTEXT" => Content::new(ContentKind::Waiting, None),
        "40" | "45" | "CALL_MISSED_VOICE" | "CALL_MISSED_GROUP_VOICE" => {
            Content::for_human(CALLED, "missed voice call", None)
        }
        "41" | "46" | "CALL_MISSED_VIDEO" | "CALL_MISSED_GROUP_VIDEO" => {
            Content::for_human(CALLED, "missed video call", None)
        }
        "47" | "48" | "PAYMENT_CIPHERTEXT" | "PAYMENT_FUTUREPROOF" => Content::for_human(SENT_PAYMENT, "payment", None),
        "1" | "REVOKE" => Content::leftover("a deletion, which has an event of its own"),
        "39" | "E2E_ENCRYPTED" => Content::leftover("a notice about encryption"),
        // 3 is a message of a future version. The notices go up to here in WhatsApp's table.
        number if number.parse().is_ok_and(|number: u16| number != 3 && number <= 220) => Content::leftover(NOTICE),
        name if STUBS.iter().any(|start| name.starts_with(start)) => Content::leftover(NOTICE),
        _ => Content::for_human(ONLY_PHONE, "message of an unknown sort", None),
    })
}

/// How the names of WhatsApp's notices begin.
const STUBS: &[&str] = &[
    "GROUP_",
    "E2E_",
    "BIZ_",
    "VERIFIED_",
    "NON_VERIFIED_",
    "UNVERIFIED_",
    "BLUE_MSG_",
    "BROADCAST_",
    "COMMUNITY_",
    "CHANGE_",
    "INDIVIDUAL_CHANGE_",
    "DISAPPEARING_MODE",
    "GENERIC_NOTIFICATION",
    "CAG_",
    "SUB_GROUP_",
    "PINNED_",
    "PAYMENT_ACTION_",
    "CHAT_",
    "LINKED_GROUP_",
    "ADMIN_",
    "SUSPICIOUS_",
    "BLOCK_CONTACT",
    "EPHEMERAL_",
];
