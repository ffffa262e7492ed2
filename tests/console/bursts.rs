//! Keys that come all at once, as over a slow line, mean what they mean one by one.

use mychatflow_sandbox::waha::Customer;

use crate::support::{DEADLINE, NUMBER};
use crate::{console, shop};

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
