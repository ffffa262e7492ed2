//! People leave and come back: an export is read by an import, a person who is erased is gone for good.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

use mychatflow_sandbox::waha::Engine;
use serde_json::{Value, json};

use crate::support::{DEADLINE, Shop, World};

/// People of every sort: words that a spreadsheet would compute, quotes, lines, emoji, and every mark that there is.
async fn people(world: &World, tenant: &str) {
    let of = |line: &[&'static str]| -> Vec<String> {
        ["--tenant", tenant].into_iter().chain(line.iter().copied()).map(str::to_owned).collect()
    };
    // A list with two columns of numbers: the second one is kept under its own name, and must not be taken for the first.
    std::fs::write(
        world.path().join("two.csv"),
        "whatsapp;mobile;name;sprache\n+447700900127;07700 900999;Two;plattdüütsch\n",
    )
    .unwrap();
    let lines: &[&[&str]] = &[
        &["contact", "import", "two.csv"],
        &["contact", "add", "+4915111111111", "--name", "=HYPERLINK(\"http://127.0.0.1\")", "--tag", "vip"],
        &["contact", "add", "+4915122222222", "--name", "'=quoted already", "--tag", "a;b|c", "--tag", "=sum"],
        &["contact", "add", "+447700900123", "--name", "Zoë \"Z\" O'Neil 👩‍👧, Ltd; 🇩🇪"],
        &["contact", "add", "+447700900124"],
        &["contact", "add", "+447700900125", "--name", "Gone"],
        &["contact", "edit", "+4915111111111", "--note=- likes \"tulips\"\n+ roses, 🌷\n=1+1", "--language", "de"],
        &["contact", "edit", "+4915111111111", "--set", "city=Köln; Bonn", "--set", "code=-007"],
        &["contact", "edit", "+4915122222222", "--consent", "refused"],
        &[
            "contact",
            "edit",
            "+447700900123",
            "--consent",
            "given",
            "--source",
            "form, p. 3",
            "--proof",
            "@she said \"yes\"",
        ],
        &["contact", "tag", "+447700900124", "--review", "personal"],
        &["contact", "optout", "+447700900125"],
    ];
    for line in lines {
        let line = of(line);
        let ran = world.run(&line.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert_eq!(ran.code, 0, "{line:?}: {}", ran.stderr);
    }
}

/// Everybody as JSON, without what another shop has of its own.
async fn everybody(world: &World, tenant: &str) -> Vec<Value> {
    let mut all = world.done(&["--tenant", tenant, "contact", "export", "--format", "json"]).await;
    for person in &mut all {
        for own in ["id", "created_at"] {
            person.as_object_mut().unwrap().remove(own);
        }
    }
    all
}

#[tokio::test]
async fn an_export_comes_back_as_it_was_in_another_shop() {
    let world = World::unpaired(Shop::on(Engine::Noweb)).await;
    let shop = world.done(&["tenant", "list"]).await.remove(0)["name"].as_str().unwrap().to_owned();
    people(&world, &shop).await;
    world.done(&["tenant", "add", "Twin"]).await;
    let before = everybody(&world, &shop).await;
    assert_eq!(before.len(), 6);

    let export = ["--tenant", &shop, "contact", "export", "people.csv"];
    let told = world.done(&export).await.remove(0);
    assert_eq!((&told["people"], &told["without_phone"]), (&json!(6), &json!(0)));
    let file = world.path().join("people.csv");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    // What may begin a cell, lines in a note apart.
    let text_of_cells = text.replace("\n+ roses", "").replace("\n=1+1", "");
    for begin in [",", "\"", "\n"] {
        for formula in ["=", "+", "-", "@"] {
            assert!(!text_of_cells.contains(&format!("{begin}{formula}")), "{begin:?}{formula} in {text}");
        }
    }
    let refused = world.run(&export).await;
    assert!(refused.code == 1 && refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "and nothing was written");
    world.done(&[&export[..], &["--force"]].concat()).await;
    let left: Vec<_> = std::fs::read_dir(world.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".mychatflow")), "{left:?}");

    let told = world.done(&["--tenant", "Twin", "contact", "import", "people.csv"]).await.remove(0);
    assert_eq!((&told["rows"], &told["added"], &told["repaired"]), (&json!(6), &json!(6), &json!(0)), "{told:#}");
    let after = everybody(&world, "Twin").await;
    assert_eq!(after, before);
    let silent =
        |all: Vec<Value>| all.into_iter().map(|one| (one["address"].clone(), one["at"].clone())).collect::<Vec<_>>();
    assert_eq!(
        silent(world.done(&["--tenant", "Twin", "contact", "suppressions"]).await),
        silent(world.done(&["--tenant", &shop, "contact", "suppressions"]).await)
    );
    let again = world.done(&["--tenant", "Twin", "contact", "import", "people.csv"]).await.remove(0);
    assert_eq!((&again["imported"], &again["suppressed"]), (&json!(5), &json!(1)));
    assert_eq!(everybody(&world, "Twin").await, before);

    let vip = world.done(&["--tenant", &shop, "contact", "export", "--query", "tag:vip", "--format", "json"]).await;
    assert_eq!(vip.len(), 1);
    let wrong = world.run(&["--tenant", &shop, "contact", "export", "x.csv", "--query", "last_in:soon"]).await;
    assert!(wrong.code == 1 && !world.path().join("x.csv").exists(), "{}", wrong.stderr);
    let export = ["--tenant", &shop, "contact", "export"];
    let wrong = world.run(&[&export[..], &["out.xlsx"]].concat()).await;
    assert!(wrong.code == 1 && wrong.stderr.contains("--format csv or --format json"), "{}", wrong.stderr);
    world.done(&[&export[..], &["out.txt", "--format", "csv"]].concat()).await;
    assert!(world.path().join("out.txt").exists() && !world.path().join("out.xlsx").exists());
    let wrong = world.run(&[&export[..], &["nowhere/x.csv"]].concat()).await;
    assert_eq!(
        wrong.stderr.trim_end(),
        "mychatflow: nowhere/x.csv was not written: there is no directory nowhere; make it first, or name another one"
    );
    let rehearsed = world.done(&["--tenant", &shop, "contact", "import", "people.csv", "--dry-run"]).await.remove(0);
    assert_eq!(rehearsed["dry_run"], json!(true));
}

