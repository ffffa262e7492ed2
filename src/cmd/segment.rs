//! `segment …`

use mychatflow_data::protocol::calls::segment::{SegmentAdd, SegmentDocument, SegmentList, SegmentRemove};

use super::Cx;
use crate::cli::segment::SegmentVerb;
use crate::output::{Table, age, clean};

/// Runs one verb.
pub async fn run(cx: &Cx, verb: SegmentVerb) -> anyhow::Result<()> {
    let tenant = cx.tenant();
    match verb {
        SegmentVerb::List(limit) => {
            let params = |limit, after| SegmentList { tenant: tenant.clone(), limit, after };
            cx.list(limit, params, |segments| table(cx, segments)).await
        }
        SegmentVerb::Add { name, query } => {
            cx.show(&SegmentAdd { tenant, name, query }, |segment| {
                clean(&format!("{} is kept: {}", segment.name, people(segment.people)))
            })
            .await
        }
        SegmentVerb::Remove { name } => {
            cx.show(&SegmentRemove { tenant, name: name.into() }, |segment| {
                clean(&format!("{} is gone; its people stay", segment.name))
            })
            .await
        }
    }
}

fn people(count: i64) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

fn table(cx: &Cx, segments: &[SegmentDocument]) -> Table {
    let none = "no segments here; next: mychatflow segment add NAME 'tag:vip last_in:<30d'";
    let mut table = Table::new(["NAME", "PEOPLE", "SINCE", "QUERY"], none);
    for SegmentDocument { name, query, people, created_at, .. } in segments {
        table.row([name.clone(), people.to_string(), age(*created_at, cx.now), query.clone()]);
    }
    table
}
