//! A daemon with one shop and one number, no WAHA and no Gemini, and people who call.

use std::sync::Arc;

use mychatflow_daemon::config::Config;
use mychatflow_daemon::rpc::Service;
use mychatflow_daemon::rpc::peer::{Caller, Standing};
use mychatflow_daemon::rpc::service::Desk;
use mychatflow_daemon::{Running, start};
use mychatflow_data::ids::{InstanceId, RunId};
use mychatflow_data::model::delivery::{Delivery, DeliveryEvent, Handling, MessageEvent, Source};
use mychatflow_data::model::interaction::ContentKind;
use mychatflow_data::model::setting::Rules;
use mychatflow_data::phone::Address;
use mychatflow_data::protocol::Request;
use mychatflow_data::protocol::error::{CallError, Code};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::instances::HmacKey;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub const ANA: &str = "4915111111111@c.us";
pub const ANA_PHONE: &str = "+49 151 11111111";

pub struct World {
    pub daemon: Running,
    pub desk: Desk,
    pub shop: TenantStore,
    pub number: InstanceId,
    _dir: tempfile::TempDir,
}

pub fn operator() -> Caller {
    Caller { uid: 0, name: "root".into(), standing: Standing::Operator }
}

pub fn person(uid: u32) -> Caller {
    Caller { uid, name: format!("user{uid}"), standing: Standing::Person }
}

pub async fn world() -> World {
    world_with(|_| {}).await
}

pub async fn world_with(change: impl FnOnce(&mut Config)) -> World {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::new(dir.path().join("data"), dir.path().join("run/socket"));
    config.webhook.listen = "127.0.0.1:0".parse().unwrap();
    config.metrics.listen = "127.0.0.1:0".parse().unwrap();
    change(&mut config);
    let again = config.clone();
    let daemon = start(config, Arc::new(move || Ok(again.clone())), CancellationToken::new()).await.unwrap();
    let cx = &daemon.cx;
    let tenant = cx.store.add_tenant("Corner Shop".into(), "starter".into(), "UTC".into(), cx.now()).await.unwrap();
    let shop = cx.store.tenant(tenant.id).await.unwrap();
    let key = HmacKey::new("a key of a test".into());
    let number = shop.add_instance("Main".into(), "main".into(), "default".into(), key, cx.now()).await.unwrap().id;
    let desk = Desk { cx: Arc::clone(cx) };
    World { daemon, desk, shop, number, _dir: dir }
}

impl World {
    pub async fn call_as(&self, caller: &Caller, method: &str, params: Value) -> Result<Value, CallError> {
        let request = Request::read(method, params).map_err(CallError::from)?;
        let answer = self.desk.call(caller, request).await?;
        Ok(serde_json::from_str(answer.into_raw().get()).unwrap())
    }

    /// A call of an operator that must succeed.
    pub async fn call(&self, method: &str, params: Value) -> Value {
        self.call_as(&operator(), method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// A call of an operator that must be refused.
    pub async fn refused(&self, method: &str, params: Value) -> (Code, String) {
        let error = self.call_as(&operator(), method, params).await.expect_err("it must be refused");
        (error.code, error.message)
    }

    pub async fn says(&self, from: &str, bare_id: &str, text: &str) {
        let now = self.daemon.cx.now();
        let event = DeliveryEvent::Message(MessageEvent {
            wa_id: format!("false_{from}_{bare_id}"),
            bare_id: bare_id.into(),
            from_me: false,
            source: Source::App,
            chat: Address::parse(from).unwrap(),
            alternate: None,
            participant: None,
            push_name: Some("Ana\u{202e}\u{7}".into()),
            at: now,
            kind: ContentKind::Text,
            handling: Handling::Answer,
            text: Some(text.into()),
            media: None,
            reply_to: None,
            ack: None,
        });
        self.receives(event).await;
    }

    pub async fn receives(&self, event: DeliveryEvent) {
        let now = self.daemon.cx.now();
        let delivery = Delivery {
            envelope_id: format!("evt_{}", RunId::new()),
            session: "default".into(),
            at: now,
            me: None,
            engine: None,
            version: None,
            event,
        };
        self.shop.accept_delivery(self.number, delivery, Rules::default(), now).await.unwrap();
    }
}
