//! `credit.*`: the balance, its ledger, grants and the audit.

use mychatflow_data::ids::EntryId;
use mychatflow_data::protocol::calls::credit::{
    CreditAudit, CreditAudited, CreditGrant, CreditGranted, CreditLedger, CreditShow,
};
use mychatflow_data::store::TenantStore;

use crate::cx::Cx;
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

/// `credit.show`
///
/// # Errors
/// What the store says.
pub async fn show(cx: &Cx, shop: &TenantStore, _: CreditShow) -> Handled<Reply<CreditShow>> {
    let plan = cx.clients().plan(&super::tenant(cx, shop).await?.plan);
    Ok(Reply(shop.credits(plan, cx.now()).await?.into()))
}

/// `credit.ledger`: newest first.
///
/// # Errors
/// `invalid` for a cursor that is none of ours.
pub async fn ledger(_: &Cx, shop: &TenantStore, call: CreditLedger) -> Handled<Reply<CreditLedger>> {
    let limit = paging::limit(call.limit);
    let before = call.after.as_ref().map(paging::whole::<EntryId>).transpose()?;
    let found = shop.ledger(before, paging::to_read(limit)).await?;
    Ok(Reply(paging::page(found, limit, |last| last.id.to_string(), |entry| entry)))
}

/// `credit.grant`: chats that stopped for want of credit and are still fresh are answered after it.
///
/// # Errors
/// `invalid` for nothing, or for more than can be taken back.
pub async fn grant(cx: &Cx, shop: &TenantStore, call: CreditGrant) -> Handled<Reply<CreditGrant>> {
    let now = cx.now();
    let plan = cx.clients().plan(&super::tenant(cx, shop).await?.plan);
    let (id, balance) = shop.grant(call.amount, call.note, plan, now).await?;
    if balance.count() > 0 {
        let freshness = shop.settings(None, None).await?.rules(cx.config().reply).freshness;
        shop.wake_unpaid(now - freshness, now).await?;
    }
    Ok(Reply(CreditGranted { id, amount: call.amount, balance }))
}

/// `credit.audit`
///
/// # Errors
/// What the store says.
pub async fn audit(_: &Cx, shop: &TenantStore, _: CreditAudit) -> Handled<Reply<CreditAudit>> {
    let audit = shop.audit().await?;
    Ok(Reply(CreditAudited { balance: audit.balance, derived: audit.derived, drift: audit.drift }))
}
