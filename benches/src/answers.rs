//! G2, G4, G5 and G6: messages answered, from the webhook to WAHA's `sendText`. Instant pace, no burst window, model and
//! WAHA at 0 ms, ids reserved, credits and history on.

use std::time::{Duration, Instant};

use anyhow::bail;

use crate::ceiling::{CONNECTIONS, Ceilings};
use crate::delivery::deliveries;
use crate::load::{Connection, percentile_ms, saturate};
use crate::process::Process;
use crate::report::{Better, Figure, Report, say};
use crate::shop::Shop;
use crate::stubs::Stubs;
use crate::{Bench, machine};

const STORED: &str = r#"{"stored":true}"#;
/// How long one answer may take, and how long a load of them is looked at.
const PATIENCE: Duration = Duration::from_secs(60);

struct Scene<'b> {
    bench: &'b Bench,
    shop: Shop,
    stubs: Stubs,
    daemon: Process,
    /// Messages so far; each is of a customer of its own.
    messages: usize,
}

/// What answering at full speed found.
struct Saturated {
    rate: f64,
    daemon_cpu_ms: f64,
    our_cpu_ms: f64,
    acks_rate: f64,
    /// Messages that had no answer when patience ended.
    unanswered: usize,
}

/// Measures and reports.
pub fn measure(bench: &Bench, ceilings: &Ceilings, report: &mut Report) -> anyhow::Result<()> {
    let room = bench.room("answers")?;
    let shop = Shop::make(&bench.runtime, &room)?;
    let stubs = Stubs::start(&bench.runtime, bench.echo)?;
    let daemon = Process::daemon(&stubs.told(room, Duration::ZERO), bench.program.as_deref())?;
    stubs.pair(&bench.runtime, &daemon.address.to_string(), shop.instance)?;
    let mut scene = Scene { bench, shop, stubs, daemon, messages: 0 };

    say("answers: 10 a second");
    scene.at_ten(20)?;
    let before = scene.daemon.cpu()?;
    let slow = scene.at_ten(if bench.quick { 100 } else { 600 })?;
    let slow_cpu_ms = (scene.daemon.cpu()? - before).as_secs_f64() * 1000.0 / slow.len() as f64;

    let count = if bench.quick { 4_000 } else { 20_000 };
    say("answers: saturated");
    let first = scene.saturate(count)?;
    let after_first = scene.daemon.rss_mib()?;
    // A backlog would be measured along with the second load.
    let second = if first.unanswered == 0 { Some(scene.saturate(count)?) } else { None };
    let after_second = scene.daemon.rss_mib()?;

    let rate = second.as_ref().map_or(first.rate, |second| second.rate.min(first.rate));
    let answers = Figure::new("G2", "answers/s", "/s", rate, Better::More, 4_500.0);
    report.figure(answers.of("rows, 64 a commit", ceilings.rows_64_per_s, 0.25));
    report.figure(Figure::new("G4", "own latency p50 at 10/s", "ms", percentile_ms(&slow, 0.5), Better::Less, 2.0));
    report.figure(Figure::new("G4", "own latency p99 at 10/s", "ms", percentile_ms(&slow, 0.99), Better::Less, 8.0));
    let cpu = second.as_ref().map_or(first.daemon_cpu_ms, |second| second.daemon_cpu_ms.max(first.daemon_cpu_ms));
    report.figure(Figure::new("G5", "CPU per answer, saturated", "ms", cpu, Better::Less, 0.35));
    report.figure(Figure::new("G5", "CPU per answer, at 10/s", "ms", slow_cpu_ms, Better::Less, 1.0));
    let name = |what: &str| format!("RSS, {what} {count} messages");
    report.figure(Figure::new("G6", &name("after"), "MiB", after_first, Better::Less, 32.0));
    report.detail("answers.first_per_s", first.rate);
    report.detail("answers.acks_per_s_meanwhile", first.acks_rate);
    report.detail("answers.stubs_and_load_cpu_ms", first.our_cpu_ms);
    report.detail("answers.unanswered", first.unanswered as f64);
    if let Some(second) = second {
        let growth = after_second - after_first;
        report.figure(Figure::new("G6", &name("growth of the next"), "MiB", growth, Better::Less, 1.0));
        report.detail("answers.second_per_s", second.rate);
        report.detail("answers.unanswered", second.unanswered as f64);
    }
    Ok(())
}

impl Scene<'_> {
    fn requests(&mut self, count: usize) -> Vec<Vec<u8>> {
        let made = deliveries(self.shop.instance, self.messages, count, self.messages, count);
        self.messages += count;
        made
    }

    /// One message every 100 ms: from the first byte of its webhook to its answer at WAHA.
    fn at_ten(&mut self, count: usize) -> anyhow::Result<Vec<Duration>> {
        let requests = self.requests(count);
        let (stubs, began) = (&self.stubs, Instant::now());
        let already = self.messages - count;
        let mut connection = Connection::open(self.daemon.address)?;
        let mut took = Vec::with_capacity(count);
        for (number, request) in requests.iter().enumerate() {
            let due = began + Duration::from_millis(100 * number as u64);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let posted = Instant::now();
            let sent = std::thread::scope(|scope| {
                let waiting = scope.spawn(|| self.bench.runtime.block_on(stubs.sent(already + number + 1, PATIENCE)));
                let (status, body) = connection.exchange(request)?;
                if status != 200 || body != STORED.as_bytes() {
                    bail!("answered {status}");
                }
                match waiting.join() {
                    Ok(Some(sent)) => Ok(sent),
                    _ => bail!("a message was not answered within {PATIENCE:?}"),
                }
            })?;
            took.push(sent.duration_since(posted));
        }
        Ok(took)
    }

    fn saturate(&mut self, count: usize) -> anyhow::Result<Saturated> {
        let requests = self.requests(count);
        let (cpu, ours) = (self.daemon.cpu()?, machine::cpu(std::process::id())?);
        let began = Instant::now();
        let acks = saturate(self.daemon.address, CONNECTIONS, &requests, STORED)?;
        let left = PATIENCE.saturating_sub(began.elapsed());
        let sent = self.bench.runtime.block_on(self.stubs.sent(self.messages, left)).unwrap_or_else(Instant::now);
        let took = sent.duration_since(began);
        let unanswered = self.messages.saturating_sub(self.stubs.waha.sent_count());
        let answered = count.saturating_sub(unanswered).max(1);
        // The last sends are recorded after WAHA has them: that work is part of the answers too.
        std::thread::sleep(Duration::from_millis(200));
        let ms = |cpu: Duration| cpu.as_secs_f64() * 1000.0 / answered as f64;
        Ok(Saturated {
            unanswered,
            rate: answered as f64 / took.as_secs_f64(),
            daemon_cpu_ms: ms(self.daemon.cpu()? - cpu),
            our_cpu_ms: ms(machine::cpu(std::process::id())? - ours),
            acks_rate: acks.rate(),
        })
    }
}
