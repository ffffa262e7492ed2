//! Who works for whom, and what the shop has ready to say.

use mychatflow_data::model::member::Role;
use mychatflow_data::store::error::StoreError;

use crate::support::{NOON, shop, world};

#[tokio::test]
async fn an_account_has_a_role_in_the_tenants_that_granted_one() {
    let world = world().await;
    let (bakery, _) = shop(&world.store, "Bakery", "bakery").await;
    assert_eq!(world.shop.role_of(1000).await.unwrap(), None);
    world.shop.grant_role(1000, "ana".into(), Role::Viewer, NOON).await.unwrap();
    world.shop.grant_role(1000, "ana".into(), Role::Owner, NOON).await.unwrap();
    bakery.grant_role(1000, "ana".into(), Role::Agent, NOON).await.unwrap();
    bakery.grant_role(1001, "ben".into(), Role::Viewer, NOON).await.unwrap();

    assert_eq!(world.shop.role_of(1000).await.unwrap(), Some(Role::Owner));
    assert_eq!(world.shop.members().await.unwrap().len(), 1, "the second grant took the place of the first");
    let mut roles = world.store.roles_of(1000).await.unwrap();
    roles.sort_unstable_by_key(|(tenant, _)| *tenant != world.shop.id());
    assert_eq!(roles, [(world.shop.id(), Role::Owner), (bakery.id(), Role::Agent)]);

    world.shop.drop_member(1000).await.unwrap();
    assert!(matches!(world.shop.drop_member(1000).await, Err(StoreError::NotFound(_))));
    assert_eq!(world.store.roles_of(1000).await.unwrap(), [(bakery.id(), Role::Agent)]);
}

#[tokio::test]
async fn a_quick_reply_is_found_by_its_label_and_kept_once() {
    let world = world().await;
    for label in ["parking", "Hours", "address"] {
        world.shop.add_quick_reply(label.into(), format!("about {label}"), None, NOON).await.unwrap();
    }
    let again = world.shop.add_quick_reply("HOURS".into(), "never".into(), None, NOON).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    let empty = world.shop.add_quick_reply("  ".into(), "text".into(), None, NOON).await;
    assert!(matches!(empty, Err(StoreError::Invalid(_))), "{empty:?}");

    let first = world.shop.quick_replies(None, 2).await.unwrap();
    let labels: Vec<&str> = first.iter().map(|reply| reply.label.as_str()).collect();
    assert_eq!(labels, ["address", "Hours"]);
    let rest = world.shop.quick_replies(Some("Hours".into()), 2).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(world.shop.quick_reply("hours".into()).await.unwrap().unwrap().text, "about Hours");
}
