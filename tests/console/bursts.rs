//! Keys that come all at once, as over a slow line, mean what they mean one by one.

use mychatflow_sandbox::waha::Customer;

use crate::support::{DEADLINE, NUMBER};
use crate::{console, shop, talk};

#[tokio::test]
async fn a_text_typed_in_one_burst_reaches_the_person_on_the_screen() {
    for (columns, rows) in [(120, 40), (80, 24)] {
        let world = shop().await;
        let ben = Customer::new("+44 7700 900201", "Ben");
        world.done(&["settings", "set", "assistant.mode", "off"]).await;
        world.ana_says("is anybody there?").await;
        world.waha.customer_says(NUMBER, &ben, "hello from Ben").await.unwrap();
        let mut console = console(&world, columns, rows).await;
        console.keys("2").until("Ana").await;
        console.until("Ben").await;
        // Whoever waits longest is on top, and open or highlighted. The next one is meant.
        console.keys("jithis is for the second<enter>").until("this is for the second").await;
        let shown = console.find("who it goes to", |frame| {
            let text = frame.contents();
            ["Ana", "Ben"].into_iter().find(|name| text.contains(&format!(" to {name} ")))
        });
        let shown = shown.await;
        world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
        let reached =
            |chat: &str| -> Vec<String> { world.waha.sent_to(chat).into_iter().map(|sent| sent.text).collect() };
        let (ana, ben) = (reached(&world.ana.chat_id()), reached(&ben.chat_id()));
        let (theirs, others) = if shown == "Ana" { (ana, ben) } else { (ben, ana) };
        assert_eq!(theirs, ["this is for the second"], "{}", console.text());
        assert!(others.is_empty(), "{others:?} {}", console.text());
    }
}

#[tokio::test]
async fn pasted_lines_are_one_message_where_the_terminal_does_not_mark_them() {
    let (world, mut console) = talk(120, 40).await;
    console.keys("i").until("enter send").await;
    console.types("line one\rline two\r\rline four\r").until("line four").await;
    assert_eq!(world.reached_ana().len(), 1, "nothing is sent before somebody says so: {}", console.text());
    console.keys("<esc>").until("r write").await;
    console.keys("i").until("enter send").await;
    console.keys("<enter>").until("you · ✓◉").await;
    let texts: Vec<String> = world.reached_ana().into_iter().skip(1).map(|sent| sent.text).collect();
    assert_eq!(texts, ["line one\nline two\n\nline four"]);

    // As over a serial line, one character after the other.
    for char in "five\r\nsix".chars() {
        console.types(&char.to_string());
    }
    console.until("six").await;
    console.keys("<esc>").until("r write").await;
    console.keys("i").until("enter send").await;
    console.keys("<enter>");
    world.waha.wait_for_sent(3, DEADLINE).await.unwrap();
    let texts: Vec<String> = world.reached_ana().into_iter().skip(2).map(|sent| sent.text).collect();
    assert_eq!(texts, ["five\nsix"]);
}

#[tokio::test]
async fn lines_pasted_into_a_form_stay_in_it() {
    let world = shop().await;
    let mut console = console(&world, 120, 40).await;
    console.keys("5").until("filter").await;
    console.keys("a").until("enter done").await;
    console.types("Ana\r8D").until("Ana 8D").await;
    assert!(console.line(0).contains("Contacts"), "no digit led elsewhere: {}", console.text());
}

#[tokio::test]
async fn a_long_paste_is_there_at_once_and_whole() {
    let (world, mut console) = talk(80, 24).await;
    let words = |from: u32| (from..from + 1_500).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
    console.keys("i").until("enter send").await;
    console.paste(&words(10_000)).until("w11499").await;
    // Without marks too: no key is needed to bring the rest.
    console.types(&format!(" {}", words(20_000))).until("w21499").await;
    console.keys("<esc>").until("r write").await;
    world
        .until("the whole draft", DEADLINE, async || {
            let draft = world.done(&["chat", "draft", &world.ana.phone]).await;
            (draft[0]["text"] == format!("{} {}", words(10_000), words(20_000))).then_some(())
        })
        .await;
}
