//! G8 and G9: the console that people run, in a pseudo-terminal, against a store of a million messages: how soon it
//! paints, how soon a key shows, what memory it takes; the same while a thousand events a second come; and how soon a
//! customer's message is on the screens of one console and of ten.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use futures_util::StreamExt;
use mychatflow_bench::program;
use mychatflow_bench::pty::{Console, Pty};
use mychatflow_data::client;
use mychatflow_data::ids::{ChatId, InstanceId};
use mychatflow_data::protocol::calls::events::EventsSubscribe;
use mychatflow_data::time::Timestamp;

use crate::delivery::{self, address, deliveries};
use crate::load::{Connection, pace, percentile_ms};
use crate::process::Process;
use crate::report::{Better, Figure, Report, say};
use crate::shop::{Rows, Shop};
use crate::stubs::Stubs;
use crate::{Bench, machine, reading};

const STORED: &str = r#"{"stored":true}"#;
/// The end of a frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// How long anything may take to be shown.
const PATIENCE: Duration = Duration::from_secs(20);
/// A key is pressed when nothing has come for so long.
const REST: Duration = Duration::from_millis(30);
/// Messages of one thread.
const LONG_THREAD: usize = 10_000;
/// Events a second while keys are pressed.
const EVENTS_PER_S: f64 = 1_000.0;
/// Messages a second while they are looked for on screens.
const SHOWN_PER_S: f64 = 100.0;
/// Who writes while messages are looked for on screens: so few that none of them leaves the screen, since a list follows
/// its selected row and not its newest.
const FEW: usize = 12;
const PAGE_UP: &str = "\x1b[5~";
const PAGE_DOWN: &str = "\x1b[6~";

/// Signs that stand nowhere on the screen before they are written, each once: a frame that shows one again can't be
/// taken for the one that is waited for.
struct Signs(std::ops::RangeInclusive<char>);

impl Signs {
    fn next(&mut self) -> anyhow::Result<char> {
        self.0.next().context("all signs are used up")
    }
}

struct Scene<'b> {
    bench: &'b Bench,
    shop: Shop,
    daemon: Process,
    console: Console,
    /// Messages in the store.
    messages: usize,
    signs: Signs,
}

/// Measures and reports.
pub fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let program = program::find(bench.program.as_deref())?;
    let (chats, messages) = (bench.count(100_000), bench.count(1_000_000));
    say(&format!("console: filling a store with {messages} messages in {chats} chats"));
    let room = bench.room("console")?;
    let shop = Shop::make(&bench.runtime, &room)?;
    let threads = reading::fill(&shop, chats, messages)?;
    let long = bench.count(LONG_THREAD);
    lengthen(&shop, threads[0], messages, long)?;

    let stubs = Stubs::start(&bench.runtime, false)?;
    // Nothing is answered while it is measured.
    let told = stubs.told(room.clone(), Duration::from_secs(600));
    let daemon = Process::daemon(&told, Some(&program))?;
    stubs.pair(&bench.runtime, &daemon.address.to_string(), shop.instance)?;
    let console = Console { program: program.clone(), socket: told.socket(), home: room, env: Vec::new() };
    let signs = Signs('一'..='鿯');
    let mut scene = Scene { bench, shop, daemon, console, messages: messages + long, signs };

    scene.paint(report, &program)?;
    let mut pty = scene.keys(report)?;
    scene.keys_meanwhile(&mut pty, report)?;
    drop(pty);
    for consoles in [1, 10] {
        scene.shown(consoles, report)?;
    }
    Ok(())
}

