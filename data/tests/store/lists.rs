//! People of a list: what the owner and the person said before stands, and the silent stay silent.

use mychatflow_data::model::contact::{Consent, ConsentState, Review, SuppressionCause};
use mychatflow_data::phone::Phone;
use mychatflow_data::store::tx::import_people::{Basis, ListedPerson, Taken};

use crate::support::{NOON, World, world};

fn phone(text: &str) -> Phone {
    Phone::parse(text).unwrap()
}

fn ana() -> ListedPerson {
    ListedPerson {
        phone: phone("+49 151 11111111"),
        name: Some("Ana of the list".into()),
        tags: vec!["VIP".into()],
        language: Some("de".into()),
        note: Some("likes tulips".into()),
        fields: [("city".to_owned(), "Köln".to_owned())].into(),
        consent: Some(Consent { state: ConsentState::Given, at: NOON, source: Some("spring.csv".into()), proof: None }),
        basis: Basis::List,
        review: Review::New,
        opted_out_at: None,
    }
}

async fn import(world: &World, person: ListedPerson) -> Taken {
    world.shop.import_people(vec![person], NOON).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_list_adds_to_what_is_known_and_takes_nothing_away() {
    let world = world().await;
    assert_eq!(world.shop.rehearse_import(vec![ana().phone]).await.unwrap(), [Taken::Added]);
    assert_eq!(import(&world, ana()).await, Taken::Added);
    let first = world.shop.contact_named("+4915111111111".into()).await.unwrap();
    assert_eq!((first.name.as_deref(), first.review), (Some("Ana of the list"), Review::New));
    assert_eq!(first.addresses, [ana().phone.address()]);

    let other = ListedPerson {
        name: Some("Somebody else".into()),
        tags: vec!["vip".into(), "bath".into()],
        language: None,
        note: Some("another note".into()),
        fields: [("points".to_owned(), "7".to_owned())].into(),
        consent: Some(Consent { state: ConsentState::Given, at: NOON, source: Some("b.csv".into()), proof: None }),
        ..ana()
    };
    assert_eq!(import(&world, other.clone()).await, Taken::Known);
    let second = world.shop.contact_named("+4915111111111".into()).await.unwrap();
    assert_eq!((&second.name, &second.note, &second.language), (&first.name, &first.note, &first.language));
    assert_eq!(second.tags, ["bath", "VIP"]);
    let fields: Vec<(&str, &str)> = second.fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(fields, [("city", "Köln"), ("points", "7")]);
    assert_eq!(second.consent, first.consent, "on the word of a list only where nothing was known");

    let refused = Consent { state: ConsentState::Refused, at: NOON, source: None, proof: Some("a letter".into()) };
    import(&world, ListedPerson { consent: Some(refused.clone()), basis: Basis::Row, ..other }).await;
    let third = world.shop.contact_named("+4915111111111".into()).await.unwrap();
    assert_eq!(third.consent, Some(refused));
}

#[tokio::test]
async fn whoever_is_silent_is_left_as_they_are() {
    let world = world().await;
    world.says("4915111111111@c.us", "M1", "hello", NOON).await;
    let silent = world.shop.contact_named("+4915111111111".into()).await.unwrap();
    let silent = world.shop.opt_out_contact(silent.id, Some(NOON), SuppressionCause::Owner, NOON).await.unwrap();
    assert_eq!(import(&world, ana()).await, Taken::Suppressed);
    assert_eq!(world.shop.contact(silent.id).await.unwrap(), Some(silent));

    let numbers = vec![phone("+49 152 22222222")];
    assert_eq!(world.shop.suppress_people(numbers.clone(), NOON).await.unwrap(), [Taken::Added]);
    assert_eq!(world.shop.suppress_people(numbers.clone(), NOON).await.unwrap(), [Taken::Suppressed]);
    assert_eq!(world.shop.rehearse_import(numbers.clone()).await.unwrap(), [Taken::Suppressed]);
    assert_eq!(import(&world, ListedPerson { phone: numbers[0].clone(), ..ana() }).await, Taken::Suppressed);
    assert!(world.shop.contact_named("+4915222222222".into()).await.is_err());
    let wrong = ListedPerson { phone: phone("+49 153 33333333"), tags: vec!["a,b".into()], ..ana() };
    assert!(world.shop.import_people(vec![wrong], NOON).await.is_err());
}
