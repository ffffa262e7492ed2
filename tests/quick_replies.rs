//! Quick replies as they are typed: sent with a customer's values, written to a file, and read from it again.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use mychatflow_sandbox::waha::Engine;
use serde_json::{Value, json};

use crate::support::{DEADLINE, PRICE, Shop, World};

async fn one(world: &World, line: &[&str]) -> Value {
    world.done(line).await.remove(0)
}

/// What a person reads who types this.
async fn read(world: &World, line: &[&str]) -> String {
    let ran = world.command(line).output().await.unwrap();
    assert!(ran.status.success(), "{line:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

async fn stored(world: &World, label: &str) -> Value {
    let lines = world.done(&["quick-reply", "list"]).await;
    lines.into_iter().find(|reply| reply["label"] == label).unwrap_or_default()
}

#[tokio::test]
async fn a_quick_reply_is_sent_as_this_customer_gets_it_and_counted() {
    let world = World::open(Shop::on(Engine::Noweb)).await;
    world.ana_asks().await;
    world.answered_once(DEADLINE).await;
    let price = stored(&world, "Bread prices").await;
    assert_eq!((&price["citations"], &price["uses"]), (&json!(1), &json!(0)), "the answer leans on it: {price}");

    let table = read(&world, &["quick-reply", "list", "--find", "Bread"]).await;
    let columns: Vec<&str> = table.lines().flat_map(str::split_whitespace).collect();
    assert!(columns.contains(&"CITED") && columns.contains(&"1"), "{table}");

    let told = read(&world, &["quick-reply", "add", "greeting", "Hello {{ name }}, {{ business }} is open"]).await;
    assert_eq!(told, "greeting is stored; the assistant is not told, since it differs by customer: name\n");
    let told = read(&world, &["quick-reply", "add", "visit", "Find {{ business }} at the quay"]).await;
    assert_eq!(told, "visit is stored; the assistant knows it now\n");
    world.done(&["quick-reply", "add", "way", "From {{ city }} take the ferry"]).await;

    let ana = world.ana.phone.as_str();
    let greeting = format!("Hello {}, Harbour Bakery is open", world.ana.name);
    let rendered = one(&world, &["quick-reply", "render", "Greeting", "--chat", ana]).await;
    assert_eq!((&rendered["text"], &rendered["missing"]), (&json!(greeting), &json!([])));
    let table = read(&world, &["quick-reply", "render", "--chat", ana]).await;
    let of = |label: &str| table.lines().find(|line| line.starts_with(label)).unwrap_or_default().to_owned();
    assert!(of("greeting").contains(&greeting) && of("Bread prices").contains(PRICE), "{table}");
    assert!(of("way").contains("city") && of("way").contains("{{ city }}"), "{table}");

    world.done(&["chat", "send", ana, "--quick-reply", "GREETING", "--wait", "20s"]).await;
    let reached = world.reached_ana();
    assert_eq!(reached.last().unwrap().text, greeting);
    assert_eq!(stored(&world, "greeting").await["uses"], json!(1));

    let refused = world.run(&["chat", "send", ana, "--quick-reply", "way"]).await;
    assert!(refused.code == 1 && refused.stderr.contains("no value for city"), "{}", refused.stderr);
    let refused = world.run(&["chat", "send", ana, "--quick-reply", "nothing"]).await;
    assert!(refused.code == 1 && refused.stderr.contains("nothing"), "{}", refused.stderr);
    assert_eq!(world.reached_ana().len(), reached.len());
    // Words of one's own in place of what has no value: they count for the quick reply all the same.
    world.done(&["chat", "send", ana, "From Bath take the ferry", "--quick-reply", "way", "--wait", "20s"]).await;
    assert_eq!(world.reached_ana().last().unwrap().text, "From Bath take the ferry");
    assert_eq!(stored(&world, "way").await["uses"], json!(1));
}

#[tokio::test]
async fn a_file_of_quick_replies_comes_back_as_it_went_out() {
    let mut world = World::unfurnished(Shop::on(Engine::Noweb)).await;
    world.start().await;
    world.done(&["tenant", "add", "Shop"]).await;
    let texts = [
        ("# odd \\ \"label\" — Öffnung 🕗 | *`x`*", "8 to 18"),
        ("paragraphs", "First.\n\n\n  Second, indented.\n\nCategory: of the text\nState: aside"),
        ("code", "Type:\n```\n## not a heading\n```\nand you are done"),
        ("torn code", "```\nnever closed\n## still its words"),
        ("headings", "## like a label\n# bigger\n\\## with a stroke\n### smaller"),
        ("Category: x", "{% if name %}Hi {{ name }}{% endif %} \u{200f}שלום"),
    ];
    for (label, text) in texts {
        world.done(&["quick-reply", "add", label, text, "--category", "odd & ## ends"]).await;
    }
    world.done(&["quick-reply", "edit", "code", "--aside", "--category", ""]).await;
    let everything = async || {
        let lines = world.done(&["quick-reply", "list"]).await;
        let seen = |reply: &Value| ["label", "text", "category", "state"].map(|name| reply[name].clone());
        lines.iter().map(seen).collect::<Vec<_>>()
    };
    let before = everything().await;
    assert_eq!(before.len(), texts.len());

    assert_eq!(read(&world, &["quick-reply", "export", "replies.md"]).await, "6 quick replies are in replies.md\n");
    let again = world.run(&["quick-reply", "export", "replies.md"]).await;
    assert!(again.code == 1 && again.stderr.contains("--force"), "{}", again.stderr);
    let nowhere = world.run(&["quick-reply", "export", "nowhere/replies.md"]).await;
    let missing = "mychatflow: nowhere/replies.md was not written: there is no directory nowhere; make it first, or name another one";
    assert_eq!(nowhere.stderr.trim_end(), missing);
    world.done(&["quick-reply", "export", "replies.md", "--force"]).await;
    let file = std::fs::read_to_string(world.path().join("replies.md")).unwrap();
    assert_eq!(read(&world, &["quick-reply", "export"]).await.trim_end(), file.trim_end(), "stdout is the same file");
    let same = read(&world, &["quick-reply", "import", "replies.md"]).await;
    assert_eq!(same, "0 new, 0 changed, 6 the same, 0 left out\n");

    for (label, _) in texts {
        world.done(&["quick-reply", "remove", label]).await;
    }
    let rehearsed = read(&world, &["quick-reply", "import", "replies.md", "--dry-run"]).await;
    assert_eq!(rehearsed, "6 new, 0 changed, 0 the same, 0 left out\nthis was a dry run: nothing was stored\n");
    assert_eq!(everything().await, Vec::<[Value; 4]>::new());
    let imported = one(&world, &["quick-reply", "import", "replies.md"]).await;
    assert_eq!(imported["added"].as_array().unwrap().len(), texts.len());
    assert_eq!(everything().await, before);

    std::fs::write(world.path().join("broken.md"), "## good\nyes\n\n## torn\n{{ name\n\n## empty\n").unwrap();
    let ran = world.command(&["quick-reply", "import", "broken.md"]).output().await.unwrap();
    assert_eq!(ran.status.code(), Some(1), "not all of it could be taken in");
    assert!(String::from_utf8_lossy(&ran.stderr).contains("2 left out"), "{ran:?}");
    let told = String::from_utf8(ran.stdout).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "1 new, 0 changed, 0 the same, 2 left out");
    assert!(lines[1].starts_with("line 4: torn: the text can't be read"), "{told}");
    assert_eq!(lines[2], "line 7: empty: it has no text");
    std::fs::write(world.path().join("flat.md"), "Opening hours: 8 to 18\n").unwrap();
    let flat = world.run(&["quick-reply", "import", "flat.md"]).await;
    assert!(flat.code == 1 && flat.stderr.contains("## Opening hours"), "{}", flat.stderr);
    let missing = world.run(&["quick-reply", "import", "nowhere.md"]).await;
    assert!(missing.code == 1 && missing.stderr.contains("nowhere.md"), "{}", missing.stderr);
}
