//! Lists of people: every row is stored or told, whatever the pieces; a list twice is as good as once.

use std::fmt::Write as _;

use mychatflow_daemon::config::Consent;
use mychatflow_data::protocol::error::Code;
use serde_json::{Value, json};

use crate::world::{ANA, World, world, world_with};

/// Eight rows: three good ones of which one is mended, one twice, one silent, three that are none.
const LIST: &str = "Name;Mobile Number;Tags;City;Consent\r\n\
    Ana Example;0151 11111111;vip;Köln;\r\n\
    Ben;4915122222222;\"vip, new\";\"Bad\nHomburg\";yes\r\n\
    Ana again;+49 151 11111111;;;\r\n\
    Cleo;4,91513E+12;;;\r\n\
    Dee;0151 33333333;;;no\r\n\
    Eve;ask her;;;\r\n\
    Fay;0151 44444444;;;\r\n\
    Gus;;;;\r\n";

fn call(file: &str) -> Value {
    json!({"file": file, "country": "DE", "name": "spring.csv"})
}

fn sums(told: &Value) -> [i64; 5] {
    ["rows", "imported", "repaired", "duplicates", "suppressed"].map(|key| told[key].as_i64().unwrap())
}

/// Fails unless every row is accounted for.
fn accounted(told: &Value, rejected: usize) {
    let [rows, imported, _, duplicates, suppressed] = sums(told);
    assert_eq!(rows, imported + duplicates + suppressed + i64::try_from(rejected).unwrap(), "{told:#}");
}

async fn people(world: &World) -> Vec<Value> {
    world.call("contact.list", json!({"limit": 100})).await["items"].as_array().unwrap().clone()
}

async fn person(world: &World, phone: &str) -> Value {
    world.call("contact.show", json!({"contact": phone})).await
}

#[tokio::test]
async fn every_row_is_stored_or_told() {
    let world = world().await;
    world.says("4915144444444@c.us", "A1", "hello").await;
    world.call("contact.optout", json!({"contact": "+4915144444444"})).await;
    let silent = person(&world, "+4915144444444").await;

    let mut rehearsal = call(LIST);
    rehearsal["dry_run"] = json!(true);
    let rehearsed = world.call("contact.import", rehearsal).await;
    assert_eq!(people(&world).await.len(), 1, "a dry run stores nothing");

    let told = world.call("contact.import", call(LIST)).await;
    assert_eq!(rehearsed, told, "a dry run tells what would come");
    assert_eq!((sums(&told), &told["added"]), ([8, 3, 1, 1, 1], &json!(3)));
    let rejected: Vec<(u64, &str, &str)> = told["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["row"].as_u64().unwrap(), row["value"].as_str().unwrap(), row["reason"].as_str().unwrap()))
        .collect();
    let cut = "a spreadsheet has cut digits off: \"4,91513E+12\"; format the column as text and export it again";
    assert_eq!(
        rejected,
        [(4, "4,91513E+12", cut), (6, "ask her", "not a phone number: \"ask her\""), (8, "", "no phone number")]
    );
    accounted(&told, 3);
    assert_eq!(told["columns"][1], json!({"heading": "Mobile Number", "taken_for": "phone"}));
    assert_eq!(told["columns"][3], json!({"heading": "City", "taken_for": "city"}));

    let ana = person(&world, "+4915111111111").await;
    assert_eq!(
        (&ana["name"], &ana["tags"], &ana["fields"]),
        (&json!("Ana Example"), &json!(["vip"]), &json!({"city": "Köln"}))
    );
    assert_eq!((&ana["consent"]["state"], &ana["consent"]["source"]), (&json!("given"), &json!("spring.csv")));
    assert_eq!(person(&world, "+4915122222222").await["fields"]["city"], "Bad Homburg");
    assert_eq!(person(&world, "+4915133333333").await["consent"]["state"], "refused");
    assert_eq!(person(&world, "+4915144444444").await, silent, "nothing about their opt-out changes");

    let again = world.call("contact.import", call(LIST)).await;
    assert_eq!((sums(&again), &again["added"]), ([8, 3, 1, 1, 1], &json!(0)));
    assert_eq!(person(&world, "+4915111111111").await, ana, "the same list again changes nothing");
}

#[tokio::test]
async fn where_pieces_end_does_not_matter() {
    let whole = world().await.call("contact.import", call(LIST)).await;
    for size in [1, 7, 64] {
        let world = world().await;
        let (mut rejected, mut told, mut id) = (Vec::new(), Value::Null, Value::Null);
        let mut rest = LIST;
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(rest.floor_char_boundary(size.max(2)));
            rest = behind;
            let mut call = call(piece);
            call["more"] = json!(!rest.is_empty());
            if !id.is_null() {
                call["import"] = id.clone();
            }
            told = world.call("contact.import", call).await;
            rejected.extend(told["rejected"].as_array().unwrap().clone());
            id = told["import"].clone();
            assert_eq!(id.is_null(), rest.is_empty(), "an id while pieces follow");
        }
        told["rejected"] = json!(rejected);
        assert_eq!(told, whole, "pieces of {size}");
        assert_eq!(people(&world).await.len(), 4);
    }
}

