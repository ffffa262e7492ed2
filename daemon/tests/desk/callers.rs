//! Which tenant a call is about, and who may make it.

use mychatflow_daemon::bus::Audience;
use mychatflow_daemon::config::WahaConfig;
use mychatflow_daemon::rpc::Service;
use mychatflow_data::model::finding::FindingCode;
use mychatflow_data::model::member::Role;
use mychatflow_data::protocol::error::Code;
use serde_json::json;

use crate::world::{operator, person, world, world_with};

#[tokio::test]
async fn a_single_tenant_need_not_be_named_and_several_must_be() {
    let world = world().await;
    assert_eq!(world.call("tenant.show", json!({})).await["name"], "Corner Shop");
    let bakery = world.call("tenant.add", json!({"name": "Bakery", "timezone": "Europe/Berlin"})).await;
    let (code, message) = world.refused("credit.show", json!({})).await;
    assert_eq!(code, Code::Invalid);
    assert!(message.contains("Bakery") && message.contains("Corner Shop"), "{message}");
    for name in ["bakery", bakery["id"].as_str().unwrap()] {
        let shown = world.call("tenant.show", json!({"tenant": name})).await;
        assert_eq!((&shown["id"], &shown["timezone"]), (&bakery["id"], &json!("Europe/Berlin")));
    }
    assert_eq!(world.refused("credit.show", json!({"tenant": "Nobody"})).await.0, Code::NotFound);
    assert_eq!(world.refused("tenant.add", json!({"name": "BAKERY"})).await.0, Code::Conflict);
    assert_eq!(world.refused("tenant.add", json!({"name": "X", "plan": "gold"})).await.0, Code::Invalid);
    assert_eq!(world.refused("tenant.add", json!({"name": "X", "timezone": "Moon"})).await.0, Code::Invalid);

    let first = world.call("tenant.list", json!({"limit": 1})).await;
    assert_eq!(first["items"][0]["name"], "Bakery");
    let rest = world.call("tenant.list", json!({"limit": 1, "after": first["next"]})).await;
    assert_eq!((&rest["items"][0]["name"], &rest["next"]), (&json!("Corner Shop"), &json!(null)));
}

#[tokio::test]
async fn what_a_member_may_do_hangs_on_the_role() {
    let world = world().await;
    let cx = &world.daemon.cx;
    world.call("tenant.add", json!({"name": "Bakery"})).await;
    for (uid, role) in [(2001, Role::Owner), (2002, Role::Agent), (2003, Role::Viewer)] {
        world.shop.grant_role(uid, format!("user{uid}"), role, cx.now()).await.unwrap();
    }
    let quick_reply = |uid: u32| json!({"label": format!("of {uid}"), "text": "text"});
    let setting = json!({"key": "business.name", "value": "Shop"});
    for (uid, method, params, refused) in [
        (2003, "chat.list", json!({}), None),
        (2003, "quick_reply.add", quick_reply(2003), Some(Code::Forbidden)),
        (2002, "quick_reply.add", quick_reply(2002), None),
        (2002, "settings.set", setting.clone(), Some(Code::Forbidden)),
        (2001, "settings.set", setting, None),
        (2001, "credit.grant", json!({"amount": 100}), Some(Code::Forbidden)),
        (2001, "tenant.add", json!({"name": "Mine"}), Some(Code::Forbidden)),
        (2001, "daemon.stop", json!({}), Some(Code::Forbidden)),
        (2001, "chat.list", json!({"tenant": "Bakery"}), Some(Code::Forbidden)),
        (2001, "chat.list", json!({"tenant": "No such shop"}), Some(Code::Forbidden)),
        (2009, "chat.list", json!({}), Some(Code::Unauthenticated)),
        (2009, "chat.list", json!({"tenant": "Bakery"}), Some(Code::Unauthenticated)),
        (2009, "tenant.list", json!({}), Some(Code::Unauthenticated)),
        (2009, "stats", json!({}), Some(Code::Unauthenticated)),
        (2003, "stats", json!({}), None),
        (2009, "daemon.status", json!({}), None),
    ] {
        let outcome = world.call_as(&person(uid), method, params.clone()).await;
        assert_eq!(outcome.as_ref().err().map(|error| error.code), refused, "{uid} {method} {params}: {outcome:?}");
        if let Err(error) = outcome
            && matches!(method, "chat.list" | "tenant.list" | "stats")
        {
            assert!(error.message.contains("mychatflow tenant grant"), "{error}");
        }
    }
    let listed = world.call_as(&person(2003), "tenant.list", json!({})).await.unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["role"], "viewer");
}

