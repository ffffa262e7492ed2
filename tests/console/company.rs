//! Two consoles at once, and one after the other: what is known in one place is known in the other.

use crate::support::{DEADLINE, PRICE};
use crate::{console, talk};

#[tokio::test]
async fn what_is_sent_in_one_is_seen_in_the_other() {
    let (world, mut one) = talk(120, 40).await;
    let mut other = console(&world, 80, 24).await;
    other.keys("2").until("Ana").await;
    other.keys("<enter>").until(PRICE).await;
    one.keys("ifrom the counter<enter>").until("you · ✓◉").await;
    other.until("from the counter").await;
    other.until("you · ✓◉").await;
    other.keys("ifrom the office<enter>").until("from the office").await;
    one.until("from the office").await;
    world.waha.wait_for_sent(3, DEADLINE).await.unwrap();
    let texts: Vec<String> = world.reached_ana().into_iter().skip(1).map(|sent| sent.text).collect();
    assert_eq!(texts, ["from the counter", "from the office"]);
}

#[tokio::test]
async fn what_is_read_in_one_is_read_in_the_other() {
    let (world, mut one) = talk(120, 40).await;
    one.keys("<esc>").until("enter open").await;
    let other = console(&world, 120, 40).await;
    world.ana_says("one more thing").await;
    one.until("●1").await;
    other.until("●1").await;
    one.keys("<enter>").gone("●1").await;
    other.gone("●1").await;
    let chat = world.done(&["chat", "list"]).await.remove(0);
    assert_eq!(chat["unread"], 0, "{chat:#}");
}

#[tokio::test]
async fn what_was_begun_is_there_next_time() {
    let (world, mut console) = talk(80, 24).await;
    console.keys("ibegun,<alt-enter>not ended").until("not ended").await;
    // From the composer to the list: there q is a key and no letter.
    console.keys("<esc>").until("r write").await;
    console.keys("q");
    assert_eq!(console.ended().await, 0);
    let mut console = self::console(&world, 80, 24).await;
    console.keys("2").until("Ana").await;
    console.keys("<enter>").until("not ended").await;
    assert!(console.text().contains("begun,"), "{}", console.text());
    let draft = world.done(&["chat", "draft", &world.ana.phone]).await.remove(0);
    assert_eq!(draft["text"], "begun,\nnot ended");
    assert_eq!(world.reached_ana().len(), 1, "nothing is sent");
}
