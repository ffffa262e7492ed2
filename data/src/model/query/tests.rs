//! What queries mean, and what is said about those that mean nothing.

use super::*;

const NOON: Timestamp = Timestamp::from_millis(1_795_392_000_000);

fn ago(days: u64) -> Option<Timestamp> {
    Some(NOON - Duration::from_secs(days * 24 * 3600))
}

fn ana() -> Profile {
    Profile {
        name: Some("Ana María".into()),
        phone: Some("4915111111111".into()),
        review: Review::Customer,
        opted_out_at: None,
        language: Some("de".into()),
        consent: Some(ConsentState::Given),
        created_at: ago(100).unwrap(),
        tags: vec!["VIP".into(), "very important".into()],
        fields: BTreeMap::from([("City".into(), "Berlin".into()), ("Postal code".into(), "10115".into())]),
        last_in_at: ago(10),
        last_out_at: None,
    }
}

fn nobody() -> Profile {
    Profile {
        name: None,
        phone: None,
        review: Review::Unreviewed,
        opted_out_at: ago(1),
        language: None,
        consent: None,
        created_at: ago(1).unwrap(),
        tags: vec![],
        fields: BTreeMap::new(),
        last_in_at: None,
        last_out_at: ago(40),
    }
}

#[test]
fn queries_mean_people() {
    for (query, is_ana, is_nobody) in [
        ("", true, true),
        ("all", true, true),
        ("-all", false, false),
        ("tag:vip", true, false),
        ("TAG:Vip", true, false),
        ("-tag:vip", false, true),
        ("tag:gold,vip", true, false),
        ("tag:\"very important\"", true, false),
        ("tag:very", false, false),
        ("tag:vip -tag:\"very important\"", false, false),
        ("name:maría", true, false),
        ("name:ben,ana", true, false),
        ("ana", true, false),
        ("\"ana mar\"", true, false),
        ("0151", true, false),
        ("151/111", true, false),
        ("111-x", false, false),
        ("phone:49151", true, false),
        ("phone:+49", true, false),
        ("phone:0049", true, false),
        ("phone:151", false, false),
        ("language:de", true, false),
        ("language:none", false, true),
        ("language:pt-br,de", true, false),
        ("review:customer", true, false),
        ("review:personal,unreviewed", false, true),
        ("opted_out", false, true),
        ("-opted_out", true, false),
        ("consent:given", true, false),
        ("consent:refused,none", false, true),
        ("last_in:<30d", true, false),
        ("last_in:<1w", false, false),
        ("last_in:>1w", true, false),
        ("last_in:never", false, true),
        ("-last_in:<30d", false, true),
        ("last_out:>1mo", false, true),
        ("last_out:<960h", false, false),
        ("last_out:<961h", false, true),
        ("created:>2026-10-01", false, true),
        ("created:<2026-10-01", true, false),
        ("created:<2d", false, true),
        ("city:berlin", true, false),
        ("CITY:Berlin,Paris", true, false),
        ("city:ber", false, false),
        ("city:*", true, false),
        ("-city:*", false, true),
        ("\"postal code\":10115", true, false),
        ("\"tag\":vip", false, false),
        ("tag:vip last_in:<30d -opted_out", true, false),
    ] {
        let read = Query::parse(query).unwrap();
        assert_eq!((read.matches(&ana(), NOON), read.matches(&nobody(), NOON)), (is_ana, is_nobody), "{query}");
    }
}

#[test]
fn what_means_nothing_is_told_with_its_place() {
    for (query, at, part) in [
        ("tagg:vip", Some(1), "did you mean tag:?"),
        ("all tags:vip", Some(5), "did you mean tag:?"),
        ("lang:de", Some(1), "did you mean language:?"),
        ("last-in:<3d", Some(1), "did you mean last_in:?"),
        ("-lastout:<3d", Some(2), "did you mean last_out:?"),
        ("optedout", Some(1), "did you mean opted_out?"),
        ("tag:", Some(5), "nothing stands after tag:"),
        ("tag:a,", Some(7), "nothing stands after tag:"),
        ("tag: vip", Some(5), "nothing stands after tag:"),
        ("name:\"ana", Some(6), "not closed"),
        ("tag:\"a\"b", Some(8), "a space is missing"),
        ("last_in:30d", Some(9), "write <30d"),
        ("last_in:<30", Some(9), "write <30d"),
        ("last_in:<30x", Some(9), "write <30d"),
        ("last_in:<99999999999999999999d", Some(9), "write <30d"),
        ("created:>2026-13-01", Some(9), "2026-01-01"),
        ("review:vip", Some(8), "new, unreviewed, customer, personal"),
        ("consent:yes", Some(9), "given, refused or none"),
        ("phone:abc", Some(7), "how the number begins"),
        ("-", Some(2), "nothing stands here"),
        (":x", Some(1), "nothing stands before the colon"),
        ("segment:a,b", Some(11), "one segment at a time"),
    ] {
        let wrong = match Query::parse(query) {
            Ok(read) => panic!("{query} was read: {read:?}"),
            Err(wrong) => wrong,
        };
        assert_eq!(wrong.at, at, "{query}: {wrong}");
        assert!(wrong.to_string().contains(part), "{query}: {wrong}");
    }
}

