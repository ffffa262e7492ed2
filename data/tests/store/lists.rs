//! People of a list: what the owner and the person said before stands, and the silent stay silent.

use std::time::Duration;

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

#[tokio::test]
async fn both_spellings_of_a_number_are_one_person() {
    for (one, other) in
        [("5511987654321", "551187654321"), ("5215512345678", "525512345678"), ("5491112345678", "541112345678")]
    {
        let world = world().await;
        let person = |digits: &str| ListedPerson { phone: phone(digits), ..ana() };
        assert_eq!(import(&world, person(one)).await, Taken::Added);
        assert_eq!(import(&world, person(other)).await, Taken::Known, "{other}");
        // WhatsApp writes from the other one: the same person, in whose chat it stands.
        let id = world.shop.contact_named(format!("+{one}")).await.unwrap().id;
        world.says(&format!("{other}@c.us"), "A1", "STOP", NOON).await;
        let chat = world.shop.find_chat(&phone(other).address()).await.unwrap().unwrap();
        assert_eq!(chat.contact, Some(id), "{other}");
        // Silent under one is silent under both.
        for digits in [one, other] {
            assert!(world.shop.is_suppressed(phone(digits).address()).await.unwrap(), "{digits}");
            assert_eq!(import(&world, person(digits)).await, Taken::Suppressed, "{digits}");
            assert_eq!(world.shop.contact_named(format!("+{digits}")).await.unwrap().id, id);
        }
        world.shop.opt_out_number(phone(one), None, NOON).await.unwrap();
        assert!(!world.shop.is_suppressed(phone(other).address()).await.unwrap(), "and heard again under both");
    }
}

#[tokio::test]
async fn a_list_of_silent_numbers_holds_for_their_other_spelling() {
    let world = world().await;
    let (one, other) = (phone("5511987654321"), phone("551187654321"));
    world.shop.suppress_people(vec![other], NOON).await.unwrap();
    assert_eq!(import(&world, ListedPerson { phone: one.clone(), ..ana() }).await, Taken::Suppressed);
    world.shop.opt_out_number(one.clone(), None, NOON).await.unwrap();
    assert_eq!(import(&world, ListedPerson { phone: one, ..ana() }).await, Taken::Added);
}

#[tokio::test]
async fn whoever_is_erased_is_nowhere_under_the_other_spelling_either() {
    let world = world().await;
    let (one, other) = (phone("5511987654321"), phone("551187654321"));
    assert_eq!(import(&world, ListedPerson { phone: one.clone(), ..ana() }).await, Taken::Added);
    world.shop.suppress_people(vec![other.clone()], NOON).await.unwrap();
    let id = world.shop.contact_named(format!("+{}", one.digits())).await.unwrap().id;
    world.shop.erase_contact(id, NOON).await.unwrap();
    let listed = world.shop.suppressions(None, 10).await.unwrap();
    let shown: Vec<_> = listed.iter().filter_map(|(suppression, _)| suppression.address.as_ref()).collect();
    assert!(shown.is_empty(), "{shown:?}");
    // What they had said comes back under neither.
    world.says(&format!("{}@c.us", other.digits()), "A1", "Hello", NOON - Duration::from_secs(60)).await;
    assert!(world.shop.find_chat(&other.address()).await.unwrap().is_none());
}
