//! G11: how long a customer waits for an answer while the same number sends a campaign at the instant pace, and while
//! another shop has ten thousand answers to write.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use mychatflow_data::client::{self, Client};
use mychatflow_data::protocol::calls::campaign::{CampaignCreate, CampaignDocument, CampaignExtend, CampaignLaunch};
use mychatflow_data::protocol::name::CampaignName;
use mychatflow_data::time::Timestamp;

use crate::delivery::{address, body, path, request};
use crate::load::{Connection, percentile_ms};
use crate::process::Process;
use crate::report::{Better, Figure, Report, say};
use crate::shop::{SESSION, Shop};
use crate::stubs::{ANSWER, Stubs};
use crate::{Bench, import};

const STORED: &str = r#"{"stored":true}"#;
/// How long the last answers may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Customers' messages.
const PER_SECOND: u32 = 10;
/// People on lists have numbers of their own.
const LISTED_FROM: usize = 1_000_000;
const CAMPAIGN: &str = "spring";
/// What the model takes for an answer where a backlog is to last.
const MODEL: Duration = Duration::from_millis(100);
const BACKLOG: usize = 10_000;
/// The other shop, and its session.
const OTHER: &str = "other";

/// Measures and reports.
pub fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    beside_a_campaign(bench, report)?;
    beside_a_backlog(bench, report)
}

fn beside_a_campaign(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    say("neighbours: customers alone");
    let count = bench.count(300);
    let mut scene = Scene::open(bench, "campaigning", Duration::ZERO, 0)?;
    scene.customers(PER_SECOND as usize)?;
    let alone = scene.customers(count)?;

    let people = bench.count(40_000);
    say(&format!("neighbours: customers beside a campaign to {people} people"));
    bench.runtime.block_on(launch(&scene.client, people))?;
    let already = scene.stubs.waha.sent_count();
    let began = Instant::now();
    let beside = scene.customers(count)?;
    let sent = scene.stubs.waha.sent_count() - already - count;
    let rate = sent as f64 / began.elapsed().as_secs_f64();
    if sent + count >= people {
        bail!("the campaign to {people} people was through before the customers were: nothing is measured");
    }
    let [alone_p50, alone_p99] = [0.5, 0.99].map(|share| percentile_ms(&alone, share));
    let [beside_p50, beside_p99] = [0.5, 0.99].map(|share| percentile_ms(&beside, share));
    let ratio = |name: &str, value: f64| Figure::new("G11", name, "x", value, Better::Less, 1.5);
    report.figure(ratio("answer beside a campaign, p50", beside_p50 / alone_p50));
    report.figure(ratio("answer beside a campaign, p99", beside_p99 / alone_p99));
    report.detail("neighbours.alone_p50_ms", alone_p50);
    report.detail("neighbours.alone_p99_ms", alone_p99);
    report.detail("neighbours.campaign_p50_ms", beside_p50);
    report.detail("neighbours.campaign_p99_ms", beside_p99);
    report.detail("neighbours.campaign_per_s", rate);
    Ok(())
}

fn beside_a_backlog(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    say(&format!("neighbours: customers beside another shop's backlog of {BACKLOG}"));
    let count = bench.count(200);
    let mut scene = Scene::open(bench, "backlog", MODEL, BACKLOG)?;
    let took = scene.customers(count)?;
    let left = BACKLOG + count - scene.stubs.waha.sent_count();
    if left < BACKLOG / 10 {
        bail!("of the backlog {left} are left: too few to have been in the way");
    }
    let longest = percentile_ms(&took, 1.0) / 1000.0;
    report.figure(Figure::new("G11", "answer beside another's backlog, longest", "s", longest, Better::Less, 2.0));
    report.detail("neighbours.backlog_p50_ms", percentile_ms(&took, 0.5));
    report.detail("neighbours.backlog_left", left as f64);
    Ok(())
}

/// A shop, its daemon, and the customers so far.
struct Scene {
    shop: Shop,
    stubs: Stubs,
    daemon: Process,
    client: Client,
    messages: usize,
}