/// Makes one chat a long one, and the newest.
fn lengthen(shop: &Shop, chat: ChatId, first: usize, count: usize) -> anyhow::Result<()> {
    let connection = shop.connect()?;
    let mut row = Rows::new(&connection, shop)?;
    let began = Timestamp::now().millis() - count as i64 * 1000;
    connection.execute_batch("BEGIN")?;
    for number in 0..count {
        let text = format!("Message {number} of a long thread. Is the small table from the window still there?");
        row.said(first + number, chat, &address(0), &text, began + number as i64 * 1000)?;
    }
    connection.execute("UPDATE chats SET last_at = ?2 WHERE id = ?1", (chat, Timestamp::now()))?;
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE);")?;
    Ok(())
}

impl Scene<'_> {
    /// A console with its list.
    fn open(&self) -> anyhow::Result<Pty> {
        let pty = Pty::start(&self.console)?;
        pty.until(b"Customer", PATIENCE)?;
        pty.quiet(Duration::from_millis(300))?;
        Ok(pty)
    }

    fn paint(&self, report: &mut Report, program: &Path) -> anyhow::Result<()> {
        say("console: starting");
        let (mut painted, mut listed, mut bare) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..if self.bench.quick { 5 } else { 15 } {
            let began = Instant::now();
            std::process::Command::new(program).arg("--version").output().context("the console does not start")?;
            bare.push(began.elapsed());
            let pty = Pty::start(&self.console)?;
            painted.push(pty.until(FRAME_END, PATIENCE)?.duration_since(pty.began));
            listed.push(pty.until(b"Customer", PATIENCE)?.duration_since(pty.began));
        }
        let paint = percentile_ms(&painted, 0.5);
        report.figure(Figure::new("G8", "console: first paint", "ms", paint, Better::Less, 30.0));
        report.detail("console.list_on_screen_ms", percentile_ms(&listed, 0.5));
        report.detail("console.binary_that_prints_its_version_ms", percentile_ms(&bare, 0.5));
        Ok(())
    }

    /// Keys in peace. Returns the console, with the long thread open.
    fn keys(&self, report: &mut Report) -> anyhow::Result<Pty> {
        say("console: keys");
        let mut pty = self.open()?;
        let mut all = Vec::new();
        let mut settled = Vec::new();
        let mut press = |pty: &mut Pty, keys: &[&str], rounds: usize| -> anyhow::Result<f64> {
            let mut took = Vec::new();
            for round in 0..rounds {
                let key = keys[round % keys.len()];
                let pressed = pty.press(key)?;
                let Some(came) = pty.next(PATIENCE)? else { bail!("{key:?} shows nothing, at round {round}") };
                took.push(came.at.duration_since(pressed));
                let last = pty.quiet(REST)?.unwrap_or(came.at);
                settled.push(last.duration_since(pressed));
            }
            all.extend(&took);
            Ok(percentile_ms(&took, 0.99))
        };
        report.detail("console.key_steps_p99_ms", press(&mut pty, &["j", "j", "j", "k"], 200)?);
        report.detail("console.key_pages_p99_ms", press(&mut pty, &[PAGE_DOWN], 50)?);
        report.detail("console.key_opens_p99_ms", press(&mut pty, &["\r", "\x1b", "j"], 99)?);
        // All chats, the newest first: the long one is on top.
        press(&mut pty, &["<"], 1)?;
        pty.quiet(Duration::from_millis(300))?;
        press(&mut pty, &["\r"], 1)?;
        pty.quiet(Duration::from_millis(300))?;
        report.detail("console.key_scrolls_p99_ms", press(&mut pty, &[PAGE_UP], 150)?);
        let figure = |name: &str, share: f64, budget: f64| {
            let name = format!("console: key to bytes, {name}");
            Figure::new("G8", &name, "ms", percentile_ms(&all, share), Better::Less, budget)
        };
        report.figure(figure("p50", 0.5, 1.0));
        report.figure(figure("p99", 0.99, 6.0));
        report.detail("console.key_to_rest_p50_ms", percentile_ms(&settled, 0.5));
        report.detail("console.key_to_rest_p99_ms", percentile_ms(&settled, 0.99));
        let rss = machine::rss_mib(pty.id()?)?;
        report.figure(Figure::new("G8", "console: RSS", "MiB", rss, Better::Less, 20.0));
        Ok(pty)
    }

    /// Keys while a thousand events a second come: signs typed into the composer.
    fn keys_meanwhile(&mut self, pty: &mut Pty, report: &mut Report) -> anyhow::Result<()> {
        let keys = self.bench.count(500);
        say("console: keys, with a thousand events a second");
        let counted = Arc::new(AtomicUsize::new(0));
        let counting = {
            let (counted, socket) = (Arc::clone(&counted), self.console.socket.clone());
            self.bench.runtime.spawn(async move {
                let client = client::connect(&socket).await?;
                let mut notices = client.subscribe(&EventsSubscribe::default()).await?;
                while notices.next().await.is_some() {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        };
        let per_delivery = self.events_per_delivery(&counted)?;
        let per_s = EVENTS_PER_S / per_delivery;
        let seconds = keys as f64 * 0.04 + 3.0;
        let load = self.deliveries((per_s * seconds) as usize);
        let (target, before) = (self.daemon.address, counted.load(Ordering::Relaxed));

        pty.press("G")?;
        pty.press("i")?;
        pty.quiet(Duration::from_millis(300))?;
        let cpu = machine::cpu(pty.id()?)?;
        let began = Instant::now();
        let loading = std::thread::spawn(move || pace(target, 8, &load, per_s, STORED));
        std::thread::sleep(Duration::from_secs(1));
        let mut took = Vec::with_capacity(keys);
        for _ in 0..keys {
            let sign = self.signs.next()?.to_string();
            let pressed = pty.press(&sign)?;
            took.push(pty.until(sign.as_bytes(), PATIENCE)?.duration_since(pressed));
            // No beat that frames could fall in step with.
            let pause = Duration::from_micros(25_000 + (took.len() as u64 * 7_919) % 15_000);
            while pressed.elapsed() < pause {
                pty.next(pause.saturating_sub(pressed.elapsed()))?;
            }
        }
        let events = (counted.load(Ordering::Relaxed) - before) as f64 / began.elapsed().as_secs_f64();
        let busy = (machine::cpu(pty.id()?)? - cpu).as_secs_f64() / began.elapsed().as_secs_f64();
        let Ok(outcome) = loading.join() else { bail!("the load panicked") };
        report.detail("console.acks_meanwhile_p99_ms", outcome?.percentile_ms(0.99));
        counting.abort();
        let figure = |name: &str, share: f64, budget: f64| {
            let name = format!("console: the same, events/s, {name}");
            Figure::new("G8", &name, "ms", percentile_ms(&took, share), Better::Less, budget)
        };
        report.figure(figure("p50", 0.5, 1.0));
        report.figure(figure("p99", 0.99, 6.0));
        report.detail("console.events_per_s", events);
        report.detail("console.cpu_meanwhile", busy);
        let rss = machine::rss_mib(pty.id()?)?;
        report.figure(Figure::new("G8", "console: RSS after the events", "MiB", rss, Better::Less, 20.0));
        Ok(())
    }

    /// How many events a message makes.
    fn events_per_delivery(&mut self, counted: &AtomicUsize) -> anyhow::Result<f64> {
        const COUNT: usize = 50;
        // Until the subscription stands nothing is counted.
        std::thread::sleep(Duration::from_millis(300));
        let before = counted.load(Ordering::Relaxed);
        let few = self.deliveries(COUNT);
        pace(self.daemon.address, 1, &few, 100.0, STORED)?;
        std::thread::sleep(Duration::from_millis(500));
        match counted.load(Ordering::Relaxed) - before {
            0 => bail!("messages make no events"),
            events => Ok(events as f64 / COUNT as f64),
        }
    }

    fn deliveries(&mut self, count: usize) -> Vec<Vec<u8>> {
        let made = deliveries(self.shop.instance, self.messages, count, 1, self.bench.count(100_000) - 1);
        self.messages += count;
        made
    }

    /// From the webhook of a message to its text on every console.
    fn shown(&mut self, consoles: usize, report: &mut Report) -> anyhow::Result<()> {
        say(&format!("console: messages on {consoles} screens"));
        let mut screens = Vec::new();
        for _ in 0..consoles {
            let mut pty = self.open()?;
            // All chats, the newest first.
            pty.press("<")?;
            pty.until(b"Customer", PATIENCE)?;
            screens.push(pty);
        }
        for pty in &screens {
            pty.quiet(Duration::from_millis(200))?;
        }
        let count = self.bench.count(1_000);
        let requests = (0..count)
            .map(|_| {
                let sign = self.signs.next()?;
                self.messages += 1;
                Ok((sign, saying(self.shop.instance, self.messages, sign)))
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        let posted = post(self.daemon.address, &requests)?;
        let mut took = Vec::with_capacity(count * consoles);
        let mut unseen = 0;
        for pty in &screens {
            let seen = signs_seen(pty)?;
            for (sign, at) in &posted {
                match seen.get(sign) {
                    Some(seen) => took.push(seen.duration_since(*at)),
                    None => unseen += 1,
                }
            }
        }
        let noun = if consoles == 1 { "console" } else { "consoles" };
        let name = format!("webhook to {consoles} {noun}, p99");
        report.figure(Figure::new("G9", &name, "ms", percentile_ms(&took, 0.99), Better::Less, 50.0));
        let (p50, lost) = match consoles {
            1 => ("console.shown_on_1_p50_ms", "console.shown_on_1_unseen"),
            _ => ("console.shown_on_10_p50_ms", "console.shown_on_10_unseen"),
        };
        report.detail(p50, percentile_ms(&took, 0.5));
        report.detail(lost, f64::from(unseen));
        Ok(())
    }
}

/// A message of one sign.
fn saying(instance: InstanceId, number: usize, sign: char) -> Vec<u8> {
    let body = delivery::saying(number, 1 + number % FEW, &sign.to_string(), Timestamp::now());
    delivery::request(&delivery::path(instance), number, &body)
}

/// Posts each message when it is due, and returns when that was.
fn post(to: std::net::SocketAddr, requests: &[(char, Vec<u8>)]) -> anyhow::Result<Vec<(char, Instant)>> {
    let mut connection = Connection::open(to)?;
    let began = Instant::now() + Duration::from_millis(5);
    let mut posted = Vec::with_capacity(requests.len());
    for (number, (sign, request)) in requests.iter().enumerate() {
        let due = began + Duration::from_secs_f64(number as f64 / SHOWN_PER_S);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let (status, body) = connection.exchange(request)?;
        if status != 200 || body != STORED.as_bytes() {
            bail!("answered {status}");
        }
        posted.push((*sign, due));
    }
    Ok(posted)
}

/// Which signs came, and when each came first.
fn signs_seen(pty: &Pty) -> anyhow::Result<HashMap<char, Instant>> {
    let mut seen = HashMap::new();
    let mut rest: Vec<u8> = Vec::new();
    while let Some(came) = pty.next(Duration::from_millis(500))? {
        rest.extend(came.bytes);
        let whole = match std::str::from_utf8(&rest) {
            Ok(text) => text.len(),
            // A sign may be cut by the end of a read.
            Err(error) => error.valid_up_to(),
        };
        for sign in String::from_utf8_lossy(&rest[..whole]).chars().filter(|char| *char >= '一') {
            seen.entry(sign).or_insert(came.at);
        }
        rest.drain(..whole);
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_told_once_each() {
        let mut signs = Signs('一'..='丁');
        assert_eq!((signs.next().unwrap(), signs.next().unwrap()), ('一', '丁'));
        assert!(signs.next().is_err());
    }
}
