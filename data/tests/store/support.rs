//! A store in a temporary directory, with a business, a number, and customers who write.

use std::sync::Arc;

use mychatflow_data::ids::{ChatId, InstanceId, RunId};
use mychatflow_data::model::delivery::{Delivery, DeliveryEvent, Handling, MessageEvent, Source};
use mychatflow_data::model::interaction::ContentKind;
use mychatflow_data::model::job::{Job, JobKind};
use mychatflow_data::model::setting::Rules;
use mychatflow_data::phone::Address;
use mychatflow_data::store::change::Deaf;
use mychatflow_data::store::instances::HmacKey;
use mychatflow_data::store::jobs::Slots;
use mychatflow_data::store::tx::accept_delivery::Accepted;
use mychatflow_data::store::{Store, TenantStore};
use mychatflow_data::time::Timestamp;

/// Noon of some day.
pub const NOON: Timestamp = Timestamp::from_millis(1_795_392_000_000);

pub struct World {
    pub store: Store,
    pub shop: TenantStore,
    pub number: InstanceId,
    pub run: RunId,
    dir: tempfile::TempDir,
}

pub async fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store.db"), Arc::new(Deaf)).await.unwrap();
    let (shop, number) = shop(&store, "Corner Shop", "default").await;
    World { store, shop, number, run: RunId::new(), dir }
}

pub async fn shop(store: &Store, name: &str, session: &str) -> (TenantStore, InstanceId) {
    let tenant = store.add_tenant(name.into(), "starter".into(), "UTC".into(), NOON).await.unwrap();
    let shop = store.tenant(tenant.id).await.unwrap();
    let key = HmacKey::new("key of a test".into());
    let number = shop.add_instance("main".into(), "main".into(), session.into(), key, NOON).await.unwrap();
    (shop, number.id)
}

pub fn message(from: &str, bare_id: &str, text: &str, at: Timestamp) -> MessageEvent {
    MessageEvent {
        wa_id: format!("false_{from}_{bare_id}"),
        bare_id: bare_id.into(),
        from_me: false,
        source: Source::App,
        chat: Address::parse(from).unwrap(),
        alternate: None,
        participant: None,
        push_name: Some("Ana".into()),
        at,
        kind: ContentKind::Text,
        handling: Handling::Answer,
        text: Some(text.into()),
        media: None,
        reply_to: None,
        ack: None,
    }
}

pub fn delivery(event: DeliveryEvent, at: Timestamp) -> Delivery {
    Delivery {
        envelope_id: format!("evt_{}", at.millis()),
        session: "default".into(),
        at,
        me: None,
        engine: None,
        version: None,
        event,
    }
}

impl World {
    /// Another pair of eyes on the file.
    pub fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir.path().join("store.db")).unwrap()
    }

    pub async fn says(&self, from: &str, bare_id: &str, text: &str, at: Timestamp) -> Accepted {
        self.receives(DeliveryEvent::Message(message(from, bare_id, text, at)), at).await
    }

    pub async fn receives(&self, event: DeliveryEvent, at: Timestamp) -> Accepted {
        self.shop.accept_delivery(self.number, delivery(event, at), Rules::default(), at).await.unwrap()
    }

    pub async fn claim(&self, kind: JobKind, now: Timestamp) -> Vec<Job> {
        self.store.claim_jobs(vec![Slots { kind, free: 10 }], None, self.run, now).await.unwrap().0
    }
}

pub fn chat_of(job: &Job) -> ChatId {
    match &job.args {
        mychatflow_data::model::job::JobArgs::AnswerChat { chat }
        | mychatflow_data::model::job::JobArgs::SendMessage { chat, .. } => *chat,
        other => panic!("not a chat's job: {other:?}"),
    }
}