#[tokio::test]
async fn who_is_erased_is_asked_about_first_and_leaves_a_receipt() {
    let world = World::unpaired(Shop::on(Engine::Noweb)).await;
    world.done(&["contact", "add", "+447700900126", "--name", "Zarathustra"]).await;
    let refused = world.run(&["contact", "erase", "Zarathustra"]).await;
    for part in ["Zara", "zarathustr"] {
        let refused = world.run(&["contact", "erase", part, "--yes"]).await;
        assert!(refused.code == 1 && refused.stderr.contains("Zarathustra (+447700900126)"), "{}", refused.stderr);
    }
    assert!(refused.code == 1 && refused.stderr.contains("--yes"), "{}", refused.stderr);
    let receipt = world.done(&["contact", "erase", "Zarathustra", "--yes"]).await.remove(0);
    assert_eq!((&receipt["chats"], &receipt["messages"], &receipt["recipients"]), (&json!(0), &json!(0), &json!(0)));
    assert_eq!((&receipt["name"], &receipt["phone"]), (&json!("Zarathustra"), &json!("+447700900126")));
    assert!(world.done(&["contact", "list"]).await.is_empty());
    let listed = world.done(&["contact", "suppressions"]).await.remove(0);
    assert_eq!((&listed["address"], &listed["cause"]), (&json!(null), &json!("erased")));
    std::fs::write(world.path().join("again.csv"), "phone,name\n+447700900126,Zarathustra\n").unwrap();
    let told = world.done(&["contact", "import", "again.csv"]).await.remove(0);
    assert_eq!((&told["imported"], &told["suppressed"]), (&json!(0), &json!(1)));
    assert_eq!(told["dry_run"], json!(false));
    let gone = world.run(&["contact", "erase", "Zarathustra", "--yes"]).await;
    assert!(gone.code == 1 && gone.stderr.contains("nobody fits"), "{}", gone.stderr);
}

