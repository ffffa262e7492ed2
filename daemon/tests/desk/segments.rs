//! Segments: kept and counted, used in lists of people and as who gets a campaign.

use mychatflow_data::model::setting::Rules;
use mychatflow_data::protocol::error::Code;
use mychatflow_data::store::tx::import_known::{Acquaintance, KnownPerson};
use serde_json::{Value, json};

use crate::world::{ANA, ANA_PHONE, World, world};

async fn three_people(world: &World) {
    for (phone, name, tags) in [
        (ANA_PHONE, "Ana", json!(["vip"])),
        ("+4915122222222", "Ben", json!(["vip"])),
        ("+4915133333333", "Cleo", json!([])),
    ] {
        world.call("contact.add", json!({"phone": phone, "name": name, "tags": tags})).await;
    }
    world.call("contact.optout", json!({"contact": "Ben"})).await;
}

fn column<'v>(page: &'v Value, key: &str) -> Vec<&'v Value> {
    page["items"].as_array().unwrap().iter().map(|item| &item[key]).collect()
}

#[tokio::test]
async fn segments_are_counted_now_and_stand_in_queries() {
    let world = world().await;
    three_people(&world).await;
    let added = world.call("segment.add", json!({"name": "VIPs", "query": "tag:vip -opted_out"})).await;
    assert_eq!((&added["name"], &added["people"]), (&json!("VIPs"), &json!(1)));
    world.call("segment.add", json!({"name": "others", "query": "-segment:vips"})).await;
    let first = world.call("segment.list", json!({"limit": 1})).await;
    let second = world.call("segment.list", json!({"limit": 5, "after": first["next"]})).await;
    assert_eq!((column(&first, "name"), column(&second, "name")), (vec![&json!("others")], vec![&json!("VIPs")]));
    assert_eq!((&first["items"][0]["people"], &second["next"]), (&json!(2), &json!(null)));

    world.call("contact.tag", json!({"contact": "Cleo", "tags": ["vip"]})).await;
    let counts = world.call("segment.list", json!({})).await;
    assert_eq!(column(&counts, "people"), [1, 2]);
    for (params, expected) in [
        (json!({"query": "segment:others"}), vec!["Ben"]),
        (json!({"query": "segment:VIPS", "find": "cle"}), vec!["Cleo"]),
        (json!({"query": "-segment:others", "tag": "VIP", "review": "new"}), vec!["Ana", "Cleo"]),
    ] {
        let found = world.call("contact.list", params.clone()).await;
        assert_eq!(column(&found, "name"), expected, "{params}");
    }
    let gone = world.refused("contact.list", json!({"query": "segment:gone"})).await;
    assert_eq!(gone.0, Code::Invalid);
    assert!(gone.1.contains("mychatflow segment list"), "{}", gone.1);

    let (code, why) = world.refused("segment.remove", json!({"name": "vips"})).await;
    assert_eq!((code, why.as_str()), (Code::Conflict, "VIPs is in the query of others: change that first"));
    let (code, why) = world.refused("segment.add", json!({"name": "vips", "query": "segment:others"})).await;
    assert_eq!((code, why.contains("leads back to itself")), (Code::Invalid, true), "{why}");
    assert_eq!(world.refused("segment.add", json!({"name": "all", "query": "tag:vip"})).await.0, Code::Invalid);
    let removed = world.call("segment.remove", json!({"name": "others"})).await;
    assert_eq!((&removed["name"], &removed["people"]), (&json!("others"), &json!(1)));
    assert_eq!(world.refused("segment.remove", json!({"name": "others"})).await.0, Code::NotFound);
}

/// Phone and reason of each line, by phone.
fn reasons(page: &Value) -> Vec<(String, Value)> {
    let lines = page["items"].as_array().unwrap().iter();
    let mut lines: Vec<_> =
        lines.map(|line| (line["phone"].as_str().unwrap().to_owned(), line["reason"].clone())).collect();
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    lines
}

#[tokio::test]
async fn a_campaign_goes_to_a_segment_or_a_query() {
    let world = world().await;
    three_people(&world).await;
    let known = KnownPerson {
        address: mychatflow_data::phone::Address::parse("4915144444444@c.us").unwrap(),
        alternate: None,
        name: Some("Dan".into()),
        acquaintance: Acquaintance::Chatted,
    };
    let now = world.daemon.cx.now();
    world.shop.import_known(world.number, vec![known], now, Rules::default(), now).await.unwrap();
    world.says(ANA, "A1", "hello").await;
    world.call("segment.add", json!({"name": "big spenders", "query": "tag:vip"})).await;
    world.call("segment.add", json!({"name": "writers", "query": "last_in:<1h"})).await;
    let (ana, ben, dan) = ("+4915111111111", "+4915122222222", "+4915144444444");
    let unreviewed = json!("not reviewed yet: customer or personal?");
    let silent = json!("asked not to be written to");
    for (segment, expected) in [
        ("Big Spenders", vec![(ana, &Value::Null), (ben, &silent)]),
        (" tag:VIP ", vec![(ana, &Value::Null), (ben, &silent)]),
        ("segment:\"big spenders\" -opted_out", vec![(ana, &Value::Null)]),
        ("writers", vec![(ana, &Value::Null)]),
        ("-tag:vip -name:cleo", vec![(dan, &unreviewed)]),
        ("review:unreviewed", vec![(dan, &Value::Null)]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|(phone, why)| (phone.to_owned(), why.clone())).collect();
        let preview = world.call("campaign.preview", json!({"text": "Hi", "segment": segment})).await;
        assert_eq!(reasons(&preview), expected, "{segment}");
        let made = world.call("campaign.create", json!({"name": segment, "text": "Hi", "segment": segment})).await;
        assert_eq!(made["audience"], segment.trim());
        assert_eq!(made["recipients"], expected.len(), "{segment}");
        let told = world.call("campaign.preview", json!({"name": segment.trim()})).await;
        assert_eq!(reasons(&told), expected, "{segment} as it is stored");
    }
    // The columns of one's own are the variables of such a text.
    world.call("contact.edit", json!({"contact": "Ana", "fields": {"city": "Köln"}})).await;
    let call = json!({"name": "cities", "text": "Hi from {{ city }}", "segment": "big spenders"});
    let preview = world.call("campaign.preview", json!({"text": call["text"], "segment": call["segment"]})).await;
    world.call("campaign.create", call).await;
    for told in [preview, world.call("campaign.preview", json!({"name": "cities"})).await] {
        let ana = told["items"].as_array().unwrap().iter().find(|line| line["phone"] == ana).unwrap();
        assert_eq!(ana["text"], "Hi from Köln");
    }
    // Who is on the list is who was in the segment then.
    world.call("segment.add", json!({"name": "writers", "query": "name:cleo"})).await;
    let told = world.call("campaign.preview", json!({"name": "writers"})).await;
    assert_eq!(reasons(&told), [(ana.to_owned(), Value::Null)]);
    for (segment, why) in [
        ("ana", "\"ana\" is no segment: see `mychatflow segment list`"),
        ("big spender", "is no segment"),
        ("segment:gone", "is not there"),
        ("tagg:vip", "did you mean tag:?"),
        (" ", "say who gets it"),
        ("city:atlantis", "nobody is on"),
    ] {
        let (_, told) = world.refused("campaign.create", json!({"name": "x", "text": "Hi", "segment": segment})).await;
        assert!(told.contains(why), "{segment}: {told}");
    }
}
