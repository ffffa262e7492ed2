//! A day at the shop, from the pairing of its number to the evening's accounts.

use mychatflow_sandbox::waha::Engine;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use crate::photo::{CELLS, photo, scanned};
use crate::support::{DEADLINE, NUMBER, PRICE, QUESTION, Shop, World};
use crate::terminal::Terminal;
use crate::{console, talk};

const UNLIMITED: &str = "[campaign]\ngap_s = [0, 0]\nper_hour = 0\nper_day = 0\nnew_people_per_day = 0\n";

/// What the cells of a terminal show, for a camera.
fn cells(frame: &vt100::Screen) -> Buffer {
    let (rows, columns) = frame.size();
    let mut cells = Buffer::empty(Rect::new(0, 0, columns.get(), rows.get()));
    let colour = |colour| match colour {
        vt100::Color::Idx(index) => Color::Indexed(index),
        _ => Color::Reset,
    };
    for (column, row) in (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (column, row))) {
        let Some(shown) = frame.cell(row, column) else { continue };
        let cell = &mut cells[(column, row)];
        cell.set_symbol(if shown.has_contents() { shown.contents() } else { " " });
        cell.set_fg(colour(shown.fgcolor())).set_bg(colour(shown.bgcolor()));
    }
    cells
}

/// Waits until a phone could read the code that WAHA shows now off the screen.
async fn readable(world: &World, console: &Terminal) {
    let read = |frame: &vt100::Screen| {
        let cells = cells(frame);
        scanned(&photo(&cells, CELLS[0], 0))
            .filter(|text| Some(text) == scanned(&photo(&cells, CELLS[1], 255)).as_ref())
    };
    let text = console.find("a code that can be read", read).await;
    let url = format!("{}/api/{NUMBER}/auth/qr?format=raw", world.waha.url());
    let answer = mychatflow_daemon::http_client::builder()
        .build()
        .unwrap()
        .get(url)
        .header("X-Api-Key", world.waha.api_key())
        .send()
        .await
        .unwrap();
    let shown: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(shown["value"], text.as_str());
}

#[tokio::test]
async fn a_number_is_paired_off_the_screen() {
    let world = World::unpaired(Shop::on(Engine::Noweb)).await;
    let mut console = console(&world, 120, 40).await;
    console.keys("4").until("not paired").await;
    console.keys("p").until("code 1 of 6").await;
    assert!(console.text().contains("▀▀"), "{}", console.text());
    readable(&world, &console).await;
    console.resize(80, 24).until("\u{1fb02}").await;
    console.until("code 1 of 6").await;
    readable(&world, &console).await;
    world.waha.scan_qr(NUMBER).await.unwrap();
    console.until("✓ Paired with +447700900500").await;
    console.keys("<esc>").until("● healthy").await;
    console.keys("2").until("inbox").await;
    world.ana_asks().await;
    console.until("AI: ").await;
    console.keys("<enter>").until(PRICE).await;
}

#[tokio::test]
async fn a_customer_is_answered_and_a_human_takes_over() {
    let (world, mut console) = talk(120, 40).await;
    console.until("assistant: auto").await;
    console.until(QUESTION).await;
    console.keys("iMarta here,<alt-enter>see you!").until("see you!").await;
    console.keys("<enter>").until("you · ✓◉").await;
    let reached = world.reached_ana();
    let texts: Vec<_> = reached.iter().map(|sent| (sent.text.as_str(), sent.posts)).collect();
    assert_eq!(texts[1..], [("Marta here,\nsee you!", 1)]);

    console.until("assistant: silent for").await;
    for number in 1..=30 {
        let thought = format!("thought number {number}");
        world.ana_says(&thought).await;
        console.until(&thought).await;
    }
    assert!(!console.text().contains(QUESTION), "{}", console.text());
    assert_eq!(world.model_calls(), 1, "the assistant is silent");
    console.keys("<esc>").until("r write").await;
    console.keys("p").gone("assistant: silent").await;
    console.until("assistant: auto").await;

    console.keys("<ctrl-f>").until("Search this chat").await;
    console.keys("sourdough").until(QUESTION).await;
    console.keys("<enter>").gone("Search this chat").await;
    console.until(QUESTION).await;
    console.until(PRICE).await;
    console.gone("thought number 30").await;
}

#[tokio::test]
async fn a_campaign_and_the_evenings_accounts() {
    let world = World::open(Shop { daemon: UNLIMITED, ..Shop::on(Engine::Noweb) }).await;
    world.ana_asks().await;
    world.answered_once(DEADLINE).await;
    for (phone, name) in [("+447700900201", "Ben"), ("+447700900202", "Cleo")] {
        world.done(&["contact", "add", phone, "--name", name]).await;
    }
    let mut console = console(&world, 120, 40).await;
    console.keys("3").until("campaigns").await;
    console.keys("a").until("New campaign").await;
    console.keys("winter<enter>").until("everybody you know").await;
    console.keys("<enter>").until("[3 Text]").await;
    console.keys("Hi {{ name }}, we open early").until("Hi Cleo, we open early").await;
    console.keys("<enter>").until("[4 Variants]").await;
    console.keys("<enter>").until("[5 Plan]").await;
    console.keys("<enter>").until("3 people of 3 on the list").await;
    console.keys("L").until("Launch winter?").await;
    console.keys("y").until("✓ completed").await;
    console.until("3 sent").await;
    for (chat, name) in [
        (world.ana.chat_id(), "Ana"),
        ("447700900201@c.us".to_owned(), "Ben"),
        ("447700900202@c.us".to_owned(), "Cleo"),
    ] {
        let reached = world.waha.sent_to(&chat);
        let wanted = format!("Hi {name}, we open early");
        let got: Vec<_> = reached.iter().filter(|sent| sent.text == wanted && sent.posts == 1).collect();
        assert_eq!(got.len(), 1, "{name}: {reached:#?}");
    }
    let balance = world.credits().await["balance"].as_i64().unwrap();
    assert_eq!(balance, 399, "a campaign costs no answers");
    console.keys("7").until("Credits").await;
    console.until("399 of 400").await;
    // The next look at a new number's people may stand there; nothing that was to be sent does.
    console.keys("8").until("dead letters").await;
    console.gone("send message").await;
    console.keys("9").until("reply.countdown_s").await;
    console.keys("/countdown_s<enter>").until("seconds you have").await;
    console.keys("e").until("Seconds").await;
    console.keys("<ctrl-u>").keys("17<enter>").until("17 s").await;
    let settings = world.done(&["settings", "show"]).await;
    let stored = settings.iter().find(|line| line["key"] == "reply.countdown_s").unwrap();
    assert_eq!(stored["value"], "17", "{stored:#}");
}
