//! How many requests Gemini and WAHA get while they are out of order and customers wait: a few, whoever waits. Counted in the
//! made-up servers' own records.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use mychatflow_sandbox::faults::{Fault, When};
use mychatflow_sandbox::gemini;
use mychatflow_sandbox::log::Request;
use mychatflow_sandbox::waha::{Customer, Engine};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{MORE, NUMBER, QUESTION, Shop, World};

/// How long the outage lasts.
const OUTAGE: Duration = Duration::from_secs(40);
/// How long anything may take: after an outage the next try may be a minute away.
const DEADLINE: Duration = Duration::from_secs(120);

/// Which server is out of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    Gemini,
    Waha,
}

/// The requests that both servers got in an outage.
#[derive(Debug)]
struct Counted {
    gemini: usize,
    waha: BTreeMap<String, usize>,
}

impl Counted {
    fn of_waha(&self) -> usize {
        self.waha.values().sum()
    }
}

/// A server is out of order for 40 seconds from the first question of so many customers on; then all are answered, once each.
async fn count(server: Server, customers: usize) -> Counted {
    let world = World::open(Shop::on(Engine::Noweb)).await;
    // Who was never answered is asked about first: that is not of this test.
    let who: Vec<Customer> = (0..customers).map(|n| Customer::new(&format!("+44 7700 9003{n:02}"), "Ben")).collect();
    all_ask(&world, &who, QUESTION).await;
    all_answered(&world, customers).await;
    match server {
        Server::Gemini => {
            let busy = gemini::Fault::Answer(gemini::Sample::named("503_overloaded").unwrap());
            world.gemini.faults().add(gemini::Operation::GenerateContent, When::Always, busy);
        }
        Server::Waha => {
            let body = json!({"statusCode": 502, "message": "Bad Gateway"});
            world.waha.faults().add_for_all(When::Always, Fault::Answer { status: 502, body });
        }
    }
    let (asked, told) = (world.gemini.requests().len(), world.waha.requests().len());
    let begun = Instant::now();
    all_ask(&world, &who, MORE).await;
    world.until("the outage ends", DEADLINE, async || (begun.elapsed() >= OUTAGE).then_some(())).await;
    // Of chats it does not matter whose they are.
    let path = |request: &Request| {
        let parts = request.path.split('/').map(|part| if part.contains('@') { "CHAT" } else { part });
        format!("{} {}", request.method, parts.collect::<Vec<_>>().join("/"))
    };
    let mut waha: BTreeMap<String, usize> = BTreeMap::new();
    for request in world.waha.requests().iter().skip(told) {
        *waha.entry(path(request)).or_default() += 1;
    }
    let counted = Counted { gemini: world.gemini.requests().len() - asked, waha };
    world.gemini.faults().clear();
    world.waha.faults().clear();
    all_answered(&world, 2 * customers).await;
    world.books_agree().await;
    counted
}

async fn all_ask(world: &World, who: &[Customer], question: &str) {
    for customer in who {
        world.waha.customer_says(NUMBER, customer, question).await.unwrap();
    }
}

/// So many answers are out, each of them paid once.
async fn all_answered(world: &World, count: usize) {
    let sent = async || (world.waha.sent_count() >= count).then_some(());
    world.until("all are answered", DEADLINE, sent).await;
    world.at_rest().await;
    assert_eq!((world.waha.sent_count(), world.bill().await), (count, (i64::try_from(count).unwrap(), 0)));
}

async fn few_requests(server: Server, customers: usize, gemini_most: usize, waha_most: usize) {
    let counted = count(server, customers).await;
    println!(
        "{server:?} out of order for 40 s, customers who wait: {customers}; requests to Gemini: {}, to WAHA: {}\n{:#?}",
        counted.gemini,
        counted.of_waha(),
        counted.waha
    );
    assert!(counted.gemini <= gemini_most && counted.of_waha() <= waha_most, "{counted:#?}");
}

#[tokio::test]
async fn one_customer_in_an_outage_of_gemini() {
    few_requests(Server::Gemini, 1, 8, 40).await;
}

#[tokio::test]
async fn twenty_customers_in_an_outage_of_gemini() {
    few_requests(Server::Gemini, 20, 15, 150).await;
}

#[tokio::test]
async fn one_customer_in_an_outage_of_waha() {
    few_requests(Server::Waha, 1, 1, 25).await;
}

#[tokio::test]
async fn twenty_customers_in_an_outage_of_waha() {
    few_requests(Server::Waha, 20, 20, 60).await;
}
