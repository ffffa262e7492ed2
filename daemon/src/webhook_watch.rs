//! Tries from time to time whether the address that WAHA posts to leads to this daemon: at the start, after each reading of
//! the config, and now and then. A wrong one is told before the first message is missed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::Instance;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::time::Timestamp;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::chain::chain;
use crate::cx::Cx;
use crate::instances::webhook_url;
use crate::webhook_trial::WebhookTrial;

/// The usual pause between two tries.
pub const TRY: Duration = Duration::from_secs(300);
/// The pause while an address is wrong, and between two looks whether there is something to try.
pub const TRY_AGAIN: Duration = Duration::from_secs(20);
/// A delivery of WAHA that comes so long after the first try that failed proves that WAHA gets through. What comes earlier
/// may have been posted to the address before.
pub const PROOF_AFTER: Duration = Duration::from_secs(30);

/// What came of the tries of one server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRecord {
    /// The last one.
    pub trial: WebhookTrial,
    /// When the tries began to end as the last one did: well, or not.
    pub since: Timestamp,
    /// When it was tried last.
    pub tried_at: Timestamp,
    /// The numbers of that server.
    pub numbers: Vec<InstanceId>,
}

impl AddressRecord {
    fn after(before: Option<&Self>, trial: WebhookTrial, numbers: Vec<InstanceId>, now: Timestamp) -> Self {
        let same = |before: &&Self| before.trial.url == trial.url && before.trial.level() == trial.level();
        // One in the future was noted by a clock that was ahead.
        let since = before.filter(same).map_or(now, |before| before.since.min(now));
        Self { trial, since, tried_at: now, numbers }
    }

    /// Is the address wrong, as far as anybody knows? The last delivery of WAHA came at `delivered_at`.
    #[must_use]
    pub fn stands(&self, delivered_at: Option<Timestamp>) -> bool {
        self.trial.level().is_some() && delivered_at.is_none_or(|at| at < self.since + PROOF_AFTER)
    }

    /// Shall this address be tried now?
    fn is_due(&self, url: &str, delivered_at: Option<Timestamp>, now: Timestamp) -> bool {
        let is_old = self.tried_at > now || now.since(self.tried_at) >= TRY;
        self.trial.url != url || is_old || self.stands(delivered_at)
    }
}

/// What is known of the addresses, by server.
pub type AddressRecords = BTreeMap<String, AddressRecord>;

/// When the last delivery of one of these numbers came, in this run.
#[must_use]
pub fn delivered_at(cx: &Cx, numbers: &[InstanceId]) -> Option<Timestamp> {
    numbers.iter().filter_map(|number| cx.numbers.evidence(*number, cx.now()).delivered_at).max()
}

/// Tries until it is told to stop.
pub async fn run(cx: Arc<Cx>, stop: CancellationToken) {
    let mut config = cx.clients.subscribe();
    let mut anew = true;
    loop {
        config.mark_unchanged();
        tokio::select! {
            () = stop.cancelled() => return,
            looked = look(&cx, anew) => {
                if let Err(error) = looked {
                    tracing::warn!(error = chain(&error), "the address that WAHA posts to could not be tried");
                }
            }
        }
        anew = tokio::select! {
            () = stop.cancelled() => return,
            changed = config.changed() => changed.is_ok(),
            () = sleep(TRY_AGAIN) => false,
        };
    }
}

/// Tries the address of each server that has a number, where it is time; all of them where everything is looked at anew.
///
/// # Errors
/// When the numbers can't be listed.
pub async fn look(cx: &Cx, anew: bool) -> Result<(), StoreError> {
    let instances = cx.store.all_instances().await?;
    let clients = cx.clients();
    let before = cx.addresses.borrow().clone();
    let tries = clients.wahas.iter().map(async |(name, waha)| {
        let numbers: Vec<&Instance> = instances.iter().filter(|instance| instance.waha == *name).collect();
        let ids: Vec<InstanceId> = numbers.iter().map(|number| number.id).collect();
        let receiver = ids.iter().find_map(|id| cx.receivers.find(*id))?;
        let url = webhook_url(&clients.config, receiver.instance);
        let known = before.get(name);
        let is_due = anew || known.is_none_or(|known| known.is_due(&url, delivered_at(cx, &ids), cx.now()));
        if !is_due {
            return known.map(|known| (name.clone(), AddressRecord { numbers: ids, ..known.clone() }));
        }
        let key = receiver.hmac_key.reveal();
        let trial = WebhookTrial::run(&url, Some(waha.url()), key, &receiver.session, cx.now()).await;
        Some((name.clone(), AddressRecord::after(known, trial, ids, cx.now())))
    });
    let found: AddressRecords = join_all(tries).await.into_iter().flatten().collect();
    for record in found.values() {
        let is_news = |before: &AddressRecord| before.trial != record.trial;
        if record.trial.level().is_some() && before.values().all(is_news) {
            tracing::warn!(remedy = record.trial.remedy(), "{}", record.trial.words());
        }
    }
    cx.addresses.send_replace(found);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhook_trial::TrialOutcome;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds)
    }

    fn trial(outcome: TrialOutcome) -> WebhookTrial {
        WebhookTrial { url: "http://hooks.example/x".to_owned(), outcome }
    }

    #[test]
    fn a_wrong_address_is_tried_often_and_a_right_one_seldom() {
        let wrong = AddressRecord::after(None, trial(TrialOutcome::NotFound), Vec::new(), at(0));
        let again =
            AddressRecord::after(Some(&wrong), trial(TrialOutcome::OtherStatus { status: 500 }), Vec::new(), at(20));
        assert_eq!((again.since, again.tried_at), (at(0), at(20)));
        assert!(again.is_due(&again.trial.url, None, at(40)));
        let right = AddressRecord::after(Some(&again), trial(TrialOutcome::Arrived), Vec::new(), at(40));
        assert_eq!((right.since, right.stands(None)), (at(40), false));
        for (seconds, expected) in [(60, false), (339, false), (340, true), (-60, true)] {
            assert_eq!(right.is_due(&right.trial.url, None, at(seconds)), expected, "{seconds}");
        }
        assert!(right.is_due("http://hooks.example/other", None, at(41)), "the config has another one");
    }

    #[test]
    fn a_delivery_of_waha_is_proof_once_it_can_not_be_one_of_before() {
        let wrong = AddressRecord::after(None, trial(TrialOutcome::NotFound), Vec::new(), at(0));
        for (delivered, stands) in [(None, true), (Some(-5), true), (Some(29), true), (Some(30), false)] {
            assert_eq!(wrong.stands(delivered.map(at)), stands, "{delivered:?}");
        }
        assert!(!wrong.is_due(&wrong.trial.url, Some(at(31)), at(40)), "WAHA gets through: no reason to hurry");
    }
}
