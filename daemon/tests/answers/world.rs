//! A daemon with one shop on a paired number, and the two servers it talks to.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use mychatflow_daemon::config::{Config, WahaConfig};
use mychatflow_daemon::{Running, start_by};
use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{ChatId, InstanceId};
use mychatflow_data::model::instance::{InstanceStatus, Me, Verdict};
use mychatflow_data::model::job::{JobKind, JobState};
use mychatflow_data::model::ledger::Summary;
use mychatflow_data::model::setting::{Disclosure, Pace, SettingKey};
use mychatflow_data::phone::Address;
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::instances::{HmacKey, Sighting};
use mychatflow_data::store::queue::{Item, QueueFilter};
use mychatflow_data::store::settings::Owner;
use mychatflow_data::time::{Clock, Timestamp};
use mychatflow_sandbox::waha::{self, Acks, Customer, Engine};
use mychatflow_sandbox::{customers, gemini};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

pub const SESSION: &str = "shop";
pub const DEADLINE: Duration = Duration::from_secs(20);
pub const KEY: &str = "a key that a test made up";
pub const PLAN: Credits = Credits::new(400);

pub struct World {
    pub waha: waha::Server,
    pub gemini: gemini::Server,
    pub shop: TenantStore,
    pub daemon: Running,
    pub ana: Customer,
    pub number: InstanceId,
    pub client: reqwest::Client,
    pub clock: Arc<HandClock>,
    _dir: tempfile::TempDir,
}

/// The machine's clock, as somebody has set it.
#[derive(Default)]
pub struct HandClock(AtomicI64);

