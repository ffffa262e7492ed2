//! Lists of people as they are typed: files of every sort, what is printed, and how it ends.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::fmt::Write as _;
use std::process::Stdio;

use mychatflow_sandbox::waha::Engine;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::support::{DEADLINE, Shop, World};

const LIST: &str = "Name;Mobile Number;City\nAna;0151 11111111;Köln\nBen;4915122222222;Bonn\nCleo;4,91513E+12;\n";

async fn shop() -> World {
    World::unpaired(Shop::on(Engine::Noweb)).await
}

fn put(world: &World, name: &str, content: impl AsRef<[u8]>) {
    std::fs::write(world.path().join(name), content).unwrap();
}

/// What a command prints for people, and what it says beside it.
async fn typed(world: &World, line: &[&str]) -> (i32, String, String) {
    let ran = world.command(line).output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

#[tokio::test]
async fn a_list_is_imported_and_every_row_told() {
    let world = shop().await;
    put(&world, "people.csv", LIST);
    let import = ["contact", "import", "people.csv", "--country", "DE"];
    let (code, told, beside) = typed(&world, &[&import[..], &["--dry-run"]].concat()).await;
    assert_eq!((code, beside.as_str()), (0, ""), "no bar where nobody sees it");
    assert_eq!(
        told,
        "3 rows: 2 imported (2 new, 1 with a repaired number), 1 rejected\n\
         columns: Name = name, Mobile Number = phone, City = city\n\
         this was a dry run: nothing was stored\n\
         ROW  VALUE        REASON\n\
         3    4,91513E+12  a spreadsheet has cut digits off: \"4,91513E+12\"; format the column as text and export it again\n"
    );
    assert!(world.done(&["contact", "list"]).await.is_empty());

    let mut told = world.done(&import).await;
    assert_eq!(told.len(), 1, "one document");
    let told = told.remove(0);
    let sums = ["rows", "imported", "repaired", "duplicates", "suppressed"].map(|key| told[key].clone());
    assert_eq!(sums, [3, 2, 1, 0, 0].map(|count| json!(count)));
    assert_eq!((&told["rejected"][0]["row"], &told["rejected"][0]["value"]), (&json!(3), &json!("4,91513E+12")));
    assert!(told.get("import").is_none() && told.get("unread").is_none(), "{told:#}");
    let names: Vec<Value> = world.done(&["contact", "list"]).await.into_iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["Ana", "Ben"]);

    // The same from stdin, and from a spreadsheet that writes UTF-16.
    let mut command = world.command(&["contact", "import", "-", "--country", "DE", "--tag", "spring"]);
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(LIST.as_bytes()).await.unwrap();
    let ran = running.wait_with_output().await.unwrap();
    assert!(ran.status.success() && ran.stdout.starts_with(b"3 rows: 2 imported (0 new"), "{ran:?}");
    assert_eq!(world.done(&["contact", "list", "--tag", "spring"]).await.len(), 2);
    let wide: Vec<u8> = format!("\u{feff}{LIST}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    put(&world, "wide.csv", wide);
    let wide = world.done(&["contact", "import", "wide.csv", "--country", "DE"]).await.remove(0);
    assert_eq!((&wide["imported"], &wide["rejected"]), (&json!(2), &told["rejected"]));
}

#[tokio::test]
async fn a_file_that_is_no_list_changes_nothing_and_says_why() {
    let world = shop().await;
    put(&world, "cyrillic.csv", b"phone,name\n+4915111111111,\xc8\xe2\xe0\xed\xee\xe2\n");
    put(&world, "book.xlsx", b"PK\x03\x04 and so on");
    put(&world, "other.csv", "a,b\n1,2\n");
    put(&world, "nobody.csv", "phone\n");
    put(&world, "wrong.csv", "phone\nask her\n");
    for (file, why) in [
        ("cyrillic.csv", "line 2 of the list is not UTF-8"),
        ("book.xlsx", "CSV UTF-8"),
        ("other.csv", "a column named phone; it has: a, b"),
        ("nobody.csv", "nobody is on the list"),
        ("wrong.csv", "no row could be imported"),
        ("none.csv", "could not read none.csv"),
    ] {
        let ran = world.run(&["contact", "import", file]).await;
        assert!(ran.code == 1 && ran.stderr.contains(why), "{file}: {}", ran.stderr);
        assert_eq!(ran.lines.len(), usize::from(file == "wrong.csv"), "the reasons are printed all the same");
    }
    assert!(world.done(&["contact", "list"]).await.is_empty());
}

#[tokio::test]
async fn a_list_that_was_cut_off_by_a_kill_is_imported_again() {
    let mut world = shop().await;
    let mut list = "phone;name\n".to_owned();
    for number in 0..12_000 {
        writeln!(list, "07700 9{number:05};Person {number}").unwrap();
    }
    let import = ["contact", "import", "-", "--country", "GB"];
    let mut command = world.command(&import);
    let mut running = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = running.stdin.take().unwrap();
    // More than a piece, and no end: the command waits for the rest.
    input.write_all(&list.as_bytes()[..300_000]).await.unwrap();
    world
        .until("people of the list", DEADLINE, async || {
            (!world.done(&["contact", "list", "--limit", "1"]).await.is_empty()).then_some(())
        })
        .await;
    world.kill().await;
    // It is told as soon as there is another piece to send.
    let rest = list.as_bytes()[300_000..].to_vec();
    let sending = tokio::spawn(async move { input.write_all(&rest).await });
    let ran = running.wait_with_output().await.unwrap();
    let beside = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(3), "{beside}");
    // Whoever writes into a command that has ended is told so.
    let _ = sending.await.unwrap();

    world.start().await;
    put(&world, "people.csv", &list);
    let told = world.done(&["contact", "import", "people.csv", "--country", "GB"]).await.remove(0);
    let added = told["added"].as_i64().unwrap();
    assert_eq!((&told["rows"], &told["imported"]), (&json!(12_000), &json!(12_000)));
    assert!(added < 12_000, "what was stored before is not added again: {told:#}");
    assert_eq!(world.done(&["contact", "list"]).await.len(), 12_000);
}

