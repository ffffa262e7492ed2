//! Segments: kept, changed and removed, one within another, and the people whom a query means.

use std::collections::HashSet;
use std::time::Duration;

use mychatflow_data::model::contact::Review;
use mychatflow_data::model::query::Query;
use mychatflow_data::phone::Phone;
use mychatflow_data::store::contacts::ContactPlace;
use mychatflow_data::store::error::StoreError;
use mychatflow_data::store::tx::draft_campaign::NewCampaign;
use mychatflow_data::time::Timestamp;

use crate::support::{NOON, World, world};

fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

fn query(text: &str) -> Query {
    Query::parse(text).unwrap()
}

async fn save(world: &World, name: &str, query: &str) -> Result<(), String> {
    world.shop.save_segment(name.into(), query.into(), NOON).await.map(drop).map_err(|error| error.to_string())
}

async fn person(world: &World, number: u32, name: Option<&str>, tags: &[&str]) {
    let phone = Phone::parse(&format!("+4915111{number:06}")).unwrap();
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    world.shop.add_contact(phone, name.map(str::to_owned), tags, NOON).await.unwrap();
}

/// The names of whom a query means, read so many at a time.
async fn meant(world: &World, text: &str, limit: i64) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = world.shop.contacts_that_fit(query(text), after, limit, later(60)).await.unwrap();
        names.extend(page.iter().map(|one| one.name.clone().unwrap_or_else(|| one.phone.clone().unwrap().to_string())));
        after = page.last().map(ContactPlace::after);
        if i64::try_from(page.len()).unwrap() < limit {
            return names;
        }
    }
}

