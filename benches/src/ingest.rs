//! G1, G3 and the idle part of G6: deliveries taken in. Each makes an answer job, as in reality, which is due an hour
//! later: so nothing but ingest is measured.

use std::time::Duration;

use crate::ceiling::{CONNECTIONS, CUSTOMERS, Ceilings};
use crate::delivery::deliveries;
use crate::load::{pace, saturate};
use crate::process::Process;
use crate::report::{Better, Figure, Report, say};
use crate::shop::Shop;
use crate::stubs::Stubs;
use crate::{Bench, machine};

const HOUR: Duration = Duration::from_secs(3600);
const STORED: &str = r#"{"stored":true}"#;
/// Connections of the paced figures: more than can be busy at the budget.
const PACED: usize = 32;

/// Measures and reports.
pub fn measure(bench: &Bench, ceilings: &Ceilings, report: &mut Report) -> anyhow::Result<()> {
    let room = bench.room("ingest")?;
    let shop = Shop::make(&bench.runtime, &room)?;
    let stubs = Stubs::start(&bench.runtime, bench.echo)?;
    let daemon = Process::daemon(&stubs.told(room, HOUR), bench.program.as_deref())?;
    stubs.pair(&bench.runtime, &daemon.address.to_string(), shop.instance)?;
    std::thread::sleep(Duration::from_secs(1));
    report.figure(Figure::new("G6", "RSS, idle", "MiB", daemon.rss_mib()?, Better::Less, 16.0));

    let mut first = 0;
    let mut next = |count: usize| {
        let made = deliveries(shop.instance, first, count, 0, CUSTOMERS);
        first += count;
        made
    };
    // Every customer once, so that what follows are messages of people who have a chat.
    saturate(daemon.address, CONNECTIONS, &next(CUSTOMERS), STORED)?;

    say("ingest: 10 a second");
    let slow = pace(daemon.address, 4, &next(if bench.quick { 100 } else { 600 }), 10.0, STORED)?;
    let fast_count = if bench.quick { 3_000 } else { 20_000 };
    say("ingest: 1,000 a second");
    let fast = pace(daemon.address, PACED, &next(fast_count), 1_000.0, STORED)?;

    say("ingest: saturated");
    let requests = next(bench.count(100_000).max(20_000));
    let (before, ours) = (daemon.cpu()?, machine::cpu(std::process::id())?);
    let full = saturate(daemon.address, CONNECTIONS, &requests, STORED)?;
    let (used, ours) = (daemon.cpu()? - before, machine::cpu(std::process::id())? - ours);
    let per_ack = |cpu: Duration| cpu.as_secs_f64() * 1000.0 / requests.len() as f64;

    let acks = Figure::new("G1", "acks/s saturated, 32 connections", "/s", full.rate(), Better::More, 6_000.0);
    report.figure(acks.of("rows, 64 a commit", ceilings.rows_64_per_s, 0.4));
    let late = 10.0 * ceilings.fdatasync_p50_ms + 3.0;
    let bound = "10 fdatasync + 3 ms";
    report.figure(Figure::new("G3", "ack p50 at 10/s", "ms", slow.percentile_ms(0.5), Better::Less, 1.0));
    let p99 = Figure::new("G3", "ack p99 at 10/s", "ms", slow.percentile_ms(0.99), Better::Less, 5.0);
    report.figure(p99.of(bound, late, 1.0));
    let p99 = Figure::new("G3", "ack p99 at 1,000/s", "ms", fast.percentile_ms(0.99), Better::Less, 15.0);
    report.figure(p99.of(bound, late, 1.0));
    report.detail("ingest.saturated_p50_ms", full.percentile_ms(0.5));
    report.detail("ingest.saturated_p99_ms", full.percentile_ms(0.99));
    report.detail("ingest.at_1000_p50_ms", fast.percentile_ms(0.5));
    report.detail("ingest.share_of_echo", full.rate() / ceilings.echo_per_s);
    report.detail("ingest.daemon_cpu_ms_per_ack", per_ack(used));
    report.detail("ingest.load_cpu_ms_per_ack", per_ack(ours));
    report.detail("ingest.rss_mib_afterwards", daemon.rss_mib()?);
    Ok(())
}
