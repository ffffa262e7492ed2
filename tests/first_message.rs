//! A first message to somebody who never wrote: asked about at a terminal, given as a flag in scripts, looked up at WhatsApp.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;
#[path = "support/terminal.rs"]
mod terminal;

use mychatflow_sandbox::waha::Engine;
use portable_pty::CommandBuilder;

use crate::support::{DEADLINE, NUMBER, Shop, World};
use crate::terminal::Terminal;

const STRANGER: &str = "+447700900555";

fn at_terminal(world: &World, line: &[&str]) -> Terminal {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mychatflow"));
    command.args(line);
    command.env_clear();
    command.env("HOME", world.path());
    command.env("LANG", "C.UTF-8");
    command.env("MYCHATFLOW_CONFIG", world.config());
    command.env("MYCHATFLOW_GRAPHICS", "off");
    command.cwd(world.path());
    Terminal::run(command, 120, 36)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_asked_and_a_script_says_yes_beforehand() {
    let world = World::open(Shop::on(Engine::Noweb)).await;
    let line = ["chat", "send", STRANGER, "We have your cake.", "--wait", "20s"];
    // No, and just Enter, send nothing.
    for answer in ["n\r", "\r"] {
        let mut at = at_terminal(&world, &line);
        at.until("first message to somebody who never wrote").await;
        at.until("Send it to ").await;
        assert!(!at.text().contains("--yes"), "a person types no flag: {}", at.text());
        at.types(answer);
        assert_eq!(at.end().await.0, 1);
    }
    assert!(world.waha.sent().is_empty());
    let refused = world.run(&line).await;
    assert!(refused.code == 1 && refused.stderr.contains("--yes"), "{refused:?}");
    assert_eq!(world.done(&["chat", "list"]).await.len(), 0);
    let mut at = at_terminal(&world, &line);
    at.until("Send it to ").await;
    at.types("y\r");
    assert_eq!(at.end().await.0, 0);
    let sent = world.waha.wait_for_sent(1, DEADLINE).await.unwrap();
    assert_eq!((sent[0].text.as_str(), sent.len()), ("We have your cake.", 1));
    // The next one starts nothing, and so is not asked about.
    assert_eq!(world.done(&["chat", "send", STRANGER, "It is ready."]).await.len(), 1);
    let other = world.done(&["chat", "send", "+447700900556", "Hello", "--yes", "--instance", NUMBER]).await;
    assert_eq!(other[0]["state"], "queued", "{other:?}");
    world.waha.wait_for_sent(3, DEADLINE).await.unwrap();
    // Both count as new people of today.
    let refused = world.run(&["chat", "send", "+447700900557", "Hello"]).await;
    assert!(refused.stderr.contains("8 more are careful today"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_on_whatsapp_is_not_asked_about() {
    let world = World::open(Shop::on(Engine::Noweb)).await;
    world.waha.not_on_whatsapp(NUMBER, STRANGER).await.unwrap();
    for line in [&["chat", "send", STRANGER, "Hello"][..], &["chat", "send", STRANGER, "Hello", "--yes"]] {
        let refused = world.run(line).await;
        assert!(refused.code == 1 && refused.stderr.contains("is not on WhatsApp"), "{refused:?}");
    }
    assert_eq!(world.done(&["chat", "list"]).await.len(), 0);
    assert!(world.waha.sent().is_empty());
}
