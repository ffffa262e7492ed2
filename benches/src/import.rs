//! G12: a list of people over the socket, in pieces as the command sends them: how long, how much memory, whether every
//! row is accounted for, and how long webhooks wait meanwhile. Then the same list as a campaign's.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use mychatflow_data::client::{self, Client};
use mychatflow_data::ids::ImportId;
use mychatflow_data::protocol::calls::campaign::{CampaignCreate, CampaignDocument, CampaignExtend};
use mychatflow_data::protocol::calls::contact::{ContactImport, ContactImported};
use mychatflow_data::protocol::piece::{Rehearsal, Rest};

use crate::Bench;
use crate::delivery::deliveries;
use crate::load::{pace, percentile_ms};
use crate::process::Process;
use crate::report::{Better, Figure, Report, say};
use crate::shop::Shop;
use crate::stubs::Stubs;

const HOUR: Duration = Duration::from_secs(3600);
const STORED: &str = r#"{"stored":true}"#;
/// As the command sends them.
const PIECE_BYTES: usize = 128 * 1024;
/// Webhooks meanwhile.
const DELIVERIES: usize = 40;
const DELIVERIES_PER_S: f64 = 20.0;

/// A list, and what is to be told of it.
struct Made {
    text: String,
    rows: i64,
    repaired: i64,
    duplicates: i64,
    rejected: i64,
}

/// A shop without people, and its daemon.
struct Scene<'b> {
    bench: &'b Bench,
    shop: Shop,
    daemon: Process,
    socket: std::path::PathBuf,
    _stubs: Stubs,
}

/// What one way to take the list in cost.
struct Cost {
    seconds: f64,
    /// The most memory it had in RAM, beyond what it had before.
    mib_on_top: f64,
}

/// Measures and reports.
pub fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let made = made(bench.count(100_000))?;
    let rows = made.rows;
    say(&format!("import: {rows} rows, {} KiB", made.text.len() / 1024));

    let scene = Scene::open(bench, "import")?;
    let rehearsed = scene.cost(async |client| import(&client, &made, Rehearsal::DryRun, 0).await)?;
    let first = scene.cost(async |client| import(&client, &made, Rehearsal::Real, 0).await)?;
    let known = made.rows - made.duplicates - made.rejected;
    let second = scene.cost(async |client| import(&client, &made, Rehearsal::Real, known).await)?;
    for (what, cost) in [("dry run of", rehearsed), ("import of", first), ("second import of", second)] {
        let name = format!("{what} {rows} people");
        report.figure(Figure::new("G12", &name, "s", cost.seconds, Better::Less, 5.0));
        report.figure(Figure::new("G12", &format!("{name}, RSS"), "MiB", cost.mib_on_top, Better::Less, 64.0));
    }

    say("import: with webhooks");
    let scene = Scene::open(bench, "busy")?;
    let requests = deliveries(scene.shop.instance, 0, DELIVERIES, 0, DELIVERIES);
    let (address, began) = (scene.daemon.address, Instant::now());
    let (acks, busy) = std::thread::scope(|scope| {
        let acks = scope.spawn(|| pace(address, 4, &requests, DELIVERIES_PER_S, STORED));
        let busy = scene.cost(async |client| import(&client, &made, Rehearsal::Real, 0).await);
        (acks.join(), busy)
    });
    let acks = acks.map_err(|_| anyhow::anyhow!("the load panicked"))??;
    report.detail("import.with_webhooks_s", busy?.seconds);
    report.detail("import.both_s", began.elapsed().as_secs_f64());
    report.detail("import.ack_p50_ms_meanwhile", percentile_ms(&acks.latencies, 0.5));
    report.detail("import.ack_p99_ms_meanwhile", percentile_ms(&acks.latencies, 0.99));

    say("import: the same as a campaign");
    let scene = Scene::open(bench, "campaign")?;
    let listed = scene.cost(async |client| campaign(&client, &made).await)?;
    report.detail("import.campaign_s", listed.seconds);
    report.detail("import.campaign_rss_on_top_mib", listed.mib_on_top);
    Ok(())
}