#[tokio::test]
async fn an_import_that_fails_keeps_what_is_stored_and_is_over() {
    let world = world().await;
    let mut first = call(LIST);
    first["more"] = json!(true);
    let id = world.call("contact.import", first).await["import"].clone();
    assert_eq!(people(&world).await.len(), 4);
    let next = json!({"file": "Hal;0151 55555555;;;\r\n", "import": id});
    let told = world.call("contact.import", next.clone()).await;
    assert_eq!((sums(&told), &told["import"]), ([9, 5, 1, 1, 0], &Value::Null));
    let (code, message) = world.refused("contact.import", next).await;
    assert_eq!(code, Code::NotFound);
    assert!(message.contains("begin again"), "{message}");

    for (file, why) in [
        ("", "nobody is on the list: a header line, and then a line for each person"),
        ("phone\n", "nobody is on the list: a header line, and then a line for each person"),
        ("a,b\n1,2\n", "the list needs a header line with a column named phone; it has: a, b"),
    ] {
        let (code, message) = world.refused("contact.import", call(file)).await;
        assert_eq!((code, message.as_str()), (Code::Invalid, why));
    }
    assert_eq!(world.refused("contact.import", json!({"file": LIST, "country": "XX"})).await.0, Code::Invalid);
    assert_eq!(world.refused("contact.import", json!({"file": LIST, "tags": ["a,b"]})).await.0, Code::Invalid);
}

#[tokio::test]
async fn a_reply_holds_only_so_many_rejected_rows_and_the_next_one_the_rest() {
    let world = world().await;
    let file = format!("phone\n{}+4915111111111\n", "x\n".repeat(4_500));
    let (mut rejected, mut replies) = (0, 0);
    let mut call = call(&file);
    let last = loop {
        let told = world.call("contact.import", call).await;
        rejected += told["rejected"].as_array().unwrap().len();
        replies += 1;
        if told["import"].is_null() {
            break told;
        }
        assert_eq!(told["unread"], json!(true));
        call = json!({"file": "", "import": told["import"]});
    };
    assert_eq!((replies, rejected, &last["rows"], &last["imported"]), (3, 4_500, &json!(4_501), &json!(1)));
}

#[tokio::test]
async fn a_list_of_numbers_that_nobody_writes_to() {
    let world = world().await;
    world.says(ANA, "A1", "hello").await;
    let list = json!({"file": "+4915111111111\n+4915122222222\n", "suppress": true});
    let told = world.call("contact.import", list.clone()).await;
    assert_eq!((sums(&told), &told["added"]), ([2, 2, 0, 0, 0], &json!(1)));
    assert!(!person(&world, ANA).await["opted_out_at"].is_null());
    assert_eq!(sums(&world.call("contact.import", list).await), [2, 0, 0, 0, 2]);
    let told = world.call("contact.import", call(LIST)).await;
    assert_eq!(sums(&told), [8, 2, 0, 1, 2], "whoever is on it is no contact of a list");
    assert_eq!(world.refused("contact.show", json!({"contact": "+4915122222222"})).await.0, Code::NotFound);
}

#[tokio::test]
async fn consent_must_be_said_where_it_is_required() {
    let world = world_with(|config| config.campaign.consent = Consent::Required).await;
    world.call("contact.import", call(LIST)).await;
    assert_eq!(person(&world, "+4915111111111").await["consent"], Value::Null);
    assert_eq!(person(&world, "+4915122222222").await["consent"]["state"], "given");
    // What a row says takes the place of what was known; a list that says nothing does not.
    world.call("contact.import", call("phone;consent\n+4915122222222;no\n")).await;
    world.call("contact.import", call("phone\n+4915122222222\n")).await;
    assert_eq!(person(&world, "+4915122222222").await["consent"]["state"], "refused");
}

/// Phone and reason of each line.
fn reasons(page: &Value) -> Vec<(String, Value)> {
    let lines = page["items"].as_array().unwrap().iter();
    lines.map(|line| (line["phone"].as_str().unwrap().to_owned(), line["reason"].clone())).collect()
}

#[tokio::test]
async fn campaigns_heed_what_is_on_record() {
    let refused = json!("no consent: refused");
    for (policy, unknown) in [(Consent::Assumed, Value::Null), (Consent::Required, json!("no consent on record"))] {
        let world = world_with(|config| config.campaign.consent = policy).await;
        let list = "phone;consent\n+4915111111111;yes\n+4915122222222;no\n";
        world.call("contact.import", call(list)).await;
        world.call("contact.add", json!({"phone": "+4915133333333"})).await;
        let expected = [
            ("+4915111111111".to_owned(), Value::Null),
            ("+4915122222222".to_owned(), refused.clone()),
            ("+4915133333333".to_owned(), unknown),
        ];
        let file = "phone\n+4915111111111\n+4915122222222\n+4915133333333\n";
        for (name, audience) in [("segment", json!({"segment": "all"})), ("list", json!({"file": file}))] {
            let mut preview = audience.clone();
            preview["text"] = json!("Hi");
            let mut told = reasons(&world.call("campaign.preview", preview).await);
            told.sort_by(|a, b| a.0.cmp(&b.0));
            assert_eq!(told, expected, "{name} {policy:?}");
            let mut create = audience;
            (create["name"], create["text"]) = (json!(name), json!("Hi"));
            world.call("campaign.create", create).await;
            let told = reasons(&world.call("campaign.report", json!({"name": name})).await);
            assert_eq!(told, expected, "{name} {policy:?}");
        }
    }
}

