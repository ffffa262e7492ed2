//! Refusals and suppressions that a campaign's list does not know of.

use mychatflow_data::model::campaign::CampaignState;
use mychatflow_sandbox::waha::Engine;
use serde_json::{Value, json};

use crate::campaigns::{call, campaign, list, received, unlimited, until_state};
use crate::world::World;

async fn left_out(world: &World) -> Value {
    call(world, "campaign.preflight", json!({"name": "spring"})).await.unwrap()["left_out"].clone()
}

#[tokio::test]
async fn whoever_refused_before_the_launch_gets_nothing() {
    let world = unlimited(Engine::Noweb).await;
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(3)})).await;
    let refused = json!({"contact": "+447700900001", "consent": {"state": "refused", "source": "by phone"}});
    call(&world, "contact.edit", refused).await.unwrap();
    assert_eq!(left_out(&world).await, json!([{"reason": "no consent: refused", "people": 1}]));
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let done = until_state(&world, CampaignState::Completed).await;
    assert_eq!((done.counts.sent, done.counts.skipped), (2, 1), "{done:#?}");
    assert!(!received(&world).contains_key("447700900001@c.us"));
    let rows = call(&world, "campaign.report", json!({"name": "spring", "state": "skipped"})).await.unwrap();
    assert_eq!(rows["items"][0]["reason"], "no consent: refused", "{rows}");
}

#[tokio::test]
async fn a_number_that_nobody_knows_and_nobody_may_write_to_is_left_out_and_counted_so() {
    let world = unlimited(Engine::Noweb).await;
    let out = async |phone: &str| call(&world, "contact.optout", json!({"contact": phone})).await.unwrap();
    assert!(out("+447700900001").await.get("id").is_none(), "nobody knows it yet");
    campaign(&world, "campaign.create", json!({"name": "spring", "text": "Hi {{ name }}", "file": list(4)})).await;
    assert_eq!(left_out(&world).await, json!([{"reason": "asked not to be written to", "people": 1}]));
    let list = json!({"file": "phone\n+447700900002\n", "suppress": true});
    call(&world, "contact.import", list).await.unwrap();
    assert_eq!(left_out(&world).await, json!([{"reason": "asked not to be written to", "people": 2}]));
    let preview = call(&world, "campaign.preview", json!({"name": "spring"})).await.unwrap();
    assert_eq!((&preview["looked_at"], &preview["left_out"]), (&json!(4), &json!(2)));
    campaign(&world, "campaign.launch", json!({"name": "spring"})).await;
    let done = until_state(&world, CampaignState::Completed).await;
    // Nobody is made known for a list that they are left out of; whoever is on it already is left out at their turn.
    assert_eq!((done.counts.sent, done.counts.skipped, done.counts.opted_out), (2, 1, 1), "{done:#?}");
}

/// A test to oneself makes a contact of the number, and a text for everybody is not meant for it.
#[tokio::test]
async fn no_list_has_the_shops_own_number() {
    let world = unlimited(Engine::Noweb).await;
    for phone in ["+447700900500", "+447700900001"] {
        call(&world, "contact.add", json!({"phone": phone, "name": "Somebody"})).await.unwrap();
    }
    let file = "phone\n+447700900500\n+447700900002\n";
    for list in [json!({"segment": "all"}), json!({"file": file})] {
        let mut params = json!({"name": format!("to {list}"), "text": "Hi"});
        params.as_object_mut().unwrap().extend(list.as_object().unwrap().clone());
        let made = campaign(&world, "campaign.create", params).await;
        assert_eq!((made.recipients, made.counts.skipped), (2, 1), "{made:#?}");
        let rows = call(&world, "campaign.report", json!({"name": made.name, "state": "skipped"})).await.unwrap();
        assert_eq!(rows["items"][0]["reason"], "one of your own numbers", "{rows}");
    }
}
