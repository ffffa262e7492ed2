//! The terminal goes away under the console: it ends at once, and what was written is kept.

use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::fs::{Mode, OFlags, open};
use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
use tokio::time::timeout;

use crate::support::{DEADLINE, World};
use crate::{command, talk};

/// Opens the chat of Ana in a terminal of its own, writes these words, and closes the terminal as soon as they are shown.
async fn written_in_a_terminal_that_closes(command: CommandBuilder, words: &'static str) {
    let story = move || {
        let pty = native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
        let name = pty.master.tty_name().unwrap();
        let tty = open(&name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        let mut child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut output = pty.master.try_clone_reader().unwrap();
        let mut keyboard = pty.master.take_writer().unwrap();
        let mut screen = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
        let mut bytes = vec![0; 64 * 1024];
        for (shown, keys) in [(" credits", "2"), ("inbox", "\r"), ("r write", "i"), ("enter send", words)] {
            while !screen.screen().contents().contains(shown) {
                let count = output.read(&mut bytes).unwrap();
                screen.process(&bytes[..count]);
            }
            keyboard.write_all(keys.as_bytes()).unwrap();
        }
        while !screen.screen().contents().contains(words) {
            let count = output.read(&mut bytes).unwrap();
            screen.process(&bytes[..count]);
        }
        // The library's keyboard would press Ctrl-J and the end-of-file key before it goes; a window that is closed
        // presses nothing. Where there is no such key it does not.
        let mut modes = tcgetattr(&tty).unwrap();
        modes.special_codes[SpecialCodeIndex::VEOF] = 0;
        tcsetattr(&tty, OptionalActions::Now, &modes).unwrap();
        drop(tty);
        drop((output, keyboard, pty.master));
        child.wait().unwrap();
    };
    timeout(DEADLINE, tokio::task::spawn_blocking(story)).await.expect("it goes on").unwrap();
}

async fn kept(world: &World, words: &str) {
    world
        .until("the words as a draft", DEADLINE, async || {
            let draft = world.done(&["chat", "draft", &world.ana.phone]).await;
            (draft[0]["text"].as_str()? == words).then_some(())
        })
        .await;
}

#[tokio::test]
async fn with_a_signal_that_says_so() {
    let (world, mut console) = talk(80, 24).await;
    console.keys("<esc>").until("enter open").await;
    console.keys("q");
    assert_eq!(console.ended().await, 0);
    let mut command = command(&world);
    command.env("TERM", "xterm-256color");
    written_in_a_terminal_that_closes(command, "half a sentence").await;
    kept(&world, "half a sentence").await;
}

#[tokio::test]
async fn without_any_signal_and_takes_no_processor() {
    if !Path::new("/usr/bin/setsid").exists() {
        eprintln!("skipped: there is no setsid here");
        return;
    }
    let (world, mut console) = talk(80, 24).await;
    console.keys("<esc>").until("enter open").await;
    console.keys("q");
    assert_eq!(console.ended().await, 0);
    // In a session of its own it hears nothing of the terminal's end: only reading tells.
    let mut command = command(&world);
    let noted = world.path().join("console.pid");
    *command.get_argv_mut() =
        ["setsid", "--wait", "sh", "-c", "echo $$ > \"$NOTED\"; exec \"$PROGRAM\""].map(Into::into).to_vec();
    command.env("NOTED", &noted);
    command.env("PROGRAM", env!("CARGO_BIN_EXE_mychatflow"));
    command.env("TERM", "xterm-256color");
    written_in_a_terminal_that_closes(command, "nobody said a word").await;
    kept(&world, "nobody said a word").await;
    let process: u32 = std::fs::read_to_string(noted).unwrap().trim().parse().unwrap();
    world.until("its end", Duration::from_secs(5), async || has_ended(process).then_some(())).await;
}

/// Is it gone? Where nobody asks how it ended, as in a container whose first process waits for none, its entry stays.
fn has_ended(process: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { return true };
    // Its name stands in brackets, and may have any characters.
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
}