#[tokio::test]
async fn the_status_tells_a_member_nothing_of_the_machine_and_of_foreign_servers() {
    // Nobody listens there.
    let servers =
        ["main", "theirs"].map(|name| WahaConfig::new(name, "http://127.0.0.1:9", "the key of a test".into()));
    let world = world_with(|config| config.waha.extend(servers)).await;
    world.shop.grant_role(2001, "user2001".into(), Role::Owner, world.daemon.cx.now()).await.unwrap();
    let clients = world.daemon.cx.clients();
    assert!(clients.wahas["main"].ping().await.is_err() && clients.wahas["theirs"].ping().await.is_err());
    let told = world.call("daemon.status", json!({})).await;
    assert_eq!(told["waha"].as_array().unwrap().len(), 2, "{told:#}");
    assert!(told["store"]["path"].as_str().unwrap().ends_with("mychatflow.db"), "{told:#}");

    let told = world.call_as(&person(2001), "daemon.status", json!({})).await.unwrap();
    let words = told.to_string();
    for hidden in ["theirs", "127.0.0.1", "http://", "mychatflow.db", "api_key"] {
        assert!(!words.contains(hidden), "{hidden}: {told:#}");
    }
    assert_eq!((&told["waha"][0]["name"], &told["waha"][0]["health"]), (&json!("main"), &json!("down")));
    assert_eq!(told["waha"][0]["error"], FindingCode::WahaDown.meaning());
    assert_eq!(
        (&told["gemini"]["health"], &told["gemini"]["error"]),
        (&json!("off"), &json!(FindingCode::ModelOff.meaning()))
    );
    let stranger = world.call_as(&person(2009), "daemon.status", json!({})).await.unwrap();
    assert_eq!(stranger["waha"], json!([]), "somebody without a tenant");
}

#[tokio::test]
async fn events_are_heard_by_those_who_work_there() {
    let world = world().await;
    world.call("tenant.grant", json!({"user": "2001", "role": "viewer"})).await;
    let hears = async |caller, tenant| world.desk.audience(&caller, tenant).await;
    assert_eq!(hears(operator(), None).await.unwrap(), Audience::Everybody);
    let ours = Audience::Tenants([world.shop.id()].into());
    assert_eq!(hears(person(2001), None).await.unwrap(), ours);
    assert_eq!(hears(operator(), Some("corner shop")).await.unwrap(), ours);
    assert_eq!(hears(person(2009), None).await.unwrap_err().code, Code::Unauthenticated);
}

#[tokio::test]
async fn an_account_is_granted_a_role_and_loses_it() {
    let world = world().await;
    let granted = world.call("tenant.grant", json!({"user": "root", "role": "agent"})).await;
    assert_eq!((&granted["uid"], &granted["name"]), (&json!(0), &json!("root")));
    let shown = world.call("tenant.show", json!({})).await;
    assert_eq!((&shown["members"][0]["role"], &shown["role"]), (&json!("agent"), &json!("agent")));
    world.call("tenant.grant", json!({"user": "0", "role": "none"})).await;
    assert_eq!(world.call("tenant.show", json!({})).await["members"], json!([]));
    let (code, _) = world.refused("tenant.grant", json!({"user": "no-such-account", "role": "agent"})).await;
    assert_eq!(code, Code::NotFound);
}

#[tokio::test]
async fn a_tenant_is_suspended_served_again_and_removed_only_by_name() {
    let world = world().await;
    assert_eq!(world.call("tenant.suspend", json!({})).await["state"], "suspended");
    assert_eq!(world.call("tenant.suspend", json!({"resume": true})).await["state"], "active");
    assert_eq!(world.refused("tenant.remove", json!({})).await.0, Code::Invalid);
    world.call("tenant.remove", json!({"tenant": "corner shop"})).await;
    let (code, message) = world.refused("chat.list", json!({})).await;
    assert_eq!(code, Code::NotFound);
    assert!(message.contains("mychatflow tenant add"), "{message}");
}
