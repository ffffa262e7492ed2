//! Who is known from before the pairing, and which two addresses are one person.

use mychatflow_daemon::instances::add;
use mychatflow_data::model::job::JobArgs;
use mychatflow_data::phone::Address;
use mychatflow_data::store::tx::import_known::Imported;
use mychatflow_sandbox::waha::{Customer, Direction, Lid, Number, Options};

use crate::world::World;

#[tokio::test]
async fn people_with_a_history_start_unreviewed() {
    let world = World::new(Options::default()).await;
    let number = add(&world.cx, &world.shop, "shop", None, None).await.unwrap().id;
    let before = world.cx.now().millis() / 1000 - 86_400;
    let friend = Customer::new("+44 7700 900001", "Fred");
    let hidden = Customer::hidden("+44 7700 900002", "70000000001", Number::Shown, "Hanna");
    let namesake = Customer::new("+44 7700 900003", "Nobody wrote");
    for person in [&friend, &hidden] {
        world.waha.add_history("default", person, Direction::In, "hello", before).await.unwrap();
    }
    world.waha.add_contact("default", &friend, "Fred\u{202e} the plumber").await.unwrap();
    world.waha.add_contact("default", &namesake, "Only a name").await.unwrap();
    world.waha.scan_qr("default").await.unwrap();
    let stranger = Customer::new("+44 7700 900004", "Stranger");
    world.waha.customer_says("default", &stranger, "are you open?").await.unwrap();
    world.request_reconcile(number).await;
    let mut notices = world.notices();
    world.run_jobs().await;
    assert!(notices.next().await.contains("knows 2 people from before"));
    assert_eq!(world.requests("GET", "/api/contacts/all"), 2, "one page, and the one that shows the end");

    // The same people once more change nothing, whatever the owner said since.
    let now = world.cx.now();
    world.shop.request_job(JobArgs::SyncContacts { instance: number }, number.to_string(), now, now).await.unwrap();
    let done = world.run_jobs().await;
    assert_eq!(done.len(), 1, "{done:?}");
    let again = world.shop.import_known(number, Vec::new(), now, now).await.unwrap();
    assert_eq!(again, Imported::default());
}

#[tokio::test]
async fn a_hidden_id_and_its_number_become_one_person() {
    let (world, number) = World::paired(Options::default()).await;
    let since = world.cx.now() - std::time::Duration::from_secs(60);
    let open = Customer::new("+44 7700 900009", "Lea");
    let hidden = Customer { lid: Some(Lid { id: "70000000009".into(), number: Number::Secret }), ..open.clone() };
    world.waha.customer_says("default", &open, "one").await.unwrap();
    world.waha.customer_says("default", &hidden, "two").await.unwrap();
    let now = world.cx.now();
    let args = JobArgs::RecoverHistory { instance: number, since };
    world.shop.request_job(args, "now".into(), now, now).await.unwrap();

    // WAHA does not know yet: two people, and nobody waits.
    world.run_jobs().await;
    assert_eq!(chats_of(&world, &["447700900009@c.us", "70000000009@lid"]).await, 2);
    world.waha.map_lid("default", "70000000009", "447700900009").await.unwrap();
    let lid = Address::parse("70000000009@lid").unwrap();
    let args = JobArgs::ResolveIdentity { instance: number, lid };
    world.shop.request_job(args, "70000000009@lid".into(), now, now).await.unwrap();
    world.run_jobs().await;
    assert_eq!(chats_of(&world, &["447700900009@c.us", "70000000009@lid"]).await, 1);
}

/// How many chats these addresses have, by the answers that they wait for: one each.
async fn chats_of(world: &World, _addresses: &[&str]) -> i64 {
    let counts = world.cx.store.job_counts().await.unwrap();
    counts.iter().filter(|(word, _)| word.contains("scheduled") || word.contains("answer")).map(|(_, n)| n).sum()
}
