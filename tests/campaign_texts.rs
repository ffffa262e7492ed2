//! A campaign with two texts and a picture, from the command line: tried on oneself, watched to its end, and copied.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use mychatflow_sandbox::waha::Engine;

use crate::support::{DEADLINE, Shop, World};

const UNLIMITED: &str = "[campaign]\ngap_s = [0, 0]\nper_hour = 0\nper_day = 0\nnew_people_per_day = 0\n";

#[tokio::test]
async fn two_texts_and_a_picture_are_tried_watched_and_copied() {
    let world = World::open(Shop { daemon: UNLIMITED, ..Shop::on(Engine::Noweb) }).await;
    let people: String = (0..40).map(|number| format!("+4477009{number:05},Person {number}\n")).collect();
    std::fs::write(world.path().join("people.csv"), format!("phone,name\n{people}")).unwrap();
    // Longer than one piece.
    let picture = [b"\x89PNG\r\n\x1a\n".to_vec(), vec![7; 900_000]].concat();
    std::fs::write(world.path().join("menu.png"), &picture).unwrap();
    std::fs::write(world.path().join("page.html"), "<html>").unwrap();

    let create = ["campaign", "create", "spring", "--text", "Hi {{ name }}", "--variant", "Hello {{ name }}"];
    let wrong = world.run(&[&create[..], &["--file", "people.csv", "--media", "page.html"]].concat()).await;
    assert!(wrong.code == 1 && wrong.stderr.contains("page.html"), "{}", wrong.stderr);
    assert!(world.done(&["campaign", "list"]).await.is_empty(), "nothing was made, and the name is free");
    let made = world.done(&[&create[..], &["--file", "people.csv", "--media", "menu.png"]].concat()).await.remove(0);
    assert_eq!((&made["variants"][1]["label"], &made["media"]["mime"]), (&"B".into(), &"image/png".into()), "{made:#}");
    let refused = world.run(&["campaign", "edit", "spring", "--media", "page.html"]).await;
    assert!(refused.stderr.contains("can't go with a campaign"), "{}", refused.stderr);
    let shown = world.done(&["campaign", "show", "spring"]).await.remove(0);
    assert_eq!(shown["media"]["bytes"], picture.len());

    let tested = world.done(&["campaign", "test", "spring", "--to", "+447700900001", "--variant", "b"]).await.remove(0);
    assert_eq!(tested["text"], "Hello Person 1");
    world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    world.done(&["campaign", "launch", "spring"]).await;
    let told = world.done(&["campaign", "watch", "spring"]).await;
    let last = told.last().unwrap();
    assert_eq!((&last["state"], &last["recipients"]), (&"completed".into(), &40.into()));
    assert_eq!(world.waha.sent_count(), 41);
    let posted: Vec<_> = world.waha.requests().into_iter().filter(|asked| asked.path == "/api/sendImage").collect();
    assert_eq!(posted.len(), 41);

    let output = world.command(&["campaign", "show", "spring"]).output().await.unwrap();
    let people = String::from_utf8(output.stdout).unwrap();
    assert!(people.contains("by replies: too few to tell") && people.contains("menu.png"), "{people}");
    let fact =
        |name: &str| people.lines().filter_map(|line| line.strip_prefix(name)).map(str::trim).collect::<Vec<_>>();
    assert_eq!(
        (fact("number "), fact("for "), fact("audience ")),
        (vec!["shop"], vec![], vec!["people.csv"]),
        "{people}"
    );
    let second = world.done(&["campaign", "report", "spring", "--variant", "B"]).await;
    assert!(!second.is_empty() && second.iter().all(|line| line["variant"] == "B"));
    let copy = world.done(&["campaign", "clone", "spring", "summer", "--for", "no_reply"]).await.remove(0);
    assert_eq!(
        (&copy["state"], &copy["counts"]["queued"], &copy["media"]),
        (&"draft".into(), &40.into(), &made["media"])
    );
    let without = world.done(&["campaign", "edit", "summer", "--no-media", "--no-variants"]).await.remove(0);
    assert_eq!((&without["media"], without["variants"].as_array().unwrap().len()), (&serde_json::Value::Null, 0));
    let read = async |line: &[&str]| {
        let output = world.command(line).output().await.unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    assert_eq!(read(&["campaign", "remove", "summer"]).await, "summer is gone; nothing of it was ever sent\n");
    assert_eq!(read(&["campaign", "remove", "spring"]).await, "spring is gone; its messages stay in their chats\n");
    let made = read(&["campaign", "create", "late summer", "--text", "Hi", "--to", "+447700900001"]).await;
    assert!(made.starts_with("late summer is a draft for 1 person\n"), "{made}");
    assert!(made.ends_with("then: mychatflow campaign launch 'late summer'\n"), "{made}");
    let paused = read(&["campaign", "pause", "late summer"]).await;
    assert!(paused.contains("late summer is a draft: "), "{paused}");
}