impl HandClock {
    /// Sets it ahead of the true time by so much.
    pub fn set_ahead(&self, by: Duration) {
        self.0.store(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// Sets it behind the true time by so much.
    pub fn set_behind(&self, by: Duration) {
        self.0.store(-i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(Timestamp::now().millis() + self.0.load(Ordering::Relaxed))
    }
}

pub async fn world(engine: Engine) -> World {
    world_with(engine, |_| {}).await
}

pub async fn world_with(engine: Engine, change: impl FnOnce(&mut Config)) -> World {
    let dir = tempfile::tempdir().unwrap();
    let waha = waha::Server::start(waha::Options { engine, acks: Acks::Off, ..Default::default() }).await.unwrap();
    let gemini = gemini::Server::start(gemini::Options::default()).await.unwrap();
    let mut config = Config::new(dir.path().join("data"), dir.path().join("run/socket"));
    config.webhook.listen = "127.0.0.1:0".parse().unwrap();
    config.metrics.listen = "127.0.0.1:0".parse().unwrap();
    config.waha = vec![WahaConfig::new("main", &waha.url(), SecretString::from(waha.api_key().to_owned()))];
    config.gemini.base_url = gemini.url();
    config.gemini.api_key = SecretString::from(gemini.api_key().to_owned());
    config.reply.pace = Pace::Instant;
    config.reply.burst_quiet = Duration::from_millis(100);
    // Most tests are about the answer itself; `disclosure.rs` is about what stands before the first one.
    config.reply.disclosure = Disclosure::Off;
    change(&mut config);
    let again = config.clone();
    let clock = Arc::new(HandClock::default());
    let read = Arc::new(move || Ok(again.clone()));
    let daemon = start_by(Arc::clone(&clock) as _, config, read, CancellationToken::new()).await.unwrap();

    let cx = &daemon.cx;
    let tenant = cx.store.add_tenant("Shop".into(), "starter".into(), "UTC".into(), cx.now()).await.unwrap();
    let shop = cx.store.tenant(tenant.id).await.unwrap();
    for (label, text) in customers::shop().quick_replies {
        let profile = format!("{label}: {text}");
        let known = shop.settings(None, None).await.unwrap();
        let key = SettingKey::BusinessProfile;
        let all = format!("{}\n{profile}", known.get(key).unwrap_or(""));
        shop.set_setting(Owner::Tenant, key, Some(all), cx.now()).await.unwrap();
    }
    let key = KEY;
    let number = shop
        .add_instance("main".into(), "main".into(), SESSION.into(), HmacKey::new(key.into()), cx.now())
        .await
        .unwrap();
    let url = format!("http://{}/webhooks/waha/{}", daemon.webhook, number.id);
    let client = mychatflow_daemon::http_client::builder().no_proxy().build().unwrap();
    let made = client
        .post(format!("{}/api/sessions", waha.url()))
        .header("X-Api-Key", waha.api_key())
        .json(&serde_json::json!({"name": SESSION, "start": true, "config": {
            "noweb": {"store": {"enabled": true, "fullSync": false}},
            "webhooks": [{"url": url, "events": ["message.any", "message.ack", "message.revoked", "message.edited"], "hmac": {"key": key}}]}}))
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    waha.wait_for_status(SESSION, waha::Status::ScanQrCode, DEADLINE).await.unwrap();
    waha.scan_qr(SESSION).await.unwrap();
    waha.wait_for_status(SESSION, waha::Status::Working, DEADLINE).await.unwrap();
    let sighting = Sighting {
        status: Some(InstanceStatus::Working),
        verdict: Verdict::Healthy,
        reason: None,
        me: Some(Me { id: Address::parse("447700900500@c.us").unwrap(), lid: None, name: None }),
        engine: Some(match engine {
            Engine::Noweb => "NOWEB".into(),
            Engine::Gows => "GOWS".into(),
            Engine::Webjs => "WEBJS".into(),
        }),
        version: Some("2026.7.1".into()),
    };
    shop.see_instance(number.id, sighting, cx.now()).await.unwrap();
    // The number is taken in behind the daemon's back: it hears of it a moment later.
    let heard = async {
        while cx.receivers.find(number.id).is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, heard).await.expect("in time: the daemon knows the number");
    let ana = Customer::new("447700900123", "Ana");
    World { waha, gemini, shop, daemon, ana, number: number.id, client, clock, _dir: dir }
}

impl World {
    pub fn webhook_url(&self) -> String {
        format!("http://{}/webhooks/waha/{}", self.daemon.webhook, self.number)
    }

    pub async fn set(&self, key: SettingKey, value: &str) {
        self.shop.set_setting(Owner::Tenant, key, Some(value.into()), self.daemon.cx.now()).await.unwrap();
    }

    /// The only chat, once it is there.
    pub async fn chat(&self) -> ChatId {
        self.until("a chat", async || {
            let found = self.shop.find_chat(&self.ana.chat_id().parse().unwrap()).await.unwrap();
            found.map(|chat| chat.id)
        })
        .await
    }

    /// Is no work under way, but for the next look at the people of a number that was just paired?
    pub async fn jobs_done(&self) -> bool {
        let entries = self.shop.queue(QueueFilter::All, None, 100).await.unwrap();
        let over = |item| matches!(item, Item::Job(JobKind::SyncContacts, _) | Item::Job(_, JobState::Discarded));
        entries.into_iter().all(|entry| over(entry.item))
    }

    pub async fn until_counted(&self, name: &str, count: i64) {
        let wait = async {
            loop {
                let counters = self.daemon.cx.store.counters().await.unwrap();
                let sum: i64 =
                    counters.iter().filter(|counter| counter.name == name).map(|counter| counter.value).sum();
                if sum >= count {
                    return sum;
                }
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(tokio::time::timeout(DEADLINE, wait).await.expect("counted in time"), count, "{name}");
    }

    pub async fn credits(&self) -> Summary {
        self.shop.credits(PLAN, self.daemon.cx.now()).await.unwrap()
    }

    /// Waits until the store says what `look` wants, looking again after each committed change.
    pub async fn until<T, F>(&self, what: &str, look: impl Fn() -> F) -> T
    where
        F: Future<Output = Option<T>>,
    {
        let mut heard = self.daemon.cx.bus.listen(mychatflow_daemon::bus::Wish {
            audience: mychatflow_daemon::bus::Audience::Everybody,
            topics: Vec::new(),
            since: None,
        });
        let wait = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                heard.next().await;
            }
        };
        tokio::time::timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("in time: {what}"))
    }
}
