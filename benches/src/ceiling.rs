//! What the machine allows: the disk's sync, the same rows without the product, HTTP with a signature and nothing else.

use std::io::{Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

use anyhow::Context;
use mychatflow_data::time::Timestamp;
use serde::Serialize;

use crate::delivery::{address, body, request};
use crate::load::{percentile_ms, saturate};
use crate::process::Process;
use crate::shop::{HMAC_KEY, Rows, Shop};
use crate::{Bench, report};

/// Connections of the saturated figures.
pub const CONNECTIONS: usize = 32;
/// Customers of the ingest figures.
pub const CUSTOMERS: usize = 2_000;
const COMMIT: usize = 64;

/// What the machine allows.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Ceilings {
    /// Half of all `fdatasync` of 4 KB take no longer, in milliseconds.
    pub fdatasync_p50_ms: f64,
    /// Nearly all of them take no longer.
    pub fdatasync_p99_ms: f64,
    /// Deliveries' rows in a second, one delivery a commit.
    pub rows_1_per_s: f64,
    /// Deliveries' rows in a second, 64 deliveries a commit.
    pub rows_64_per_s: f64,
    /// Deliveries in a second that plain hyper answers after checking the signature.
    pub echo_per_s: f64,
}

/// Measures all of them.
pub fn measure(bench: &Bench) -> anyhow::Result<Ceilings> {
    report::say("ceilings: fdatasync, bare rows, plain echo");
    let syncs = fdatasync(bench)?;
    let (rows_1_per_s, rows_64_per_s) = rows(bench)?;
    Ok(Ceilings {
        fdatasync_p50_ms: percentile_ms(&syncs, 0.5),
        fdatasync_p99_ms: percentile_ms(&syncs, 0.99),
        rows_1_per_s,
        rows_64_per_s,
        echo_per_s: echo(bench)?,
    })
}

fn fdatasync(bench: &Bench) -> anyhow::Result<Vec<Duration>> {
    const BLOCK: [u8; 4096] = [7; 4096];
    const BLOCKS: usize = 256;
    let mut file = std::fs::File::create(bench.room("sync")?.join("file")).context("no file to sync")?;
    for _ in 0..BLOCKS {
        file.write_all(&BLOCK)?;
    }
    file.sync_all()?;
    let mut took = Vec::new();
    for number in 0..bench.count(2_000) {
        // Blocks that are there already: a file that grows would sync its size too.
        file.seek(SeekFrom::Start((number % BLOCKS * BLOCK.len()) as u64))?;
        let began = Instant::now();
        file.write_all(&BLOCK)?;
        file.sync_data()?;
        took.push(began.elapsed());
    }
    Ok(took)
}

fn rows(bench: &Bench) -> anyhow::Result<(f64, f64)> {
    let shop = Shop::make(&bench.runtime, &bench.room("rows")?)?;
    let connection = shop.connect()?;
    let chats = shop.add_people(&connection, CUSTOMERS)?;
    let mut rows = Rows::new(&connection, &shop)?;
    let mut number = 0;
    let mut run = |count: usize, commit: usize| -> anyhow::Result<f64> {
        let began = Instant::now();
        for _ in 0..count / commit {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            for _ in 0..commit {
                let customer = number % CUSTOMERS;
                rows.delivery(number, chats[customer], &address(customer), Timestamp::now().millis())?;
                number += 1;
            }
            connection.execute_batch("COMMIT")?;
        }
        Ok((count / commit * commit) as f64 / began.elapsed().as_secs_f64())
    };
    // Once around all customers first: what is measured are messages of people who have a chat and a job.
    run(CUSTOMERS, COMMIT)?;
    let one = run(bench.count(10_000), 1)?;
    Ok((one, run(bench.count(60_000), COMMIT)?))
}

fn echo(bench: &Bench) -> anyhow::Result<f64> {
    let process = Process::echo(HMAC_KEY)?;
    let now = Timestamp::now();
    let requests: Vec<_> =
        (0..bench.count(60_000)).map(|n| request("/echo", n, &body(n, n % CUSTOMERS, now))).collect();
    let outcome = saturate(process.address, CONNECTIONS, &requests, r#"{"stored":true}"#)?;
    Ok(outcome.rate())
}
