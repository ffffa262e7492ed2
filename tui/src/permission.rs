//! What a member's role lets them do in the console. The daemon decides; this only keeps from people what it would refuse.

use mychatflow_data::model::member::Role;

use crate::action::Action;
use crate::state::Screen;

/// The least role that an action on a screen needs.
#[must_use]
pub const fn needed_role(screen: Screen, action: Action) -> Role {
    use Action as A;
    match (screen, action) {
        (Screen::Numbers, A::Add | A::Remove)
        | (Screen::Settings, A::Edit | A::Remove | A::Open)
        | (Screen::Contacts, A::Export)
        | (_, A::Pair | A::PairByPhone | A::Restart | A::Logout | A::Erase | A::Grant | A::ChatMode) => Role::Owner,
        (
            _,
            A::Add
            | A::Edit
            | A::Remove
            | A::Import
            | A::PutAside
            | A::Compose
            | A::ChatSend
            | A::QuickReply
            | A::ChatApprove
            | A::ChatEdit
            | A::ChatCancel
            | A::ChatPause
            | A::ChatPauseFor
            | A::ChatSnooze
            | A::ChatDone
            | A::ChatTag
            | A::ChatNote
            | A::ChatPersonal
            | A::ChatResend
            | A::CampaignLaunch
            | A::CampaignPause
            | A::CampaignCancel
            | A::CampaignTest
            | A::CampaignClone
            | A::CampaignKeep
            | A::Triage
            | A::Personal
            | A::Customer
            | A::OptOut
            | A::Merge
            | A::Unmerge
            | A::SegmentSave
            | A::Mark
            | A::MarkAll
            | A::QueueRetry
            | A::QueueHold
            | A::QueueRelease
            | A::QueueDrop,
        ) => Role::Agent,
        _ => Role::Viewer,
    }
}
