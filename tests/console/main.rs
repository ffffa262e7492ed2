//! The console as a person meets it: the real program in a real terminal, the real daemon behind it, and a made-up
//! WAHA and Gemini behind that.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod bursts;
mod company;
mod daemon_away;
mod day;
mod ends;
mod exports;
mod hostile;
#[allow(dead_code, reason = "the screens' tests need more of it")]
#[path = "../../tui/tests/photo/mod.rs"]
mod photo;
mod sizes;
mod starts;
#[path = "../support/mod.rs"]
mod support;
mod suspends;
#[path = "../support/terminal.rs"]
mod terminal;
mod terminals;
mod vanishes;

use mychatflow_sandbox::waha::Engine;
use portable_pty::CommandBuilder;

use crate::support::{Shop, World};
use crate::terminal::Terminal;

/// The console's command in this world, as a login shell on a common terminal would run it.
fn command(world: &World) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mychatflow"));
    command.env_clear();
    command.cwd(world.path());
    for (name, value) in [
        ("HOME", world.path().as_os_str()),
        ("MYCHATFLOW_CONFIG", world.config().as_os_str()),
        ("PATH", "/usr/bin:/bin".as_ref()),
        ("LANG", "C.UTF-8".as_ref()),
        ("COLORTERM", "truecolor".as_ref()),
        // The terminal of the tests answers no questions; to wait for an answer is for other tests.
        ("MYCHATFLOW_GRAPHICS", "off".as_ref()),
    ] {
        command.env(name, value);
    }
    command
}

/// The console, once it has read its first screen.
async fn console(world: &World, columns: u16, rows: u16) -> Terminal {
    let terminal = Terminal::run(command(world), columns, rows);
    terminal.until("● live").await;
    // From now on it knows the business, and every key does something.
    terminal.until(" credits").await;
    assert!(!terminal.modes_are_as_before(), "it reads keys by itself");
    terminal
}

/// A shop whose number works.
async fn shop() -> World {
    World::open(Shop::on(Engine::Noweb)).await
}

/// A shop with a console on the chat of Ana, who was answered once.
async fn talk(columns: u16, rows: u16) -> (World, Terminal) {
    let world = shop().await;
    let mut console = console(&world, columns, rows).await;
    console.keys("2").until("inbox").await;
    world.ana_asks().await;
    // The list shows how an answer begins: before the first one it is said that a machine writes.
    console.until("AI: ").await;
    console.keys("<enter>").until("r write").await;
    console.until(support::PRICE).await;
    (world, console)
}