/// What a person reads who types this.
async fn read(world: &World, line: &[&str]) -> String {
    let ran = world.command(line).output().await.unwrap();
    assert!(ran.status.success(), "{line:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[tokio::test]
async fn words_for_people_say_what_is_true_of_a_person() {
    let world = World::unpaired(Shop::on(Engine::Noweb)).await;
    let zed = "+447700900126";
    let told = read(&world, &["contact", "add", zed, "--name", "Zed", "--tag", "vip"]).await;
    assert!(told.starts_with("Zed: new; vip ") && told.lines().count() == 1, "{told}");
    let told =
        read(&world, &["contact", "add", "+44 7700 900126", "--name", "Zoe", "--tag", "vip", "--tag", "kin"]).await;
    assert!(told.ends_with("\nthis person was known already: the name was Zed; new tags: kin\n"), "{told}");
    let told = read(&world, &["contact", "add", zed]).await;
    assert!(told.ends_with("\nthis person was known already: nothing changed\n"), "{told}");

    let told = read(&world, &["contact", "optout", "Zoe", "--back"]).await;
    assert_eq!(told, "Zoe had not opted out: nothing changed, they may be written to\n");
    assert_eq!(read(&world, &["contact", "optout", "Zoe"]).await, "Zoe is not written to any more\n");
    assert_eq!(read(&world, &["contact", "optout", "Zoe", "--back"]).await, "Zoe may be written to\n");
    world.done(&["contact", "optout", "Zoe"]).await;
    world.done(&["contact", "edit", "Zoe", "--consent", "refused"]).await;
    for done in ["has not opted out any more", "had not opted out"] {
        let told = read(&world, &["contact", "optout", "Zoe", "--back"]).await;
        let begins = format!("Zoe {done}, but consent is refused: campaigns still leave them out");
        assert!(told.starts_with(&begins), "{told}");
    }

    world.done(&["contact", "optout", "+447700900127"]).await;
    let told = read(&world, &["contact", "add", "+447700900127", "--name", "Yan"]).await;
    assert!(told.ends_with("\nthey asked not to be written to, and are left out of campaigns\n"), "{told}");

    assert_eq!(read(&world, &["contact", "list", "--query", "tag:nobody"]).await, "nobody fits\n");
    let receipt = read(&world, &["contact", "erase", zed, "--yes"]).await;
    assert!(receipt.starts_with("erased: Zoe (+447700900126), with 0 chats, 0 messages and 0 rows"), "{receipt}");
}

#[tokio::test]
async fn a_file_is_never_written_through_a_link_a_pipe_or_a_device() {
    let world = World::unpaired(Shop::on(Engine::Noweb)).await;
    world.done(&["contact", "add", "+447700900126", "--name", "Zed"]).await;
    world.done(&["quick-reply", "add", "hours", "8 to 18"]).await;
    let at = |name: &str| world.path().join(name);
    std::fs::write(at("letter.txt"), "somebody else's").unwrap();
    symlink("letter.txt", at("link.csv")).unwrap();
    // What stands for a device; the real one is named by a link, so that a mistake does not cost the machine its own.
    symlink("/dev/null", at("null.csv")).unwrap();
    let pipe = at("pipe.csv");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    std::fs::create_dir(at("folder.csv")).unwrap();
    let writers: [&[&str]; 4] = [
        &["contact", "export"],
        &["contact", "export", "--force"],
        &["quick-reply", "export"],
        &["quick-reply", "export", "--force"],
    ];
    for writer in writers {
        for (name, what) in
            [("link.csv", "a link"), ("null.csv", "a link"), ("pipe.csv", "a pipe"), ("folder.csv", "a directory")]
        {
            let line = [writer, &[name]].concat();
            let refused = tokio::time::timeout(DEADLINE, world.run(&line));
            let refused = refused.await.unwrap_or_else(|_| panic!("{writer:?} {name} waits for ever"));
            let words = format!("mychatflow: {name} is {what}, and is left alone: name a plain file, or - to print it");
            assert_eq!((refused.code, refused.stderr.trim_end()), (1, words.as_str()), "{writer:?}");
        }
    }
    assert_eq!(std::fs::read_to_string(at("letter.txt")).unwrap(), "somebody else's");
    assert!(at("link.csv").is_symlink() && at("null.csv").is_symlink());
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    let names = std::fs::read_dir(world.path()).unwrap().map(|file| file.unwrap().file_name());
    let left: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with(".mychatflow")).collect();
    assert!(left.is_empty(), "{left:?}");
}
