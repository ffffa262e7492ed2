//! Answers the calls of every session: finds the tenant, asks who may, and hands over to the resource's handler.

use std::collections::HashSet;
use std::sync::Arc;

use mychatflow_data::model::member::Role;
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::{AdminRequest, Answer, Call, Method, Needs, Request, TenantRequest};

use super::handlers::{
    ask, campaign_copies, campaign_files, campaign_lists, campaigns, chats, contact_edit, contact_erase,
    contact_export, contact_import, contact_merge, contacts, credits, daemon, drafts, instance_probe, instances, notes,
    overview, people, preflight, queue, quick_replies, search, segments, settings, stats, tenants, why,
};
use super::peer::{Caller, Standing};
use super::refused::Handled;
use super::{Service, permit, tenancy};
use crate::bus::{Audience, Bus};
use crate::cx::Cx;

/// The service behind the socket.
pub struct Desk {
    /// The daemon.
    pub cx: Arc<Cx>,
}

/// Who wants to hear events: no line of the table, since it is answered by the session.
const LISTEN: Method = Method { name: "events.subscribe", needs: Needs::Member(Role::Viewer) };

impl Desk {
    async fn about_a_tenant(&self, caller: &Caller, method: Method, request: TenantRequest) -> Handled<Answer> {
        use TenantRequest as R;
        let cx = &*self.cx;
        let seen = tenancy::resolve(&cx.store, caller, method, request.tenant()).await?;
        let shop = &cx.store.tenant(seen.tenant.id).await?.for_account(caller.uid).with_clock_error(cx.clock_error());
        match request {
            R::TenantShow(call) => answer(tenants::show(cx, shop, call, seen).await),
            R::TenantSuspend(call) => answer(tenants::suspend(cx, shop, call, seen).await),
            R::TenantGrant(call) => answer(tenants::grant(cx, shop, call).await),
            R::TenantRemove(call) => answer(tenants::remove(cx, shop, call, seen).await),
            R::InstanceAdd(call) => answer(instances::add(cx, shop, caller, call).await),
            R::InstanceList(call) => answer(instances::list(cx, shop, call).await),
            R::InstanceShow(call) => answer(instances::show(cx, shop, caller, call).await),
            R::InstanceQr(call) => answer(instances::qr(cx, shop, call).await),
            R::InstancePair(call) => answer(instances::pair(cx, shop, call).await),
            R::InstanceRestart(call) => answer(instances::restart(cx, shop, call).await),
            R::InstanceLogout(call) => answer(instances::logout(cx, shop, call).await),
            R::InstanceRemove(call) => answer(instances::remove(cx, shop, call).await),
            R::InstanceProbe(call) => answer(instance_probe::probe(cx, shop, call).await),
            R::InstanceWebhook(call) => answer(instances::webhook(cx, shop, call).await),
            R::ChatList(call) => answer(chats::list(cx, shop, call).await),
            R::ChatShow(call) => answer(chats::show(cx, shop, call).await),
            R::ChatSend(call) => answer(chats::send(cx, shop, call).await),
            R::ChatApprove(call) => answer(chats::approve(cx, shop, call).await),
            R::ChatEdit(call) => answer(chats::edit(cx, shop, call).await),
            R::ChatCancel(call) => answer(chats::cancel(cx, shop, call).await),
            R::ChatPause(call) => answer(chats::pause(cx, shop, call).await),
            R::ChatResume(call) => answer(chats::resume(cx, shop, call).await),
            R::ChatDone(call) => answer(chats::done(cx, shop, call).await),
            R::ChatSnooze(call) => answer(chats::snooze(cx, shop, call).await),
            R::ContactList(call) => answer(contacts::list(cx, shop, call).await),
            R::ContactShow(call) => answer(contacts::show(cx, shop, call).await),
            R::ContactTag(call) => answer(contacts::tag(cx, shop, call).await),
            R::CampaignCreate(call) => answer(campaign_lists::create(cx, shop, call).await),
            R::CampaignList(call) => answer(campaigns::list(cx, shop, call).await),
            R::CampaignShow(call) => answer(campaigns::show(cx, shop, call).await),
            R::CampaignPreview(call) => answer(campaign_lists::preview(cx, shop, call).await),
            R::CampaignLaunch(call) => answer(campaigns::launch(cx, shop, call).await),
            R::CampaignPause(call) => answer(campaigns::pause(cx, shop, call).await),
            R::CampaignResume(call) => answer(campaigns::resume(cx, shop, call).await),
            R::CampaignCancel(call) => answer(campaigns::cancel(cx, shop, call).await),
            R::CampaignEdit(call) => answer(campaigns::edit(cx, shop, call).await),
            R::CampaignRemove(call) => answer(campaigns::remove(cx, shop, call).await),
            R::CampaignReport(call) => answer(campaigns::report(cx, shop, call).await),
            R::CreditShow(call) => answer(credits::show(cx, shop, call).await),
            R::CreditLedger(call) => answer(credits::ledger(cx, shop, call).await),
            R::CreditGrant(call) => answer(credits::grant(cx, shop, call).await),
            R::CreditAudit(call) => answer(credits::audit(cx, shop, call).await),
            R::SettingsShow(call) => answer(settings::show(cx, shop, call).await),
            R::SettingsSet(call) => answer(settings::set(cx, shop, call).await),
            R::QuickReplyList(call) => answer(quick_replies::list(cx, shop, call).await),
            R::QuickReplyAdd(call) => answer(quick_replies::add(cx, shop, call).await),
            R::QueueList(call) => answer(queue::list(cx, shop, call).await),
            R::QueueShow(call) => answer(queue::show(cx, shop, call).await),
            R::QueueHold(call) => answer(queue::hold(cx, shop, call).await),
            R::QueueRelease(call) => answer(queue::release(cx, shop, call).await),
            R::QueueRetry(call) => answer(queue::retry(cx, shop, call).await),
            R::QueueDrop(call) => answer(queue::drop_entry(cx, shop, call).await),
            R::ChatRead(call) => answer(chats::read(cx, shop, call).await),
            R::ChatCompose(call) => answer(drafts::draft(cx, shop, call).await),
            R::ChatNote(call) => answer(notes::note(cx, shop, caller, call).await),
            R::ChatUnnote(call) => answer(notes::unnote(cx, shop, call).await),
            R::ChatSearch(call) => answer(search::search(cx, shop, call).await),
            R::ContactAdd(call) => answer(contacts::add(cx, shop, call).await),
            R::ContactEdit(call) => answer(contact_edit::edit(cx, shop, call).await),
            R::ContactOptout(call) => answer(contacts::opt_out(cx, shop, call).await),
            R::ContactImport(call) => answer(contact_import::import(cx, shop, call).await),
            R::ContactExport(call) => answer(contact_export::export(cx, shop, call).await),
            R::ContactMerge(call) => answer(contact_merge::merge(cx, shop, call).await),
            R::ContactUnmerge(call) => answer(contact_merge::unmerge(cx, shop, call).await),
            R::ContactErase(call) => answer(contact_erase::erase(cx, shop, call).await),
            R::ContactSuppressions(call) => answer(people::suppressions(cx, shop, call).await),
            R::SegmentList(call) => answer(segments::list(cx, shop, call).await),
            R::SegmentAdd(call) => answer(segments::add(cx, shop, call).await),
            R::SegmentRemove(call) => answer(segments::remove(cx, shop, call).await),
            R::CampaignExtend(call) => answer(campaign_lists::extend(cx, shop, call).await),
            R::CampaignAttach(call) => answer(campaign_files::attach(cx, shop, call).await),
            R::CampaignPreflight(call) => answer(preflight::preflight(cx, shop, call).await),
            R::CampaignTest(call) => answer(campaign_copies::test(cx, shop, call).await),
            R::CampaignClone(call) => answer(campaign_copies::copy(cx, shop, call).await),
            R::CampaignSeries(call) => answer(campaign_copies::series(cx, shop, call).await),
            R::QuickReplyImport(call) => answer(quick_replies::import(cx, shop, call).await),
            R::QuickReplyExport(call) => answer(quick_replies::export(cx, shop, call).await),
            R::QuickReplyRender(call) => answer(quick_replies::render(cx, shop, call).await),
            R::QuickReplyEdit(call) => answer(quick_replies::edit(cx, shop, call).await),
            R::QuickReplyRemove(call) => answer(quick_replies::remove(cx, shop, call).await),
            R::Why(call) => answer(why::why(cx, shop, caller, call).await),
            R::OverviewShow(call) => answer(overview::overview(cx, shop, caller, call).await),
            R::Ask(call) => answer(ask::ask(cx, shop, call).await),
        }
    }

