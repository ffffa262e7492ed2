//! The console as a job of a shell: stopped, and let go on.

use rustix::process::Signal;

use crate::hostile::framed;
use crate::terminal::Terminal;
use crate::{command, shop};

/// A shell with the console's own surroundings, whose prompt is `ready>`.
fn shell(world: &crate::World) -> Terminal {
    let mut command = command(world);
    *command.get_argv_mut() = ["/bin/sh", "-i"].map(Into::into).to_vec();
    for (name, value) in [("PS1", "ready>"), ("ENV", ""), ("PROGRAM", env!("CARGO_BIN_EXE_mychatflow"))] {
        command.env(name, value);
    }
    Terminal::run(command, 80, 24)
}

/// Waits until the shell has said so many times that it is ready. An older prompt shows as soon as the console's picture
/// goes: only a new one says that the shell has the terminal.
async fn ready(shell: &Terminal, times: usize) {
    let prompts = |frame: &vt100::Screen| frame.contents().matches("ready>").count();
    shell
        .find("the shell's prompt", |frame| (!frame.alternate_screen() && prompts(frame) == times).then_some(()))
        .await;
    assert!(shell.modes_are_as_before(), "stty shows something else than before");
}

#[tokio::test]
async fn by_a_key_and_comes_back_clean() {
    let world = shop().await;
    let mut shell = shell(&world);
    ready(&shell, 1).await;
    shell.types("\"$PROGRAM\"\r").until(" credits").await;
    for (times, (columns, rows)) in [(2, (80, 24)), (4, (120, 40))] {
        shell.keys("2").until("inbox").await;
        shell.keys("<ctrl-z>");
        ready(&shell, times).await;
        let frame = shell.frame();
        assert!(!frame.hide_cursor() && !frame.bracketed_paste(), "{}", shell.text());
        assert_eq!(frame.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        shell.types("echo still a $0\r").until("still a /bin/sh").await;
        ready(&shell, times + 1).await;
        shell.resize(columns, rows);
        shell.types("fg\r").until(" credits").await;
        // What the terminal kept of the other screen shows at once: the console is back when it has the keyboard too.
        let back = |frame: &vt100::Screen| framed(frame) && frame.alternate_screen() && !shell.modes_are_as_before();
        shell.find("a whole frame, and the keyboard", |frame| back(frame).then_some(())).await;
        shell
            .keys("1")
            .find("the dashboard", |frame| frame.rows(0, 80).next()?.contains("Dashboard").then_some(()))
            .await;
    }
    shell.keys("q");
    ready(&shell, 6).await;
    shell.types("echo st''ty\r").until("stty").await;
    ready(&shell, 7).await;
    shell.types("exit\r");
    assert_eq!(shell.ended().await, 0);
}

#[tokio::test]
async fn not_where_no_shell_could_let_it_go_on() {
    let world = shop().await;
    let mut console = crate::console(&world, 80, 24).await;
    console.keys("<ctrl-z>").until("no shell here to go back to").await;
    console.keys("2").until("inbox").await;
    console.signal(Signal::TSTP);
    console
        .keys("5")
        .find("another screen", |frame| frame.rows(0, 80).next()?.contains("Contacts").then_some(()))
        .await;
    // Stopped by somebody who asked nobody: when it goes on, everything is drawn anew.
    console.signal(Signal::STOP);
    console.signal(Signal::CONT);
    console.keys("2").until("inbox").await;
    console.keys("q");
    assert_eq!(console.ended().await, 0);
    assert!(console.modes_are_as_before());
}
