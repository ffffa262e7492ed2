//! Two people become one and two again, by hand and by what WhatsApp says: every message finds its chat, nobody is answered
//! twice, and the owner has the last word.

use mychatflow_data::credits::Credits;
use mychatflow_sandbox::waha::{Customer, Engine, Lid, Number};
use serde_json::{Value, json};

use crate::campaigns::call;
use crate::world::{DEADLINE, SESSION, World, world};

async fn shown(world: &World, whom: &str) -> Value {
    call(world, "contact.show", json!({"contact": whom})).await.unwrap()
}

async fn texts(world: &World, whom: &str) -> Vec<String> {
    let shown = shown(world, whom).await;
    let chat = call(world, "chat.show", json!({"chat": shown["chats"][0]["id"]})).await.unwrap();
    let items = chat["items"].as_array().unwrap();
    items.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

/// Says something and waits for the answer; `sent` answers have gone to them then.
async fn asks(world: &World, who: &Customer, text: &str, sent: usize) {
    world.waha.customer_says(SESSION, who, text).await.unwrap();
    let chat = who.chat_id();
    world.waha.wait_for(DEADLINE, |waha| (waha.sent_to(&chat).len() >= sent).then_some(())).await.unwrap();
    world.until("at rest", async || world.jobs_done().await.then_some(())).await;
}

#[tokio::test]
async fn by_hand_and_back_again() {
    let world = world(Engine::Noweb).await;
    let ben = Customer::new("447700900456", "Ben");
    asks(&world, &world.ana, "When are you open? (1)", 1).await;
    asks(&world, &ben, "When are you open? (2)", 1).await;
    let (ana_phone, ben_phone) = (format!("+{}", world.ana.phone), format!("+{}", ben.phone));

    let same = call(&world, "contact.merge", json!({"contact": ana_phone, "other": "Ana"})).await.unwrap_err();
    assert!(same.contains("both are Ana"), "{same}");
    let merged = call(&world, "contact.merge", json!({"contact": ana_phone, "other": ben_phone})).await.unwrap();
    assert_eq!((&merged["name"], &merged["merge"]["name"]), (&json!("Ana"), &json!("Ben")));
    assert_eq!((&merged["merge"]["chats"], &merged["merge"]["messages"]), (&json!(1), &json!(2)));
    assert_eq!(shown(&world, &ben_phone).await["merges"][0]["cause"], "owner");
    // Each is answered under the address that they wrote from.
    asks(&world, &ben, "When are you open? (3)", 2).await;
    assert_eq!(world.waha.sent_to(&world.ana.chat_id()).len(), 1);

    let undone = call(&world, "contact.unmerge", json!({"contact": "Ana"})).await.unwrap();
    assert_eq!((&undone["contact"]["name"], &undone["back"]["name"]), (&json!("Ana"), &json!("Ben")));
    assert_eq!(undone["merge"]["messages"], 4);
    assert_eq!(shown(&world, "Ana").await["merges"], json!([]));
    let again = call(&world, "contact.unmerge", json!({"contact": "Ana"})).await.unwrap_err();
    assert!(again.contains("nobody was merged into Ana"), "{again}");

    asks(&world, &ben, "When are you open? (4)", 3).await;
    asks(&world, &world.ana, "When are you open? (5)", 2).await;
    let (ana, ben_said) = (texts(&world, &ana_phone).await, texts(&world, &ben_phone).await);
    assert_eq!((ana.len(), ben_said.len()), (4, 6), "{ana:?} {ben_said:?}");
    for text in ["When are you open? (2)", "When are you open? (3)", "When are you open? (4)"] {
        assert!(ben_said.contains(&text.to_owned()) && !ana.contains(&text.to_owned()), "{text}");
    }
    assert_eq!(world.waha.sent_count(), 5, "one answer each");
    assert_eq!(world.credits().await.used, Credits::new(5));
    assert_eq!(world.shop.audit().await.unwrap().drift, Credits::ZERO);
}

#[tokio::test]
async fn what_whatsapp_says_is_taken_back_for_good() {
    let world = world(Engine::Noweb).await;
    let open = Customer::new("447700900789", "Lea");
    let hidden = |number| Customer { lid: Some(Lid { id: "70000000009".into(), number }), ..open.clone() };
    asks(&world, &open, "When are you open? (1)", 1).await;
    asks(&world, &hidden(Number::Secret), "When are you open? (2)", 1).await;
    // From now on every message of the hidden id names the number.
    asks(&world, &hidden(Number::Shown), "When are you open? (3)", 2).await;
    let phone = format!("+{}", open.phone);
    let one = shown(&world, &phone).await;
    assert_eq!((&one["merges"][0]["cause"], one["addresses"].as_array().unwrap().len()), (&json!("lid"), 2));

    call(&world, "contact.unmerge", json!({"contact": phone})).await.unwrap();
    asks(&world, &hidden(Number::Shown), "When are you open? (4)", 3).await;
    asks(&world, &open, "When are you open? (5)", 2).await;
    let (by_number, by_lid) = (shown(&world, &phone).await, shown(&world, "70000000009@lid").await);
    assert_ne!(by_number["id"], by_lid["id"]);
    assert_eq!(texts(&world, &phone).await.len(), 4);
    assert_eq!(texts(&world, "70000000009@lid").await.len(), 6);
    assert_eq!(world.waha.sent_count(), 5);

    // The owner may change their mind.
    let again = json!({"contact": by_number["id"], "other": by_lid["id"]});
    call(&world, "contact.merge", again).await.unwrap();
    asks(&world, &hidden(Number::Shown), "When are you open? (6)", 4).await;
    assert_eq!(shown(&world, "70000000009@lid").await["id"], by_number["id"]);
    assert_eq!(texts(&world, &phone).await.len(), 12);
}