#[tokio::test]
async fn a_campaigns_list_may_be_longer_than_a_line_of_the_socket() {
    let world = shop().await;
    let mut list = "phone;name;city;remark\n".to_owned();
    for number in 0..12_000 {
        writeln!(list, "07700 9{number:05};Person {number};Bath;\"{}\"", "\"\"tulips\"\" ".repeat(8)).unwrap();
    }
    assert!(list.len() > 1_200_000);
    put(&world, "people.csv", &list);
    let create = ["campaign", "create", "spring", "--text", "Hi {{ name }} {{ remark }}", "--file", "people.csv"];
    let made = world.done(&[&create[..], &["--country", "GB"]].concat()).await.remove(0);
    assert_eq!((&made["recipients"], &made["audience"]), (&json!(12_000), &json!("people.csv")));
    let (_, shown, _) = typed(&world, &["campaign", "show", "spring"]).await;
    assert!(shown.contains("audience   people.csv\n"), "{shown}");
    let preview = world
        .done(&["campaign", "preview", "--text", "Hi {{ name }}", "--file", "people.csv", "--country", "GB"])
        .await;
    assert_eq!((preview.len(), &preview[4]["text"]), (5, &json!("Hi Person 4")));
    let to = ["campaign", "create", "two", "--text", "Hi", "--to", "+447700900123", "--to", "07700 900124"];
    assert_eq!(world.done(&[&to[..], &["--country", "GB"]].concat()).await.remove(0)["recipients"], 2);
}

#[tokio::test]
async fn a_segment_of_the_list_gets_a_campaign() {
    let world = shop().await;
    put(&world, "people.csv", LIST);
    world.done(&["contact", "import", "people.csv", "--country", "DE"]).await;
    let (code, told, _) = typed(&world, &["segment", "add", "rhinelanders", "city:Köln,Bonn"]).await;
    assert_eq!((code, told.as_str()), (0, "rhinelanders is kept: 2 people\n"));
    let (code, _, told) = typed(&world, &["segment", "add", "all", "city:Bonn"]).await;
    assert_eq!(code, 1);
    assert!(told.contains("reads as a query"), "{told}");
    let found = world.done(&["contact", "list", "--query", "segment:Rhinelanders -city:Bonn"]).await;
    assert_eq!((found.len(), &found[0]["name"]), (1, &json!("Ana")));

    let text = "Hi {{ name }} in {{ city }}";
    let made =
        world.done(&["campaign", "create", "spring", "--text", text, "--segment", "rhinelanders"]).await.remove(0);
    assert_eq!((&made["recipients"], &made["audience"]), (&json!(2), &json!("rhinelanders")));
    world.done(&["segment", "remove", "rhinelanders"]).await;
    assert!(world.done(&["segment", "list"]).await.is_empty());
    let shown = world.done(&["campaign", "preview", "spring"]).await;
    let texts: Vec<&Value> = shown.iter().map(|line| &line["text"]).collect();
    assert_eq!(texts, ["Hi Ana in Köln", "Hi Ben in Bonn"]);
}

#[tokio::test]
async fn a_list_of_an_old_spreadsheet_is_imported_with_a_remark() {
    let world = shop().await;
    put(&world, "ansi.csv", b"Name;Telefon\r\nJ\xfcrgen;0151 22200021\r\nAnna;030 5550012\r\n");
    let ran = world.run(&["contact", "import", "ansi.csv", "--country", "DE"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("it was read as Windows-1252"), "{}", ran.stderr);
    let told = &ran.lines[0];
    assert_eq!((&told["imported"], &told["encoding"]), (&json!(2), &json!("windows-1252")));
    let landline = "+49305550012 is a landline: WhatsApp is seldom on one";
    assert_eq!(told["remarks"], json!([{"row": 2, "value": "030 5550012", "remark": landline}]));
    assert_eq!(world.done(&["contact", "show", "+4915122200021"]).await[0]["name"], "Jürgen");

    put(&world, "who.csv", "Who,Reach\nRosa,15122200022\n");
    let ran = world.run(&["contact", "import", "who.csv", "--country", "DE"]).await;
    assert!(ran.code == 1 && ran.stderr.contains("--column phone=HEADING"), "{}", ran.stderr);
    let named = ["contact", "import", "who.csv", "--country", "DE", "--column", "phone=Reach", "--column", "name=Who"];
    assert_eq!(world.done(&named).await[0]["imported"], 1);
    assert_eq!(world.done(&["contact", "show", "+4915122200022"]).await[0]["name"], "Rosa");
}
