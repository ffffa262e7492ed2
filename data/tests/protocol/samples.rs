//! Made-up things with fixed ids and times.

use mychatflow_data::ids::{ChatId, ContactId, InstanceId, InteractionId, JobId, RunId, TenantId};
use mychatflow_data::model::chat::{ChatKind, ChatState, Mode};
use mychatflow_data::model::contact::Review;
use mychatflow_data::model::interaction::{Author, InteractionState};
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::chat::ChatSummary;
use mychatflow_data::time::Timestamp;

const fn bytes(kind: u8) -> [u8; 16] {
    [0x01, 0x9b, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, kind]
}

pub const RUN: RunId = RunId::from_bytes(bytes(1));
pub const TENANT: TenantId = TenantId::from_bytes(bytes(2));
pub const INSTANCE: InstanceId = InstanceId::from_bytes(bytes(3));
pub const CHAT: ChatId = ChatId::from_bytes(bytes(4));
pub const CONTACT: ContactId = ContactId::from_bytes(bytes(5));
pub const INTERACTION: InteractionId = InteractionId::from_bytes(bytes(6));
pub const JOB: JobId = JobId::from_bytes(bytes(7));
/// 2026-11-23T00:20:14.568Z
pub const AT: Timestamp = Timestamp::from_millis(1_795_393_214_568);

pub fn phone() -> Phone {
    Phone::parse("+49 151 11111111").unwrap()
}

pub fn chat() -> ChatSummary {
    ChatSummary {
        id: CHAT,
        name: Some("Customer A".into()),
        phone: Some(phone()),
        state: ChatState::NeedsYou,
        reason: Some("no credit left".into()),
        mode: Mode::Auto,
        paused_until: None,
        unread: 2,
        last_at: Some(AT),
        instance: INSTANCE,
        contact: Some(CONTACT),
        kind: ChatKind::Direct,
        mode_set: None,
        snoozed_until: None,
        handoff_at: None,
        preview: Some("are you open on Sunday?".into()),
        last_author: Some(Author::Customer),
        last_state: Some(InteractionState::Received),
        waiting_since: Some(AT),
        sends_at: Some(AT),
        tags: vec!["vip".into()],
        review: Some(Review::Customer),
        opted_out_at: None,
    }
}
