//! `demo`: a shop with customers, WAHA and Gemini, all made up.

use super::Cx;
use crate::cli;
use crate::demo::{self, DemoArgs};

/// Plays it. The same with and without `--headless` for as long as there is no console.
pub async fn run(cx: &Cx, args: cli::DemoArgs) -> anyhow::Result<()> {
    let cli::DemoArgs { headless: _, span, seed, data_dir } = args;
    demo::run(cx.output, DemoArgs { length: span.map(|span| span.0), seed, data_dir }).await
}
