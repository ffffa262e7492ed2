//! G10: what a console reads, from a store of a million messages in a hundred thousand chats: a page of the list, a page
//! of a thread, a search, the overview. Asked of the store itself, one after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mychatflow_bench::dice::Dice;
use mychatflow_data::ids::ChatId;
use mychatflow_data::store::change::Deaf;
use mychatflow_data::store::chat_list::{ChatFilter, ChatOrder, ChatPlace};
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::search::Wanted;
use mychatflow_data::store::{Store, TenantStore};
use mychatflow_data::time::Timestamp;

use crate::Bench;
use crate::delivery::address;
use crate::load::percentile_ms;
use crate::report::{Better, Figure, Report, say};
use crate::shop::{Rows, Shop};

const PAGE: i64 = 51;
/// Words of a message.
const WORDS: usize = 8;
/// Different words there are; the first ones are in most messages.
const VOCABULARY: usize = 5_000;

/// A word of a language: a few are said all the time, most of them rarely.
fn any_word(dice: &mut Dice) -> String {
    let rank = dice.roll(VOCABULARY) * dice.roll(VOCABULARY) / VOCABULARY;
    word(rank * dice.roll(100) / 100)
}

fn word(rank: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ka", "lo", "mi", "ten", "ru", "sa", "bel", "no", "vi", "dor", "pe", "gan", "ti", "fo", "hul", "ze"];
    let mut rest = rank + 16;
    let mut word = String::new();
    while rest > 0 {
        word.push_str(SYLLABLES[rest % 16]);
        rest /= 16;
    }
    word
}

/// Measures and reports.
pub fn measure(bench: &Bench, report: &mut Report) -> anyhow::Result<()> {
    let (chats, messages) = (bench.count(100_000), bench.count(1_000_000));
    say(&format!("reading: filling a store with {messages} messages in {chats} chats"));
    let shop = Shop::make(&bench.runtime, &bench.room("reading")?)?;
    let began = Instant::now();
    let threads = fill(&shop, chats, messages)?;
    report.detail("reading.fill_s", began.elapsed().as_secs_f64());
    say("reading: asking");
    bench.runtime.block_on(async {
        let store = Store::open(&shop.file, Arc::new(Deaf)).await?;
        let shop = store.tenant(shop.tenant).await?;
        ask(bench, report, &shop, &threads).await
    })
}

/// Messages of many words, spread over chats of which a tenth waits for a human.
pub fn fill(shop: &Shop, chats: usize, messages: usize) -> anyhow::Result<Vec<ChatId>> {
    let connection = shop.connect()?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", -262_144)?;
    let threads = shop.add_people(&connection, chats)?;
    let mut row = Rows::new(&connection, shop)?;
    let mut dice = Dice::new(88_172_645_463_325_252);
    let began = Timestamp::now().millis() - 30 * 24 * 3_600_000;
    connection.execute_batch("BEGIN")?;
    for number in 0..messages {
        let chat = dice.roll(chats);
        let text: Vec<String> = (0..WORDS).map(|_| any_word(&mut dice)).collect();
        row.said(number, threads[chat], &address(chat), &text.join(" "), began + number as i64 * 2000)?;
    }
    connection.execute_batch(
        "UPDATE chats SET (last_at, waiting_since) =
             (SELECT max(at), min(at) FROM interactions AS i WHERE i.tenant_id = chats.tenant_id AND i.chat_id = chats.id);
         UPDATE chats SET waiting_since = NULL WHERE abs(random()) % 10 > 0;
         UPDATE chats SET state = 'needs_you', unread = 1 WHERE waiting_since IS NOT NULL;
         INSERT INTO activity (tenant_id, quarter, received)
             SELECT tenant_id, at / 900000, count(*) FROM interactions GROUP BY 1, 2;
         COMMIT; PRAGMA wal_checkpoint(TRUNCATE);",
    )?;
    Ok(threads)
}

async fn timed<T, F>(rounds: usize, mut ask: F) -> Result<Vec<Duration>, StoreError>
where
    F: AsyncFnMut(usize) -> Result<T, StoreError>,
{
    let mut times = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let began = Instant::now();
        ask(round).await?;
        times.push(began.elapsed());
    }
    Ok(times)
}

async fn ask(bench: &Bench, report: &mut Report, shop: &TenantStore, threads: &[ChatId]) -> anyhow::Result<()> {
    let rounds = if bench.quick { 100 } else { 400 };
    let mut dice = Dice::new(362_436_069);
    let mut figure = |name: &str, times: &[Duration], budget: f64| {
        let p99 = percentile_ms(times, 0.99);
        say(&format!("reading: {name}: p50 {:.2} ms, p99 {p99:.2} ms", percentile_ms(times, 0.5)));
        report.figure(Figure::new("G10", &format!("{name}, p99"), "ms", p99, Better::Less, budget));
    };

    let pages = |order, find: Option<String>| {
        let filter = ChatFilter { order, find, ..ChatFilter::default() };
        async move |after: Option<ChatPlace>| shop.chats(filter.clone(), after, PAGE).await
    };
    for (name, order) in [("list page, newest", ChatOrder::Newest), ("list page, waiting", ChatOrder::LongestWaiting)] {
        let page = pages(order, None);
        let mut after = None;
        let times = timed(rounds, async |_| {
            let found = page(after).await?;
            after = found.last().map(|last| ChatPlace::after(&last.chat));
            Ok(found)
        })
        .await?;
        figure(name, &times, 5.0);
    }
    for (name, text) in
        [("list page, found by name", "customer 77"), ("list page, nobody found", "nobody of this name")]
    {
        let page = pages(ChatOrder::Newest, Some(text.to_owned()));
        let times = timed(rounds, async |_| page(None).await).await?;
        figure(name, &times, 20.0);
    }
    let times = timed(rounds, async |_| shop.interactions(threads[dice.roll(threads.len())], None, PAGE).await).await?;
    figure("thread page", &times, 5.0);

    let search = async |text: String| {
        let wanted = Wanted { text, ..Wanted::default() };
        shop.search(wanted, None, PAGE).await
    };
    let mut dice = Dice::new(521_288_629);
    let times = timed(rounds, async |_| search(format!("\"{}\"", any_word(&mut dice))).await).await?;
    figure("search, a word", &times, 50.0);
    let times =
        timed(rounds, async |_| search(format!("{} \"{}\"", any_word(&mut dice), any_word(&mut dice))).await).await?;
    figure("search, two words", &times, 50.0);
    let times =
        timed(rounds, async |_| search(format!("\"{} {}\"", any_word(&mut dice), any_word(&mut dice))).await).await?;
    figure("search, a phrase", &times, 50.0);
    let times = timed(rounds, async |_| search(any_word(&mut dice).chars().take(3).collect()).await).await?;
    figure("search, a beginning of three letters", &times, 50.0);
    let times = timed(rounds, async |_| search(any_word(&mut dice).chars().take(5).collect()).await).await?;
    figure("search, a beginning of five letters", &times, 50.0);
    let times = timed(rounds, async |_| search("\"nosuchword\"".to_owned()).await).await?;
    figure("search, nothing found", &times, 50.0);

    let now = Timestamp::now();
    let day = Duration::from_secs(24 * 3600);
    let times = timed(rounds, async |_| {
        shop.counts(now - day).await?;
        shop.activity(now - day * 31).await?;
        shop.failures(10).await
    })
    .await?;
    figure("overview", &times, 20.0);
    Ok(())
}
