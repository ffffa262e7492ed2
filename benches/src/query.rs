//! People by a query, among a hundred thousand with tags, columns of their own and chats: a page of those who fit, how
//! many they are, and a campaign's list of them. Asked of the store itself, one after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use mychatflow_data::model::query::Query;
use mychatflow_data::store::change::Deaf;
use mychatflow_data::store::tx::draft_campaign::NewCampaign;
use mychatflow_data::store::{Store, TenantStore};
use mychatflow_data::time::Timestamp;

use crate::Bench;
use crate::load::percentile_ms;
use crate::report::{Report, say};
use crate::shop::Shop;

const PAGE: i64 = 51;
/// One person in so many has the rare tag.
const RARE: usize = 1_000;

/// Measures and reports.
pub fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let people = bench.count(100_000);
    say(&format!("query: filling a store with {people} people"));
    let shop = Shop::make(&bench.runtime, &bench.room("query")?)?;
    fill(&shop, people)?;
    bench.runtime.block_on(async {
        let store = Store::open(&shop.file, Arc::new(Deaf)).await?;
        let tenant = store.tenant(shop.tenant).await?;
        read(report, &tenant, people).await?;
        list(report, &tenant, &shop, people).await
    })
}

fn fill(shop: &Shop, people: usize) -> anyhow::Result<()> {
    let connection = shop.connect()?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    shop.add_people(&connection, people)?;
    let now = Timestamp::now().millis();
    connection.execute_batch(&format!(
        "BEGIN;
         UPDATE contacts SET fields = json_object('city', 'City ' || (rowid_of % 97), 'size', 'M')
             FROM (SELECT id AS whom, row_number() OVER (ORDER BY id) AS rowid_of FROM contacts) WHERE id = whom;
         INSERT INTO contact_tags (tenant_id, contact_id, tag) SELECT tenant_id, id, 'customer' FROM contacts;
         INSERT INTO contact_tags (tenant_id, contact_id, tag)
             SELECT tenant_id, id, 'rare' FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM contacts)
             WHERE place % {RARE} = 0;
         UPDATE chats SET last_in_at = {now} - (abs(random()) % 100) * 86400000;
         COMMIT; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);"
    ))?;
    Ok(())
}

/// How long it takes, in the middle and at the worst.
async fn timed<T>(rounds: usize, mut ask: impl AsyncFnMut() -> anyhow::Result<T>) -> anyhow::Result<(f64, f64)> {
    let mut times: Vec<Duration> = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let began = Instant::now();
        ask().await?;
        times.push(began.elapsed());
    }
    Ok((percentile_ms(&times, 0.5), percentile_ms(&times, 0.99)))
}

async fn read(report: &mut Report, shop: &TenantStore, people: usize) -> anyhow::Result<()> {
    let now = Timestamp::now();
    for (name, text) in [
        ("query.page_everybody_p50_ms", "all"),
        ("query.page_most_p50_ms", "tag:customer -opted_out"),
        ("query.page_few_p50_ms", "tag:rare last_in:<30d -opted_out"),
        ("query.page_nobody_p50_ms", "tag:nobody"),
        ("query.page_nobody_by_column_p50_ms", "city:atlantis"),
        ("query.page_nobody_by_name_p50_ms", "atlantis"),
        ("query.page_nobody_by_time_p50_ms", "last_in:<1m last_out:<1m"),
    ] {
        let query = Query::parse(text)?;
        let (p50, p99) = timed(20, async || Ok(shop.contacts_that_fit(query.clone(), None, PAGE, now).await?)).await?;
        say(&format!("{name} ({text}): p50 {p50:.2} ms, p99 {p99:.2} ms"));
        report.detail(name, p50);
    }
    let most = i64::try_from(people / RARE)?;
    let segment = Query::parse("tag:rare last_in:<30d -opted_out")?;
    for (name, count) in [("query.count_one_p50_ms", 1), ("query.count_ten_p50_ms", 10)] {
        let (p50, p99) = timed(10, async || {
            let counts = shop.count_people(vec![segment.clone(); count], now).await?;
            if counts.iter().any(|count| *count == 0 || *count > most) {
                bail!("that is not how many people fit: {counts:?}");
            }
            Ok(counts)
        })
        .await?;
        say(&format!("{name}: p50 {p50:.2} ms, p99 {p99:.2} ms"));
        report.detail(name, p50);
    }
    Ok(())
}

async fn list(report: &mut Report, shop: &TenantStore, bench: &Shop, people: usize) -> anyhow::Result<()> {
    for (name, piece_name, text, expected) in [
        ("query.list_everybody_s", "query.list_everybody_longest_piece_ms", "all", people),
        ("query.list_few_s", "query.list_few_longest_piece_ms", "tag:rare", people / RARE),
    ] {
        let (now, query) = (Timestamp::now(), Query::parse(text)?);
        let new = NewCampaign {
            name: name.to_owned(),
            instance: bench.instance,
            text: "Hi".to_owned(),
            scheduled_at: None,
            timezone: "UTC".to_owned(),
            audience: Some(text.to_owned()),
        };
        let began = Instant::now();
        let id = shop.begin_campaign(new, now).await?;
        let (mut after, mut longest) = (None, Duration::ZERO);
        loop {
            let piece = Instant::now();
            after = shop.add_people(id, query.clone(), None, after, now).await?.next;
            longest = longest.max(piece.elapsed());
            if after.is_none() {
                break;
            }
        }
        shop.complete_list(id, 0, now).await?;
        let (took, longest) = (began.elapsed().as_secs_f64(), longest.as_secs_f64() * 1000.0);
        let rows = shop.campaign(id, now).await?.map_or(0, |found| found.counts.total());
        if i64::try_from(expected)? != rows {
            bail!("{rows} people are on the list instead of {expected}");
        }
        say(&format!("{name} ({text}): {took:.2} s, the longest piece {longest:.1} ms"));
        report.detail(name, took);
        report.detail(piece_name, longest);
    }
    Ok(())
}
