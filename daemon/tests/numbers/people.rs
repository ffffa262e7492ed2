//! Who is known from before the pairing, and which two addresses are one person.

use mychatflow_daemon::instances::add;
use mychatflow_daemon::rounds;
use mychatflow_data::model::contact::Review;
use mychatflow_data::model::job::JobArgs;
use mychatflow_data::phone::Address;
use mychatflow_sandbox::waha::{Customer, Direction, Lid, Number, Options};

use crate::world::World;

#[tokio::test]
async fn people_with_a_history_start_unreviewed() {
    let world = World::new(Options::default()).await;
    let number = add(&world.cx, &world.shop, "shop", None, None).await.unwrap().id;
    let yesterday = world.cx.now().millis() / 1000 - 86_400;
    let friend = Customer::new("+44 7700 900001", "Fred");
    let hidden = Customer::hidden("+44 7700 900002", "70000000001", Number::Shown, "Hanna");
    let silent = Customer::new("+44 7700 900003", "Silent");
    let stranger = Customer::new("+44 7700 900004", "Stranger");
    for person in [&friend, &hidden] {
        world.waha.add_history("default", person, Direction::In, "long ago", yesterday).await.unwrap();
    }
    world.waha.add_contact("default", &friend, "Fred\u{202e} the plumber").await.unwrap();
    world.waha.add_contact("default", &silent, "Only in the book").await.unwrap();
    world.waha.scan_qr("default").await.unwrap();
    // Two of them write in the very moment of the pairing, and their messages are here before the import.
    for (person, text) in [(&friend, "from a friend"), (&stranger, "are you open?")] {
        world.waha.customer_says("default", person, text).await.unwrap();
    }
    let since = world.cx.now() - std::time::Duration::from_secs(60);
    let found = world.number(number).await;
    mychatflow_daemon::jobs::recover_history::recover(&world.cx, &world.shop, &found, since).await.unwrap();
    assert_eq!(world.chat_of("from a friend").await.review, Review::New);

    world.request_reconcile(number).await;
    let mut notices = world.notices();
    world.run_jobs().await;
    assert!(notices.next().await.contains("knows 2 people from before"));
    let fred = world.chat_of("from a friend").await;
    assert_eq!((fred.review, fred.chat.name.as_deref()), (Review::Unreviewed, Some("Fred")));
    assert_eq!(world.chat_of("are you open?").await.review, Review::New);

    for (person, text) in [(&hidden, "hello again"), (&silent, "first word")] {
        world.waha.customer_says("default", person, text).await.unwrap();
    }
    world.recover(number).await;
    let hanna = world.chat_of("hello again").await;
    assert_eq!((hanna.review, hanna.chat.name.as_deref()), (Review::Unreviewed, Some("Hanna")));
    assert_eq!(hanna.chat.phone.unwrap().digits(), "447700900002", "the number behind the hidden id is known");
    assert_eq!(world.chat_of("first word").await.review, Review::New, "a name in the book is no history");

    // Once more, with everybody's words younger than the pairing: nobody is held back again.
    let mut notices = world.notices();
    world.request(JobArgs::SyncContacts { instance: number }).await;
    world.run_jobs().await;
    assert_eq!(world.chat_of("are you open?").await.review, Review::New);
    assert_eq!(world.chat_of("first word").await.chat.name.as_deref(), Some("Silent"));
    world.waha.customer_says("default", &stranger, "still there?").await.unwrap();
    world.recover(number).await;
    assert!(notices.next().await.contains("1 missed messages"), "the import had nothing to tell");
}

#[tokio::test]
async fn a_hidden_id_and_its_number_become_one_person() {
    let (world, number) = World::paired(Options::default()).await;
    let open = Customer::new("+44 7700 900009", "Lea");
    let hidden = Customer { lid: Some(Lid { id: "70000000009".into(), number: Number::Secret }), ..open.clone() };
    world.waha.customer_says("default", &open, "one").await.unwrap();
    world.waha.customer_says("default", &hidden, "two").await.unwrap();
    world.recover(number).await;

    // WAHA does not know yet: two people, and nobody waits for it.
    let done = world.run_jobs().await;
    assert!(matches!(done[0].0.args, JobArgs::ResolveIdentity { .. }), "{done:?}");
    let (one, two) = (world.chat_of("one").await.chat, world.chat_of("two").await.chat);
    assert_ne!((one.id, one.contact), (two.id, two.contact));

    world.waha.map_lid("default", "70000000009", "447700900009").await.unwrap();
    let lid = Address::parse("70000000009@lid").unwrap();
    world.request(JobArgs::ResolveIdentity { instance: number, address: lid }).await;
    world.run_jobs().await;
    let merged = world.chat_of("one").await;
    let texts: Vec<&str> = merged.history.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["one", "two"]);
    assert!(world.shop.chat(two.id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_hidden_id_that_nobody_knew_is_one_person_with_its_number_an_hour_later() {
    let (world, number) = World::paired(Options::default()).await;
    let open = Customer::new("+44 7700 900009", "Lea");
    let hidden = Customer { lid: Some(Lid { id: "70000000009".into(), number: Number::Secret }), ..open.clone() };
    world.waha.customer_says("default", &open, "one").await.unwrap();
    world.waha.customer_says("default", &hidden, "two").await.unwrap();
    world.recover(number).await;
    world.run_jobs().await;
    assert_ne!(world.chat_of("one").await.chat.contact, world.chat_of("two").await.chat.contact);

    world.waha.map_lid("default", "70000000009", "447700900009").await.unwrap();
    let before = world.requests("GET", "/api/default/lids");
    world.pass(3000);
    rounds::round(&world.cx).await.unwrap();
    assert_eq!(world.requests("GET", "/api/default/lids"), before, "they came less than an hour ago");
    world.pass(3700);
    rounds::round(&world.cx).await.unwrap();
    assert_eq!(world.requests("GET", "/api/default/lids"), before + 1, "one request for everybody");
    let merged = world.chat_of("one").await;
    let texts: Vec<&str> = merged.history.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["one", "two"]);
    world.pass(7200);
    rounds::round(&world.cx).await.unwrap();
    assert_eq!(world.requests("GET", "/api/default/lids"), before + 1, "nobody is left to ask about");
}