#[tokio::test]
async fn a_campaigns_list_comes_in_pieces_too() {
    let world = world().await;
    let create = json!({"name": "spring", "text": "Hi {{ name }} in {{ city }}", "country": "DE"});
    let mut whole = create.clone();
    whole["file"] = json!(LIST);
    let expected = world.call("campaign.create", whole).await;
    assert_eq!(
        (&expected["recipients"], &expected["duplicates"], &expected["audience"]),
        (&json!(7), &json!(1), &json!("a list"))
    );
    let lines = world.call("campaign.report", json!({"name": "spring"})).await;

    let (first, rest) = LIST.split_at(LIST.find("omburg").unwrap());
    let mut begin = create.clone();
    for (key, value) in
        [("name", json!("summer")), ("file", json!(first)), ("more", json!(true)), ("file_name", json!("people.csv"))]
    {
        begin[key] = value;
    }
    let begun = world.call("campaign.create", begin.clone()).await;
    assert_eq!((&begun["recipients"], &begun["audience"]), (&json!(1), &json!("people.csv")));
    assert_eq!(
        world.call("campaign.list", json!({})).await["items"].as_array().unwrap().len(),
        1,
        "nobody sees it yet"
    );
    let (middle, end) = rest.split_at(20);
    world.call("campaign.extend", json!({"campaign": begun["id"], "file": middle, "more": true})).await;
    let made = world.call("campaign.extend", json!({"campaign": begun["id"], "file": end})).await;
    assert_eq!(
        (&made["recipients"], &made["counts"], &made["state"]),
        (&json!(7), &expected["counts"], &json!("draft"))
    );
    let reasons = |lines: &Value| -> Vec<Value> {
        lines["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| json!([line["phone"], line["name"], line["reason"]]))
            .collect()
    };
    assert_eq!(reasons(&world.call("campaign.report", json!({"name": "summer"})).await), reasons(&lines));
    let over = json!({"campaign": begun["id"], "file": end});
    assert_eq!(world.refused("campaign.extend", over).await.0, Code::NotFound);

    // One that has no list after all is none.
    begin["name"] = json!("autumn");
    begin["file"] = json!("a,b\n1,2\n");
    assert_eq!(world.refused("campaign.create", begin.clone()).await.0, Code::Invalid);
    begin["file"] = json!("a,");
    let begun = world.call("campaign.create", begin).await;
    let wrong = json!({"campaign": begun["id"], "file": "b\n1,2\n"});
    assert_eq!(world.refused("campaign.extend", wrong).await.0, Code::Invalid);
    assert_eq!(world.call("campaign.list", json!({})).await["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_campaign_to_numbers_and_what_a_preview_says_of_the_silent() {
    let world = world().await;
    world.says(ANA, "A1", "hello").await;
    world.call("contact.optout", json!({"contact": ANA})).await;
    let to =
        json!({"name": "two", "text": "Hi", "country": "DE", "to": ["0151 11111111", "+44 7700 900123", "nobody"]});
    let made = world.call("campaign.create", to).await;
    assert_eq!((&made["recipients"], &made["audience"]), (&json!(3), &json!("3 phone numbers")));
    let preview = world.call("campaign.preview", json!({"name": "two"})).await;
    let lines: Vec<(&str, &Value)> = preview["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["phone"].as_str().unwrap(), &line["reason"]))
        .collect();
    assert_eq!(
        lines,
        [
            ("+4915111111111", &json!("asked not to be written to")),
            ("+447700900123", &Value::Null),
            ("nobody", &json!("not a phone number: \"nobody\"")),
        ]
    );
    let both = json!({"name": "both", "text": "Hi", "to": ["+447700900123"], "segment": "all"});
    assert_eq!(world.refused("campaign.create", both).await.0, Code::Invalid);
}

/// A big list over the socket: what users wait for. No stopwatch; the bench has one.
#[tokio::test]
async fn a_long_list_is_read_whole() {
    let world = world().await;
    let mut file = "phone,name\n".to_owned();
    for number in 0..5_000 {
        writeln!(file, "+4915{number:09},Person {number}").unwrap();
    }
    let told = world.call("contact.import", call(&file)).await;
    assert_eq!(sums(&told), [5_000, 5_000, 0, 0, 0]);
}
