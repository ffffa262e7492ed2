//! The laws of the ledger, whatever the clock shows.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::store::Store;
use crate::store::change::Deaf;

const NOON: Timestamp = Timestamp::from_seconds(1_795_392_000);
const DAY: Duration = Duration::from_secs(86_400);
const PLAN: Credits = Credits::new(5);

/// What happens at a reading of the clock.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Look,
    Reserve,
    Settle,
    Release,
    Refund,
    ArriveLate,
    Grant,
}

fn deed() -> impl Strategy<Value = Deed> {
    use Deed::{ArriveLate, Grant, Look, Refund, Release, Reserve, Settle};
    prop_oneof![
        Just(Look),
        Just(Reserve),
        Just(Reserve),
        Just(Reserve),
        Just(Settle),
        Just(Settle),
        Just(Release),
        Just(Refund),
        Just(ArriveLate),
        Just(Grant)
    ]
}

/// Readings of a clock that jumps: days since the start.
fn reading() -> impl Strategy<Value = i64> {
    prop_oneof![0_i64..40, 0_i64..40, 0_i64..40, 360_i64..440, -400_i64..0]
}

struct Shop {
    store: TenantStore,
    open: Vec<ReplyId>,
    settled: Vec<ReplyId>,
    given_back: Vec<ReplyId>,
    _dir: tempfile::TempDir,
}

impl Shop {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store.db"), Arc::new(Deaf)).await.unwrap();
        let tenant = store.add_tenant("Corner Shop".into(), "starter".into(), "UTC".into(), NOON).await.unwrap();
        Self {
            store: store.tenant(tenant.id).await.unwrap(),
            open: Vec::new(),
            settled: Vec::new(),
            given_back: Vec::new(),
            _dir: dir,
        }
    }

    async fn reserve(&mut self, now: Timestamp) -> Reservation {
        let reply = ReplyId::new();
        let made = self.store.write(move |scope| reserve(scope, reply, PLAN, now)).await.unwrap();
        if made == Reservation::Made {
            self.open.push(reply);
        }
        made
    }

    async fn settle(&mut self, now: Timestamp) {
        let Some(reply) = self.open.pop() else { return };
        self.store.write(move |scope| settle(scope, reply, now)).await.unwrap();
        self.settled.push(reply);
    }

    async fn release(&mut self, now: Timestamp) {
        let Some(reply) = self.open.pop() else { return };
        self.store.write(move |scope| release(scope, reply, now)).await.unwrap();
        self.given_back.push(reply);
    }

    async fn does(&mut self, deed: Deed, now: Timestamp) {
        match deed {
            Deed::Look => {}
            Deed::Reserve => {
                self.reserve(now).await;
            }
            Deed::Settle => self.settle(now).await,
            Deed::Release => self.release(now).await,
            Deed::Refund => {
                let Some(reply) = self.settled.pop() else { return };
                self.store.write(move |scope| refund(scope, reply, now)).await.unwrap();
                self.given_back.push(reply);
            }
            Deed::ArriveLate => {
                let Some(reply) = self.given_back.pop() else { return };
                self.store.write(move |scope| charge_late(scope, reply, now)).await.unwrap();
                let once = self.entries().await;
                self.store.write(move |scope| charge_late(scope, reply, now)).await.unwrap();
                assert_eq!(self.entries().await, once, "twice is once");
            }
            Deed::Grant => {
                self.store.grant(Credits::new(2), None, PLAN, now).await.unwrap();
            }
        }
    }

    async fn entries(&self) -> Vec<(String, i64, String)> {
        const ALL: Scoped = scoped!("SELECT reason, amount, kind FROM ledger WHERE tenant_id = :tenant");
        self.store.read(|scope| scope.rows(ALL, &[], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))).await.unwrap()
    }

    /// What holds at every moment.
    async fn keeps_the_laws(&self, now: Timestamp) {
        let credits = self.store.credits(PLAN, now).await.unwrap();
        assert!(credits.period_start <= now && now < credits.period_end, "the period contains now");
        let entries = self.entries().await;
        let sum: i64 = entries.iter().map(|(_, amount, _)| amount).sum();
        assert_eq!(credits.balance, Credits::new(sum), "the balance is the sum of the entries");
        assert!(sum >= 0);
        assert_eq!(credits.reserved, Credits::new(i64::try_from(self.open.len()).unwrap()));
        let mut grants: HashMap<&str, i64> = HashMap::new();
        for (reason, amount, kind) in &entries {
            if kind == "grant" && *amount == PLAN.count() {
                *grants.entry(reason.as_str()).or_default() += 1;
            }
        }
        assert!(grants.values().all(|count| *count == 1), "one grant a period");
        assert_eq!(grants.get(format!("grant:{}", credits.period_start.millis()).as_str()), Some(&1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_clock_shows_the_sums_hold(deeds in proptest::collection::vec((reading(), deed()), 5..40)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let mut shop = Shop::new().await;
            for (days, deed) in deeds {
                let span = DAY * u32::try_from(days.unsigned_abs()).unwrap();
                let now = if days < 0 { NOON - span } else { NOON + span };
                shop.does(deed, now).await;
                shop.keeps_the_laws(now).await;
            }
        });
    }
}

#[tokio::test]
async fn a_clock_that_was_ahead_for_a_minute_takes_no_credits_away() {
    let mut shop = Shop::new().await;
    shop.reserve(NOON).await;
    shop.settle(NOON).await;
    shop.reserve(NOON).await;
    let before = shop.store.credits(PLAN, NOON).await.unwrap();
    assert_eq!((before.balance, before.used), (Credits::new(3), Credits::ONE));

    let ahead = NOON + DAY * 400;
    assert_eq!(shop.store.credits(PLAN, ahead).await.unwrap().balance, PLAN, "that period has its own grant");
    shop.reserve(ahead).await;
    shop.settle(ahead).await;

    let back = NOON + Duration::from_secs(60);
    assert_eq!(shop.store.credits(PLAN, back).await.unwrap(), before, "as if nothing had been");
    shop.release(back).await;
    assert_eq!(shop.store.credits(PLAN, back).await.unwrap().balance, Credits::new(4));
    assert_eq!(shop.reserve(back).await, Reservation::Made);

    // The period that was begun too early comes: it has what it had left, and no second grant.
    let later = shop.store.credits(PLAN, ahead).await.unwrap();
    assert_eq!((later.balance, later.used, later.granted), (Credits::new(4), Credits::ONE, PLAN));
    shop.keeps_the_laws(ahead).await;
}

#[tokio::test]
async fn a_store_whose_period_lies_in_the_future_is_mended_by_the_next_look() {
    let mut shop = Shop::new().await;
    shop.reserve(NOON + DAY * 400).await;
    let credits = shop.store.credits(PLAN, NOON).await.unwrap();
    assert!(credits.period_start <= NOON && NOON < credits.period_end);
    assert_eq!((credits.balance, credits.granted), (PLAN, PLAN));
    shop.release(NOON).await;
    assert_eq!(shop.store.credits(PLAN, NOON).await.unwrap().balance, PLAN, "it was of another period");
    shop.keeps_the_laws(NOON).await;
}
