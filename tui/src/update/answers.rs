//! Answers of the daemon go to whoever asked.

use super::{
    Cx, campaigns, chats, contacts, credits, dashboard, entrance, forms, numbers, overlays, palette, queue,
    quick_replies, settings, triage,
};
use crate::msg::{Answer, Refusal};
use crate::state::toasts::Tone;
use crate::state::{Connection, State};

/// A question was answered.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    if forms::answered(state, &answer, cx) == super::Handled::Yes && answer.refusal().is_some() {
        return;
    }
    let Some(answer) = triage::answered(state, answer, cx) else { return };
    let Some(answer) = contacts::bulk_answered(state, answer, cx) else { return };
    if campaigns::wizard::answered(state, &answer, cx) == super::Handled::Yes {
        return;
    }
    if let Answer::ChatList(asked, reply) = &answer
        && palette::came(state, asked, reply) == super::Handled::Yes
    {
        return;
    }
    if let Answer::ContactList(asked, reply) = &answer
        && palette::people_came(state, asked, reply) == super::Handled::Yes
    {
        return;
    }
    match answer {
        Answer::TenantList(_, reply) => entrance::tenants(state, reply, cx),
        Answer::DaemonStatus(_, Ok(daemon)) => state.daemon = Some(daemon),
        Answer::OverviewShow(_, reply) => {
            dashboard::overview(state, reply, cx);
            if state.connection == Connection::Resyncing {
                state.connection = Connection::Live;
            }
        }
        Answer::CreditShow(_, reply) => dashboard::credit(state, reply, cx),
        answer if dashboard::owns(state, &answer) => dashboard::answered(state, answer, cx),
        answer @ (Answer::InstanceList(..)
        | Answer::InstanceAdd(..)
        | Answer::InstanceShow(..)
        | Answer::InstanceQr(..)
        | Answer::InstancePair(..)
        | Answer::InstanceRestart(..)
        | Answer::InstanceLogout(..)
        | Answer::InstanceRemove(..)) => numbers::answered(state, answer, cx),
        answer @ (Answer::ContactList(..)
        | Answer::ContactShow(..)
        | Answer::ContactTag(..)
        | Answer::ContactAdd(..)
        | Answer::ContactEdit(..)
        | Answer::ContactOptout(..)
        | Answer::ContactMerge(..)
        | Answer::ContactUnmerge(..)
        | Answer::ContactErase(..)
        | Answer::ContactImport(..)
        | Answer::SegmentList(..)
        | Answer::SegmentAdd(..)
        | Answer::SegmentRemove(..)) => contacts::answered(state, answer, cx),
        answer @ (Answer::CampaignCreate(..)
        | Answer::CampaignList(..)
        | Answer::CampaignShow(..)
        | Answer::CampaignPreview(..)
        | Answer::CampaignLaunch(..)
        | Answer::CampaignPause(..)
        | Answer::CampaignResume(..)
        | Answer::CampaignCancel(..)
        | Answer::CampaignEdit(..)
        | Answer::CampaignRemove(..)
        | Answer::CampaignReport(..)
        | Answer::CampaignSeries(..)
        | Answer::CampaignTest(..)
        | Answer::CampaignClone(..)) => campaigns::answered(state, answer, cx),
        answer @ (Answer::CreditLedger(..) | Answer::CreditGrant(..) | Answer::CreditAudit(..)) => {
            credits::answered(state, answer, cx);
        }
        answer @ (Answer::QuickReplyList(..)
        | Answer::QuickReplyAdd(..)
        | Answer::QuickReplyEdit(..)
        | Answer::QuickReplyRemove(..)) => {
            quick_replies::answered(state, answer, cx);
            chats::quick_replies_came(state);
        }
        Answer::QuickReplyRender(asked, reply) => chats::quick_replies_rendered(state, &asked, reply, cx),
        answer @ (Answer::QueueList(..)
        | Answer::QueueShow(..)
        | Answer::QueueHold(..)
        | Answer::QueueRelease(..)
        | Answer::QueueRetry(..)
        | Answer::QueueDrop(..)) => queue::answered(state, answer, cx),
        answer @ (Answer::SettingsShow(..) | Answer::SettingsSet(..)) => settings::answered(state, answer, cx),
        answer @ (Answer::ChatList(..)
        | Answer::ChatShow(..)
        | Answer::ChatSend(..)
        | Answer::ChatApprove(..)
        | Answer::ChatEdit(..)
        | Answer::ChatCancel(..)
        | Answer::ChatPause(..)
        | Answer::ChatResume(..)
        | Answer::ChatDone(..)
        | Answer::ChatSnooze(..)
        | Answer::ChatRead(..)
        | Answer::ChatCompose(..)
        | Answer::ChatNote(..)) => chats::answered(state, answer, cx),
        Answer::Why(why, reply) => overlays::why(state, &why, reply),
        Answer::ChatSearch(search, reply) => overlays::found(state, &search, reply),
        other => {
            if let Some(refusal) = other.refusal() {
                refused(state, refusal, cx);
            }
        }
    }
}

/// Says why something was refused. What the broken connection refused is told by the header already.
pub fn refused(state: &mut State, refusal: &Refusal, cx: &Cx<'_>) {
    if refusal.code.is_some() || state.connection == Connection::Live {
        state.toasts.say(Tone::Bad, &refusal.text, cx.now);
    }
}
