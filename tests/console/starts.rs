//! Terminals of every kind: light, without colours, without UTF-8, and those that can nothing.

use mychatflow_sandbox::waha::Engine;
use portable_pty::CommandBuilder;

use crate::command;
use crate::support::{PRICE, Shop, World};
use crate::terminal::Terminal;

/// Every screen once, and an answer.
async fn looked_through(world: &World, command: CommandBuilder) -> Terminal {
    let mut console = Terminal::run(command, 80, 24);
    console.until("live").await;
    console.until(" credits").await;
    for (key, words) in [
        ("1", "Dashboard"),
        ("3", "Campaigns"),
        ("4", "Numbers"),
        ("5", "Contacts"),
        ("6", "Quick replies"),
        ("7", "Credits"),
        ("8", "Queue"),
        ("9", "Settings"),
        ("2", "Chats"),
    ] {
        let header = |frame: &vt100::Screen| frame.rows(0, 80).next().is_some_and(|line| line.contains(words));
        console.keys(key).find(words, |frame| header(frame).then_some(())).await;
    }
    console.until("Ana").await;
    console.keys("<enter>").until(PRICE).await;
    console.keys("?").until("Keys: Chats").await;
    console.keys("<ctrl-c>");
    assert_eq!(console.ended().await, 0, "{}", world.log());
    assert!(console.modes_are_as_before());
    console
}

/// Every parameter of every SGR that colours something.
fn colours(console: &Terminal) -> Vec<String> {
    let text = String::from_utf8(console.raw()).unwrap();
    let sgr = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|char: char| !matches!(char, '0'..='9' | ';' | ':'))?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    let coloured = |sgr: &String| {
        let first = |number: &str| number.split(':').next().and_then(|number| number.parse::<u8>().ok());
        sgr.split(';').filter_map(first).any(|number| matches!(number, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107))
    };
    sgr.filter(coloured).collect()
}

#[tokio::test]
async fn all_of_them_start() {
    let world = crate::shop().await;
    world.ana_asks().await;
    world.answered_once(crate::support::DEADLINE).await;
    let with = |variables: &[(&str, &str)]| {
        let mut command = command(&world);
        for (name, value) in variables {
            command.env(name, value);
        }
        command
    };
    let dark = looked_through(&world, with(&[])).await;
    let light = looked_through(&world, with(&[("MYCHATFLOW_THEME", "light")])).await;
    assert!(!colours(&dark).is_empty() && !colours(&light).is_empty());
    assert_ne!(colours(&dark), colours(&light));
    let plain = looked_through(&world, with(&[("NO_COLOR", "1")])).await;
    assert_eq!(colours(&plain), Vec::<String>::new());
    let old = looked_through(&world, with(&[("TERM", "vt100")])).await;
    assert_eq!(colours(&old), Vec::<String>::new());
    let ascii = looked_through(&world, with(&[("MYCHATFLOW_ASCII", "1")])).await;
    // The euro sign is the customer's and the assistant's, not ours.
    let ours = |char: char| !char.is_ascii() && char != '€';
    let text = String::from_utf8(ascii.raw()).unwrap();
    assert_eq!(text.chars().filter(|char| ours(*char)).collect::<String>(), "");
}

#[tokio::test]
async fn only_a_pairing_code_has_colours_where_nobody_wants_any() {
    let world = World::unpaired(Shop::on(Engine::Noweb)).await;
    let mut command = command(&world);
    command.env("NO_COLOR", "1");
    let mut console = Terminal::run(command, 80, 24);
    console.until(" credits").await;
    console.keys("4").until("not paired").await;
    assert_eq!(colours(&console), Vec::<String>::new());
    console.keys("p").until("code 1 of 6").await;
    let mut all = colours(&console);
    all.sort();
    all.dedup();
    assert_eq!(
        all,
        ["38;5;16", "38;5;16;48;5;231"]
            .iter()
            .filter(|code| all.contains(&(**code).to_owned()))
            .map(|code| (*code).to_owned())
            .collect::<Vec<_>>()
    );
    assert!(!all.is_empty(), "a code is black on white whatever anybody says");
}