/// People as a spreadsheet has them: every tenth number was mangled so that it can be mended, every fiftieth row names
/// somebody again, every hundredth has no number.
fn made(rows: usize) -> anyhow::Result<Made> {
    let mut made = Made {
        text: "Name;Phone;City;Tags;Language;Note\n".to_owned(),
        rows: i64::try_from(rows)?,
        repaired: 0,
        duplicates: 0,
        rejected: 0,
    };
    for row in 0..rows {
        let number = 15_100_000_000 + u64::try_from(row)?;
        let phone = match row {
            _ if row % 100 == 99 => {
                made.rejected += 1;
                "4,91511E+12".to_owned()
            }
            _ if row % 50 == 48 => {
                made.duplicates += 1;
                format!("0{}", number - 1)
            }
            _ if row % 10 == 0 => {
                made.repaired += 1;
                number.to_string()
            }
            _ if row % 2 == 0 => format!("0{number}"),
            _ => format!("+49 {number}"),
        };
        let note = if row % 7 == 0 { "\"likes tulips;\nand quotes \"\"so\"\"\"" } else { "" };
        writeln!(made.text, "Person {row};{phone};Köln {};{};de;{note}", row % 97, ["vip", "", "spring,new"][row % 3])?;
    }
    Ok(made)
}

/// A list as the command cuts it.
pub fn pieces(text: &str) -> Vec<(&str, Rest)> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        rest = behind;
        pieces.push((piece, if rest.is_empty() { Rest::Nothing } else { Rest::Follows }));
    }
    pieces
}

async fn import(client: &Client, made: &Made, dry_run: Rehearsal, known: i64) -> anyhow::Result<()> {
    let (mut told, mut rejected) = (ContactImported::default(), 0);
    let mut id: Option<ImportId> = None;
    for (piece, more) in pieces(&made.text) {
        let call = ContactImport {
            file: piece.to_owned(),
            more,
            import: id,
            name: Some("people.csv".to_owned()),
            country: Some("DE".to_owned()),
            dry_run,
            ..ContactImport::default()
        };
        told = client.call(&call).await.context("contact.import")?;
        rejected += i64::try_from(told.rejected.len())?;
        id = told.import;
    }
    let expected = (made.rows, made.repaired, made.duplicates, 0, made.rejected);
    let found = (told.rows, told.repaired, told.duplicates, told.suppressed, rejected);
    let accounted = told.imported + told.duplicates + told.suppressed + rejected == told.rows;
    if found != expected || !accounted || told.imported - told.added != known {
        bail!("not every row is accounted for: {found:?} instead of {expected:?}, {told:?}");
    }
    Ok(())
}

async fn campaign(client: &Client, made: &Made) -> anyhow::Result<()> {
    let mut told: Option<CampaignDocument> = None;
    for (piece, more) in pieces(&made.text) {
        let file = piece.to_owned();
        told = Some(match &told {
            None => {
                let call = CampaignCreate {
                    name: "spring".to_owned(),
                    text: "Hi {{ name }}".to_owned(),
                    file: Some(file),
                    file_name: Some("people.csv".to_owned()),
                    country: Some("DE".to_owned()),
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
    let told = told.context("nothing was sent")?;
    let expected = (made.rows - made.duplicates, made.duplicates, made.rejected);
    let found = (told.recipients, told.duplicates, told.counts.skipped);
    if found != expected {
        bail!("not every row is on the list: {found:?} instead of {expected:?}");
    }
    Ok(())
}

impl<'b> Scene<'b> {
    fn open(bench: &'b Bench, name: &str) -> anyhow::Result<Self> {
        let room = bench.room(name)?;
        let shop = Shop::make(&bench.runtime, &room)?;
        let stubs = Stubs::start(&bench.runtime, false)?;
        let told = stubs.told(room, HOUR);
        let daemon = Process::daemon(&told, bench.program.as_deref())?;
        stubs.pair(&bench.runtime, &daemon.address.to_string(), shop.instance)?;
        Ok(Self { bench, shop, daemon, socket: told.socket(), _stubs: stubs })
    }

    fn cost(&self, work: impl AsyncFnOnce(Client) -> anyhow::Result<()>) -> anyhow::Result<Cost> {
        self.bench.runtime.block_on(async {
            let client = client::connect(&self.socket).await.context("no connection to the daemon")?;
            let before = self.daemon.rss_mib()?;
            let began = Instant::now();
            work(client).await?;
            let seconds = began.elapsed().as_secs_f64();
            Ok(Cost { seconds, mib_on_top: (self.daemon.rss_max_mib()? - before).max(0.0) })
        })
    }
}