#[tokio::test]
async fn a_segment_is_kept_changed_and_forgotten() {
    let world = world().await;
    let first = world.shop.save_segment(" Regulars ".into(), " last_in:<30d ".into(), NOON).await.unwrap();
    assert_eq!((first.name.as_str(), first.query.as_str()), ("Regulars", "last_in:<30d"));
    let second = world.shop.save_segment("regulars".into(), "tag:vip".into(), later(5)).await.unwrap();
    assert_eq!((second.id, second.query.as_str(), second.created_at), (first.id, "tag:vip", NOON));
    save(&world, "apples", "all").await.unwrap();
    let page = world.shop.segments(None, 1).await.unwrap();
    assert_eq!(page[0].name, "apples");
    assert_eq!(world.shop.segments(Some(page[0].name.clone()), 5).await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(world.shop.segment_named("REGULARS".into()).await.unwrap(), second);
    assert_eq!(world.shop.remove_segment(second.id.to_string()).await.unwrap(), second);
    assert!(matches!(world.shop.remove_segment("regulars".into()).await, Err(StoreError::NotFound("segment"))));
}

#[tokio::test]
async fn what_nobody_could_use_is_not_kept() {
    let world = world().await;
    for (name, query, why) in [
        ("", "all", "needs a name"),
        ("all", "tag:vip", "reads as a query"),
        ("tag:vip", "tag:vip", "reads as a query"),
        ("vips", "", "say who is in it"),
        ("vips", "last_in:soon", "at character 9"),
        ("vips", "segment:gone", "segment:gone is not there"),
        ("vips", "segment:VIPS", "leads back to itself: vips > VIPS"),
    ] {
        let told = save(&world, name, query).await.unwrap_err();
        assert!(told.contains(why), "{name} {query}: {told}");
    }
    assert!(world.shop.segments(None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn segments_stand_in_each_other_but_not_in_themselves() {
    let world = world().await;
    save(&world, "big spenders", "tag:vip").await.unwrap();
    save(&world, "quiet", "segment:\"Big Spenders\" -last_in:<30d").await.unwrap();
    let told = save(&world, "big spenders", "-segment:quiet").await.unwrap_err();
    assert_eq!(told, "segment:Big Spenders leads back to itself: big spenders > quiet > Big Spenders");
    assert_eq!(world.shop.segment_named("big spenders".into()).await.unwrap().query, "tag:vip");
    let told = world.shop.remove_segment("BIG SPENDERS".into()).await.unwrap_err();
    assert_eq!(told.to_string(), "big spenders is in the query of quiet: change that first");
    world.shop.remove_segment("quiet".into()).await.unwrap();
    world.shop.remove_segment("big spenders".into()).await.unwrap();

    // What stands on another one as deep as may be holds that one still.
    save(&world, "s1", "tag:vip").await.unwrap();
    save(&world, "top", "tag:gold").await.unwrap();
    for depth in 2..=8 {
        save(&world, &format!("s{depth}"), &format!("segment:s{}", depth - 1)).await.unwrap();
    }
    let told = save(&world, "s9", "segment:s8").await.unwrap_err();
    assert!(told.contains("segment:s1 stands too deep"), "{told}");
    let told = save(&world, "s1", "segment:top").await.unwrap_err();
    assert!(told.starts_with("the segment s8 has it in it: segment:top stands too deep"), "{told}");
    // And many that have many in them hold nobody up.
    save(&world, "many", &"segment:s1 ".repeat(64)).await.unwrap();
    save(&world, "many more", &"segment:many ".repeat(3)).await.unwrap();
    let told = save(&world, "too many", &"segment:many ".repeat(4)).await.unwrap_err();
    assert!(told.contains("one too many"), "{told}");
}

#[tokio::test]
async fn a_query_means_the_same_people_whatever_the_page() {
    let world = world().await;
    for number in 0..600 {
        let tags: &[&str] = if number % 200 == 7 { &["Ärger"] } else { &["other", "vip"] };
        let name = format!("{:03} {}", (number * 37) % 600, if number % 2 == 0 { "Ana" } else { "Ben" });
        person(&world, number, (number % 3 > 0).then_some(&name), tags).await;
    }
    save(&world, "trouble", "tag:ärger").await.unwrap();
    let all = meant(&world, "all", 1_000).await;
    assert_eq!(all.len(), 600);
    assert!(all[..200].iter().all(|name| name.starts_with("+49")), "people without a name come first");
    assert!(all[200..].is_sorted());
    for (text, count) in [("segment:trouble", 3), ("-tag:VIP", 3), ("-segment:trouble", 597), ("ana tag:vip", 200)] {
        let whole = meant(&world, text, 1_000).await;
        assert_eq!(whole.len(), count, "{text}");
        for limit in [1, 7, 250] {
            assert_eq!(meant(&world, text, limit).await, whole, "{text} {limit} at a time");
        }
    }
    let queries = ["segment:trouble", "segment:gone", "all", "-segment:gone"].map(query).to_vec();
    assert_eq!(world.shop.count_people(queries, later(60)).await.unwrap(), [3, 0, 600, 0]);
    assert!(world.shop.contacts_that_fit(query("-segment:gone"), None, 10, NOON).await.is_err());
}

#[tokio::test]
async fn everybody_who_fits_is_put_on_the_list_once_piece_by_piece() {
    let world = world().await;
    for number in 0..1_300 {
        let tags: &[&str] = if number % 2 == 0 { &["even"] } else { &[] };
        person(&world, number, None, tags).await;
    }
    for (text, fit, expected_pieces) in
        [("all", 1_300, 3), ("tag:even", 650, 2), ("-tag:even created:<30d", 650, 2), ("name:nobody", 0, 2)]
    {
        let new = NewCampaign {
            name: text.into(),
            instance: world.number,
            text: "Hi".into(),
            scheduled_at: None,
            timezone: "UTC".into(),
            audience: Some(text.into()),
        };
        let id = world.shop.begin_campaign(new, NOON).await.unwrap();
        let (mut pieces, mut after) = (0, None);
        loop {
            let listed = world.shop.add_people(id, query(text), None, after, later(60)).await.unwrap();
            assert_eq!(listed.duplicates, 0);
            (pieces, after) = (pieces + 1, listed.next);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(pieces, expected_pieces, "{text}");
        assert_eq!(world.shop.complete_list(id, 0, later(60)).await.is_ok(), fit > 0, "{text}");
        let rows = world.shop.recipients(id, None, None, 2_000).await.unwrap();
        let people: HashSet<_> = rows.iter().map(|row| row.contact.unwrap()).collect();
        assert_eq!((rows.len(), people.len()), (fit, fit), "{text}");
    }
}

#[tokio::test]
async fn a_query_knows_when_people_wrote_on_whatever_number() {
    let world = world().await;
    person(&world, 1, Some("Ana"), &[]).await;
    person(&world, 2, Some("Ben"), &[]).await;
    world.says("4915111000001@c.us", "M1", "hello", later(1)).await;
    assert_eq!(meant(&world, "last_in:<1h", 10).await, ["Ana"]);
    assert_eq!(meant(&world, "last_in:never last_out:never", 10).await, ["Ben"]);
    assert_eq!(meant(&world, "phone:+4915111000002 language:none", 10).await, ["Ben"]);
    save(&world, "lately", "last_in:<1h").await.unwrap();
    assert_eq!(meant(&world, "-segment:lately -tag:vip", 10).await, ["Ben"]);
    let queries = ["last_in:<1h", "-segment:lately", "last_in:<1h phone:+4915111000002"].map(query).to_vec();
    assert_eq!(world.shop.count_people(queries, later(60)).await.unwrap(), [1, 1, 0]);
    let ben = world.shop.contact_named("Ben".into()).await.unwrap();
    world.shop.review_contact(ben.id, Review::Customer, Duration::ZERO, later(2)).await.unwrap();
    assert_eq!(meant(&world, "review:customer", 10).await, ["Ben"]);
}
