//! A window that somebody drags about.

use crate::hostile::framed;
use crate::support::DEADLINE;
use crate::talk;

const SIZES: usize = 60;

#[tokio::test]
async fn a_storm_of_sizes_while_messages_come() {
    let (world, mut console) = talk(80, 24).await;
    // The customer alone speaks.
    world.at_rest().await;
    world.done(&["chat", "pause", &world.ana.phone]).await;
    console.keys("iwhile it storms").until("while it storms").await;
    // The same storm every time.
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |from: u16, to: u16| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        from + u16::try_from(seed % u64::from(to - from + 1)).unwrap()
    };
    for storm in 0..SIZES {
        console.resize(random(20, 200), random(5, 60));
        console.keys("!");
        if storm % 3 == 0 {
            world.ana_says(&format!("gust number {storm}")).await;
        }
        if storm % 10 == 0 {
            // One that is drawn in full before the next comes.
            console.find("any frame", |frame| (!frame.contents().trim().is_empty()).then_some(())).await;
        }
    }
    console.resize(20, 5).find("any frame", |frame| (!frame.contents().trim().is_empty()).then_some(())).await;
    // A key that comes together with a size must not hide it.
    console.resize(120, 40);
    console.keys("!");
    console.find("the last frame", |frame| framed(frame).then_some(())).await;
    console.until("storms!!").await;
    world
        .until("every gust", DEADLINE, async || {
            let lines = world.done(&["chat", "show", &world.ana.phone]).await;
            let gusts = lines.iter().filter(|line| line["text"].as_str().is_some_and(|text| text.starts_with("gust")));
            (gusts.count() == SIZES / 3).then_some(())
        })
        .await;
    world.ana_says("the calm after").await;
    console.until("the calm after").await;
    world.at_rest().await;
    console.keys("<esc>").until("enter write").await;
    // What piece by piece came onto the screen is what one piece would have brought.
    let pieces = below_the_clock(&console.frame());
    console.keys("<ctrl-l>?").until("Keys: Chats").await;
    console.keys("<esc>").gone("Keys: Chats").await;
    assert_eq!(below_the_clock(&console.frame()), pieces);
    assert!(framed(&console.frame()), "{}", console.text());
    console.keys("q");
    assert_eq!(console.ended().await, 0, "{}", console.text());
    assert!(!String::from_utf8_lossy(&console.raw()).contains("panicked"));
}

fn below_the_clock(frame: &vt100::Screen) -> String {
    frame.rows(0, frame.size().1.get()).skip(1).collect::<Vec<_>>().join("\n")
}
