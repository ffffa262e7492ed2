//! What a member's role lets them do in the console. The daemon decides; this only keeps from people what it would refuse.

use mychatflow_data::model::member::Role;
use mychatflow_data::protocol::Needs;

use crate::action::Action;
use crate::state::Screen;

/// What an action needs, and what somebody can't do who lacks it: `add a number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// What the daemon will ask for.
    pub needs: Needs,
    /// What it is, in words that follow "can't".
    pub deed: &'static str,
}

/// What an action on a screen needs; `None`: whoever may look may do it.
#[must_use]
pub const fn gate(screen: Screen, action: Action) -> Option<Gate> {
    use Action as A;
    const OWNER: Needs = Needs::Member(Role::Owner);
    const AGENT: Needs = Needs::Member(Role::Agent);
    let (needs, deed) = match (screen, action) {
        (Screen::Numbers, A::Add) => (OWNER, "add a number"),
        (Screen::Numbers, A::Remove) => (OWNER, "remove a number"),
        (Screen::Settings, A::Edit | A::Open) => (OWNER, "change a setting"),
        (Screen::Settings, A::Remove) => (OWNER, "take a setting's value away"),
        (Screen::Contacts, A::Export) => (OWNER, "write all people into a file"),
        (_, A::Pair | A::PairByPhone) => (OWNER, "pair a number"),
        (_, A::Restart) => (OWNER, "restart a session"),
        (_, A::Logout) => (OWNER, "unpair a number"),
        (_, A::Erase) => (OWNER, "erase a person"),
        (_, A::ChatMode) => (OWNER, "change what the assistant does"),
        (_, A::Grant) => (Needs::Operator, "grant credits"),
        (Screen::Chats, A::Add) => (AGENT, "begin a chat"),
        (Screen::Contacts, A::Add) => (AGENT, "add a person"),
        (Screen::Contacts, A::Edit) => (AGENT, "change a person"),
        (Screen::Contacts, A::Import) => (AGENT, "take in a file with people"),
        (Screen::Campaigns, A::Add) => (AGENT, "make a campaign"),
        (Screen::Campaigns, A::Edit) => (AGENT, "change a campaign"),
        (Screen::Campaigns, A::Remove) => (AGENT, "remove a campaign"),
        (_, A::Add) => (AGENT, "add a quick reply"),
        (_, A::Edit) => (AGENT, "change a quick reply"),
        (_, A::Remove) => (AGENT, "remove a quick reply"),
        (_, A::Import) => (AGENT, "take in a file with quick replies"),
        (_, A::PutAside) => (AGENT, "put a quick reply aside"),
        (_, A::Compose | A::ChatSend | A::QuickReply) => (AGENT, "write a message"),
        (_, A::ChatApprove) => (AGENT, "send the assistant's answer"),
        (_, A::ChatEdit) => (AGENT, "edit the assistant's answer"),
        (_, A::ChatCancel) => (AGENT, "throw the assistant's answer away"),
        (_, A::ChatPause | A::ChatPauseFor) => (AGENT, "silence the assistant"),
        (_, A::ChatSnooze) => (AGENT, "put a chat away"),
        (_, A::ChatDone) => (AGENT, "close a chat"),
        (_, A::ChatTag) => (AGENT, "change a person's tags"),
        (_, A::ChatNote) => (AGENT, "write a note"),
        (_, A::ChatPersonal | A::Personal) => (AGENT, "make a person personal"),
        (_, A::ChatResend) => (AGENT, "send a message once more"),
        (_, A::CampaignLaunch) => (AGENT, "launch a campaign"),
        (_, A::CampaignPause) => (AGENT, "pause a campaign"),
        (_, A::CampaignCancel) => (AGENT, "cancel a campaign"),
        (_, A::CampaignTest) => (AGENT, "send a campaign to themselves"),
        (_, A::CampaignClone) => (AGENT, "copy a campaign"),
        (_, A::CampaignKeep) => (AGENT, "keep a campaign"),
        (_, A::Triage) => (AGENT, "review people from before"),
        (_, A::Customer) => (AGENT, "give a person to the assistant"),
        (_, A::OptOut) => (AGENT, "stop writing to a person"),
        (_, A::Merge) => (AGENT, "merge two people"),
        (_, A::Unmerge) => (AGENT, "take a merge back"),
        (_, A::SegmentSave) => (AGENT, "keep or remove a segment"),
        (_, A::Mark | A::MarkAll) => (AGENT, "change people"),
        (_, A::QueueRetry) => (AGENT, "try a job again"),
        (_, A::QueueHold) => (AGENT, "put a job aside"),
        (_, A::QueueRelease) => (AGENT, "let a job run again"),
        (_, A::QueueDrop) => (AGENT, "give a job up"),
        _ => return None,
    };
    Some(Gate { needs, deed })
}

/// May somebody with this role do what needs this? `None` is an operator's, who may do everything. An owner may be an operator
/// too: only the daemon knows.
#[must_use]
pub const fn may(role: Option<Role>, needs: Needs) -> bool {
    match (role, needs) {
        (None, _) | (_, Needs::Anyone) => true,
        (Some(role), Needs::Member(needed)) => role.covers(needed),
        (Some(role), Needs::Operator) => matches!(role, Role::Owner),
    }
}

impl Gate {
    /// Why somebody with this role can't do it, and who can help.
    #[must_use]
    pub fn refusal(self, role: Role) -> String {
        let who = match role {
            Role::Owner => "an owner",
            Role::Agent => "an agent",
            Role::Viewer => "a viewer",
        };
        let Self { needs, deed } = self;
        match needs {
            Needs::Member(needed) => {
                format!("{who} can't {deed}: that takes the role {needed}, which an owner can grant")
            }
            Needs::Operator | Needs::Anyone => format!("{who} can't {deed}: only an operator of the daemon can"),
        }
    }
}
