//! `segment.*`: saved filters of contacts.

use mychatflow_data::model::query::Query;
use mychatflow_data::model::segment::Segment;
use mychatflow_data::protocol::calls::segment::{SegmentAdd, SegmentDocument, SegmentList, SegmentRemove};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::error::StoreError;

use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::rpc::paging;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

fn document(segment: Segment, people: i64) -> SegmentDocument {
    let Segment { id, name, query, created_at } = segment;
    SegmentDocument { id, name, query, people, created_at }
}

/// Segments with the number of people who are in each now.
async fn counted(cx: &Cx, shop: &TenantStore, segments: Vec<Segment>) -> Handled<Vec<SegmentDocument>> {
    let queries = segments.iter().map(|segment| Query::parse(&segment.query));
    let queries: Vec<Query> = queries.collect::<Result<_, _>>().map_err(StoreError::from)?;
    let people = shop.count_people(queries, cx.now()).await?;
    Ok(segments.into_iter().zip(people).map(|(segment, people)| document(segment, people)).collect())
}

/// One segment with the number of people who are in it now.
async fn with_people(cx: &Cx, shop: &TenantStore, segment: Segment) -> Handled<SegmentDocument> {
    let people = shop.count_people(vec![Query::parse(&segment.query).map_err(StoreError::from)?], cx.now()).await?;
    Ok(document(segment, people.first().copied().unwrap_or_default()))
}

/// `segment.list`: by name.
///
/// # Errors
/// What the store says.
pub async fn list(cx: &Cx, shop: &TenantStore, call: SegmentList) -> Handled<Reply<SegmentList>> {
    let limit = paging::limit(call.limit);
    let after = call.after.map(|after| after.as_str().to_owned());
    let found = shop.segments(after, paging::to_read(limit)).await?;
    let found = counted(cx, shop, found).await?;
    Ok(Reply(paging::page(found, limit, |last| last.name.clone(), |segment| segment)))
}

/// `segment.add`: a known name gets the new query.
///
/// # Errors
/// `invalid` for a name that reads as a query, a query that can't be read, or one that leads back to itself; `conflict`
/// when a segment with this one in it can't be read any more.
pub async fn add(cx: &Cx, shop: &TenantStore, call: SegmentAdd) -> Handled<Reply<SegmentAdd>> {
    let saved = shop.save_segment(clean_line(&call.name), clean_line(&call.query), cx.now()).await?;
    Ok(Reply(with_people(cx, shop, saved).await?))
}

/// `segment.remove`: the people stay.
///
/// # Errors
/// `not_found` without it, `conflict` while another segment has it in it.
pub async fn remove(cx: &Cx, shop: &TenantStore, call: SegmentRemove) -> Handled<Reply<SegmentRemove>> {
    let removed = match shop.remove_segment(call.name.as_str().to_owned()).await {
        Err(StoreError::NotFound("segment")) => {
            let text = format!("no segment has the name or the id {:?}", call.name.as_str());
            return Err(CallError::not_found(text).into());
        }
        removed => removed?,
    };
    Ok(Reply(with_people(cx, shop, removed).await?))
}