impl Scene {
    /// With a model that takes so long, and another shop that so many customers wait for.
    fn open(bench: &Bench, name: &str, model: Duration, backlog: usize) -> anyhow::Result<Self> {
        let room = bench.room(name)?;
        let shop = Shop::make(&bench.runtime, &room)?;
        let stubs = Stubs::slow(&bench.runtime, model)?;
        if backlog > 0 {
            let other = shop.add_another(&bench.runtime, OTHER)?;
            other.backlog(backlog)?;
        }
        let mut told = stubs.told(room, Duration::ZERO);
        if !model.is_zero() {
            told.gemini_concurrent = 8;
        }
        if backlog > 0 {
            // Before the daemon is there, which would make it otherwise.
            stubs.pair_other(&bench.runtime, OTHER)?;
        }
        let daemon = Process::daemon(&told, bench.program.as_deref())?;
        stubs.pair(&bench.runtime, &daemon.address.to_string(), shop.instance)?;
        let client = bench.runtime.block_on(client::connect(&told.socket())).context("no connection to the daemon")?;
        Ok(Self { shop, stubs, daemon, client, messages: 0 })
    }

    /// One message every 100 ms, each of a new customer: from the first byte of its webhook to its answer at WAHA,
    /// which notes whole milliseconds.
    fn customers(&mut self, count: usize) -> anyhow::Result<Vec<Duration>> {
        let (began, mut posted) = (Instant::now(), HashMap::new());
        let mut connection = Connection::open(self.daemon.address)?;
        for number in 0..count {
            let customer = self.messages + number;
            let due = began + Duration::from_secs(1) / PER_SECOND * u32::try_from(number)?;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let body = body(customer, customer, Timestamp::now());
            let request = request(&path(self.shop.instance), customer, &body);
            posted.insert(address(customer), now_ms());
            let (status, body) = connection.exchange(&request)?;
            if status != 200 || body != STORED.as_bytes() {
                bail!("answered {status}");
            }
        }
        self.messages += count;
        let ended = Instant::now();
        loop {
            let sent = self.stubs.waha.sent();
            let answers = sent.iter().filter(|sent| sent.session == SESSION && sent.text.ends_with(ANSWER));
            let took: Vec<Duration> = answers
                .filter_map(|sent| {
                    let ms = sent.at_ms as f64 + 0.5 - posted.get(&sent.chat_id)?;
                    Some(Duration::from_secs_f64(ms.max(0.0) / 1000.0))
                })
                .collect();
            if took.len() == count {
                return Ok(took);
            }
            if ended.elapsed() > PATIENCE {
                bail!("{} of {count} customers have their answer", took.len());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Milliseconds since 1970, with their fraction.
fn now_ms() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_secs_f64() * 1000.0
}

/// Makes a campaign to so many people and launches it.
async fn launch(client: &Client, people: usize) -> anyhow::Result<()> {
    let mut list = "phone,name\n".to_owned();
    for person in 0..people {
        list.push_str(&format!("+{},Person {person}\n", address(LISTED_FROM + person).trim_end_matches("@c.us")));
    }
    let mut told: Option<CampaignDocument> = None;
    for (piece, more) in import::pieces(&list) {
        let file = piece.to_owned();
        told = Some(match &told {
            None => {
                let call = CampaignCreate {
                    name: CAMPAIGN.to_owned(),
                    text: "Hi {{ name }}, the tulips are here.".to_owned(),
                    file: Some(file),
                    more,
                    ..CampaignCreate::default()
                };
                client.call(&call).await.context("campaign.create")?
            }
            Some(told) => {
                let call = CampaignExtend { tenant: None, campaign: told.id, file, more };
                client.call(&call).await.context("campaign.extend")?
            }
        });
    }
    let call = CampaignLaunch { tenant: None, name: CampaignName::from(CAMPAIGN) };
    client.call(&call).await.context("campaign.launch")?;
    Ok(())
}