#[test]
fn segments_stand_for_their_queries() {
    let saved = |name: &str| match name {
        "regulars" => Some("tag:vip last_in:<30d".to_owned()),
        "quiet" => Some("-segment:regulars".to_owned()),
        "circle" => Some("segment:circle".to_owned()),
        "ring" => Some("segment:gnir".to_owned()),
        "gnir" => Some("tag:vip -segment:Ring".to_owned()),
        "torn" => Some("tag:".to_owned()),
        _ => None,
    };
    let resolved = |query: &str| Query::parse(query).unwrap().resolved::<QueryError>(&mut |name| Ok(saved(name)));
    for (query, is_ana) in [("segment:regulars", true), ("segment:quiet", false), ("-segment:quiet city:berlin", true)]
    {
        assert_eq!(resolved(query).unwrap().matches(&ana(), NOON), is_ana, "{query}");
    }
    for (query, why) in [
        ("segment:circle", "segment:circle leads back to itself: circle > circle"),
        ("segment:ring", "segment:Ring leads back to itself: ring > gnir > Ring"),
        ("segment:torn", "nothing stands after tag:"),
        ("segment:gone", "segment:gone is not there"),
    ] {
        let wrong = resolved(query).unwrap_err().to_string();
        assert!(wrong.contains(why), "{query}: {wrong}");
    }
    let regulars = resolved("segment:regulars").unwrap();
    assert!(regulars.names_reviewed() && regulars.asks_for(Fact::LastIn) && !regulars.asks_for(Fact::Fields));
    assert!(!resolved("segment:quiet").unwrap().names_reviewed());
}

#[test]
fn however_much_is_typed_a_query_has_an_end() {
    for (query, told) in [
        ("(".repeat(100_000), "the query has 100,000 characters; at most 2,000 are possible"),
        (format!("tag:{}", "a,".repeat(100_000)), "at most 2,000 are possible"),
        ("-".repeat(1_999), "nothing stands before the colon"),
        ("a ".repeat(65), "more than 64 terms"),
    ] {
        match Query::parse(&query) {
            Err(wrong) => assert!(wrong.to_string().contains(told) || query.starts_with('-'), "{wrong}"),
            Ok(_) => assert!(query.starts_with('-'), "{query}"),
        }
    }
    // Each of some segments may be as long as it may; all of them together may not.
    let long = |_: &str| Ok(Some("b ".repeat(64)));
    let resolved = |segments: usize| {
        let query = Query::parse(&"segment:a ".repeat(segments)).unwrap();
        query.resolved::<QueryError>(&mut |name| long(name))
    };
    assert!(resolved(16).is_ok());
    assert!(resolved(17).unwrap_err().to_string().contains("a query comes to 1024 terms at most"));
}

#[test]
fn only_looked_at_people_are_named_by_tag_or_review() {
    for (query, named) in
        [("all", false), ("tag:vip", true), ("-tag:vip", false), ("review:new", true), ("-review:personal", false)]
    {
        assert_eq!(Query::parse(query).unwrap().names_reviewed(), named, "{query}");
    }
}

#[test]
fn whoever_may_fit_is_told_without_what_is_dear() {
    let saved = |name: &str| (name == "regulars").then(|| "tag:vip last_in:<1d".to_owned());
    for (query, is_ana, is_nobody) in [
        ("last_in:<1d", true, true),
        ("-last_in:<30d", true, true),
        ("tag:vip last_in:<1d", true, false),
        ("tag:vip -last_out:never -opted_out", true, false),
        ("segment:regulars", true, false),
        ("-segment:regulars", true, true),
        ("-segment:regulars language:de", true, false),
        ("tag:gold last_in:never", false, false),
    ] {
        let read = Query::parse(query).unwrap().resolved::<QueryError>(&mut |name| Ok(saved(name))).unwrap();
        let may = |person: &Profile| read.may_match(person, &[Fact::LastIn, Fact::LastOut], NOON);
        assert_eq!((may(&ana()), may(&nobody())), (is_ana, is_nobody), "{query}");
    }
}

#[test]
fn plain_words_may_be_a_name() {
    for (query, words) in [("ana", true), ("ana maria", true), ("-ana", false), ("ana tag:vip", false), ("all", false)]
    {
        assert_eq!(Query::parse(query).unwrap().is_words(), words, "{query}");
    }
}

proptest::proptest! {
    #[test]
    fn whatever_is_typed_is_read_or_refused(text in "[a-z:,\"<>0-9 _*-]{0,40}|\\PC{0,40}") {
        if let Ok(query) = Query::parse(&text) {
            assert_eq!(query.matches(&ana(), NOON), query.matches(&ana(), NOON));
        }
    }
}