    async fn about_the_daemon(&self, caller: &Caller, method: Method, request: AdminRequest) -> Handled<Answer> {
        use AdminRequest as R;
        let cx = &*self.cx;
        permit(method, caller, None)?;
        match request {
            R::TenantAdd(call) => answer(tenants::add(cx, caller, call).await),
            R::TenantList(call) => answer(tenants::list(cx, caller, call).await),
            R::Stats(call) => answer(stats::stats(cx, caller, call).await),
            R::EventsSubscribe(_) => {
                Err(CallError::invalid("events.subscribe is a matter of the connection that asks").into())
            }
            R::DaemonStatus(call) => answer(daemon::status(cx, caller, call).await),
            R::DaemonStop(call) => answer(daemon::stop(cx, caller, call).await),
            R::DaemonReload(call) => answer(daemon::reload(cx, caller, call).await),
        }
    }
}

/// Writes out what a handler says. The type of its reply names the call, so a wrong one does not compile.
fn answer<C: Call>(handled: Handled<Reply<C>>) -> Handled<Answer> {
    Ok(Answer::of::<C>(&handled?.0)?)
}

/// The reply to one sort of call.
#[derive(Debug)]
pub struct Reply<C: Call>(pub C::Reply);

impl Service for Desk {
    async fn call(&self, caller: &Caller, request: Request) -> Result<Answer, CallError> {
        let method = request.method();
        let handled = match request {
            Request::Tenant(request) => self.about_a_tenant(caller, method, request).await,
            Request::Admin(request) => self.about_the_daemon(caller, method, request).await,
        };
        handled.map_err(|refused| refused.0)
    }

    async fn audience(&self, caller: &Caller, tenant: Option<&str>) -> Result<Audience, CallError> {
        let heard = async {
            if let Some(name) = tenant {
                let seen = tenancy::resolve(&self.cx.store, caller, LISTEN, Some(name)).await?;
                return Ok(Audience::Tenants(HashSet::from([seen.tenant.id])));
            }
            if caller.standing == Standing::Operator {
                return Ok(Audience::Everybody);
            }
            let seen = tenancy::visible_to_member(&self.cx.store, caller, LISTEN).await?;
            Ok(Audience::Tenants(seen.into_iter().map(|seen| seen.tenant.id).collect()))
        };
        heard.await.map_err(|refused: super::refused::Refused| refused.0)
    }

    fn bus(&self) -> &Bus {
        &self.cx.bus
    }
}
