//! `demo`: a shop with customers, WAHA and Gemini, all made up.

use anyhow::bail;

use super::Cx;
use crate::cli::DemoArgs;

/// Where the demo comes in.
pub async fn run(_cx: &Cx, args: DemoArgs) -> anyhow::Result<()> {
    let DemoArgs { headless: _, span: _, seed: _, data_dir: _ } = args;
    bail!("this build has no demo yet")
}
