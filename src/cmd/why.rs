//! `why ID`

use mychatflow_data::protocol::calls::why::{Why, WhyDocument};

use super::Cx;
use crate::output::{clean, local};

/// Tells how a message came to be, or why none came.
pub async fn run(cx: &Cx, id: String) -> anyhow::Result<()> {
    cx.show(&Why { tenant: cx.tenant(), id }, people).await
}

fn people(why: &WhyDocument) -> String {
    let mut text = format!("{}\n", clean(&why.headline));
    for line in &why.lines {
        let at = line.at.map_or_else(|| "now".to_owned(), |at| local(at, "%d %b %H:%M:%S"));
        let detail = line.detail.as_deref().map(|detail| format!(": {}", clean(detail))).unwrap_or_default();
        text.push_str(&format!("\n{at:<16} {}{detail}", clean(&line.what)));
    }
    text
}
