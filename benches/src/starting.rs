//! G7: from the start of the process until `/healthz` answers, with nothing in the store and with much.

use std::time::Duration;

use crate::Bench;
use crate::process::Process;
use crate::report::{Better, Figure, Report, say};
use crate::shop::Shop;
use crate::stubs::Stubs;

const LIVE_JOBS: usize = 10_000;

/// Measures and reports.
pub fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let stubs = Stubs::start(&bench.runtime, false)?;
    say("start: with an empty store");
    let mut empty = Vec::new();
    for number in 0..9 {
        let told = stubs.told(bench.room(&format!("empty{number}"))?, Duration::ZERO);
        empty.push(Process::daemon(&told, bench.program.as_deref())?.ready_after);
    }

    let messages = bench.count(1_000_000);
    say(&format!("start: filling a store with {messages} messages"));
    let room = bench.room("full")?;
    let shop = Shop::make(&bench.runtime, &room)?;
    shop.fill(messages, LIVE_JOBS)?;
    let told = stubs.told(room, Duration::from_secs(3600));
    say("start: with a full store");
    // The first start is the one after a kill: it frees the leases of the run before.
    let mut full = Vec::new();
    for _ in 0..5 {
        full.push(Process::daemon(&told, bench.program.as_deref())?.ready_after);
    }

    let median = |times: &[Duration]| crate::load::percentile_ms(times, 0.5);
    report.figure(Figure::new("G7", "start to ready, empty", "ms", median(&empty), Better::Less, 50.0));
    let first = full[0].as_secs_f64() * 1000.0;
    let name = format!("start to ready, {messages} messages");
    report.figure(Figure::new("G7", &name, "ms", first.max(median(&full)), Better::Less, 500.0));
    report.detail("start.full_first_ms", first);
    report.detail("start.full_median_ms", median(&full));
    Ok(())
}
