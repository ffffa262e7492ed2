//! Real terminals and what stands in for them: opened, used, and left as they were.

use std::path::Path;

use mychatflow_sandbox::waha::Engine;
use portable_pty::CommandBuilder;

use crate::command;
use crate::support::{PRICE, Shop, World};
use crate::terminal::Terminal;

/// A shop where Ana was answered.
async fn answered() -> World {
    let world = crate::shop().await;
    world.ana_asks().await;
    world.answered_once(crate::support::DEADLINE).await;
    world
}

/// Reads a chat, sends a message, and leaves.
async fn used(world: &World, command: CommandBuilder, words: &str) -> Terminal {
    let sent = world.reached_ana().len();
    let mut console = Terminal::run(command, 80, 24);
    console.until(" credits").await;
    console.keys("2").until("Ana").await;
    console.keys("<enter>").until(PRICE).await;
    console.keys("i").until("enter send").await;
    console.keys(words).until(words).await;
    console.keys("<enter>");
    if world.waha.wait_for_sent(sent + 1, crate::support::DEADLINE).await.is_err() {
        panic!("{words} was not sent:\n{}", console.text());
    }
    let ticked = |frame: &vt100::Screen| {
        // Above it may stand what was written before, with ticks of its own.
        let text = frame.contents();
        let (_, below) = text.rsplit_once(words)?;
        ["you · ✓", "you - V"].iter().any(|tick| below.contains(tick)).then_some(())
    };
    console.find("a tick on what was written", ticked).await;
    console.keys("<ctrl-c>");
    assert_eq!(console.ended().await, 0, "{words}: {}", console.text());
    crate::ends::nothing_is_left_behind(&console);
    assert_eq!(world.reached_ana().last().unwrap().text, words);
    console
}

#[tokio::test]
async fn by_their_names() {
    let world = answered().await;
    for term in ["linux", "xterm", "xterm-kitty", "vt100", "vt220", "screen.xterm-256color"] {
        let mut command = command(&world);
        command.env("TERM", term);
        used(&world, command, &format!("written on {term}")).await;
    }
}

#[tokio::test]
async fn one_that_can_not_move_its_cursor_is_told_plainly() {
    let world = answered().await;
    world.done(&["settings", "set", "assistant.mode", "off"]).await;
    world.ana_says("is anybody there?").await;
    world
        .until("a chat that needs somebody", crate::support::DEADLINE, async || {
            (world.done(&["chat", "list", "--state", "needs_you"]).await.len() == 1).then_some(())
        })
        .await;
    let without = "-u TERM";
    for term in ["dumb", "unknown", "", without] {
        let mut command = command(&world);
        command.env("TERM", term);
        if term == without {
            let program = env!("CARGO_BIN_EXE_mychatflow");
            *command.get_argv_mut() = ["env", "-u", "TERM", program].map(Into::into).to_vec();
        }
        let mut terminal = Terminal::run(command, 80, 24);
        let (code, told) = terminal.end().await;
        assert_eq!(code, 0, "{told}");
        crate::ends::nothing_is_left_behind(&terminal);
        assert!(!told.contains('\x1b'), "nothing but text and line ends: {told:?}");
        for words in ["1 need you", "Ana", "mychatflow chat show", "TERM=xterm"] {
            assert!(told.replace("\r\n", " ").contains(words), "{words}: {told}");
        }
    }
}

#[tokio::test]
async fn one_of_another_encoding_gets_nothing_but_ascii() {
    let world = answered().await;
    world.ana_says("Grüße “von” mir, 字 ❤️").await;
    let places: [&[(&str, &str)]; 2] =
        [&[("LANG", "de_DE.ISO-8859-1")], &[("LC_CTYPE", "en_US.ISO-8859-15"), ("LANG", "en_US.UTF-8")]];
    for (at, places) in places.into_iter().enumerate() {
        let mut command = command(&world);
        places.iter().for_each(|(name, value)| command.env(name, value));
        let console = used(&world, command, &format!("ganz einfach {at}")).await;
        let text = console.raw();
        assert!(text.is_ascii(), "{places:?}: {:?}", text.iter().find(|byte| !byte.is_ascii()));
        assert!(String::from_utf8(text).unwrap().contains("\"von\""), "{places:?}");
    }
}

#[tokio::test]
async fn one_of_a_locale_that_says_nothing_gets_our_signs_in_ascii_and_words_as_they_are() {
    let world = answered().await;
    world.ana_says("Grüße “von” mir").await;
    let places: [&[(&str, &str)]; 3] = [&[("LANG", "C")], &[("LC_ALL", "POSIX")], &[("LANG", "")]];
    for (at, places) in places.into_iter().enumerate() {
        let mut command = command(&world);
        places.iter().for_each(|(name, value)| command.env(name, value));
        let console = used(&world, command, &format!("ganz einfach {at}")).await;
        let text = String::from_utf8(console.raw()).unwrap();
        assert!(text.contains("Grüße “von” mir"), "{places:?}");
        let ours = text.chars().find(|char| !char.is_ascii() && !"üß€“”„…·–’".contains(*char));
        assert_eq!(ours, None, "{places:?}");
    }
}

#[tokio::test]
async fn only_one_that_may_have_graphics_is_asked_for_them() {
    let world = World::unpaired(Shop::on(Engine::Noweb)).await;
    for (term, asked) in [("linux", false), ("vt100", true), ("xterm-kitty", true)] {
        let mut command = command(&world);
        command.env_remove("MYCHATFLOW_GRAPHICS");
        command.env("TERM", term);
        let mut console = Terminal::run(command, 120, 40);
        console.until(" credits").await;
        console.keys("4").until("not paired").await;
        console.keys("p").until("code 1 of 6").await;
        let raw = console.raw();
        let at = |bytes: &[u8]| raw.windows(bytes.len()).rposition(|window| window == bytes);
        let question = at(b"\x1b_Gi=31");
        assert_eq!(question.is_some(), asked, "{term}");
        // What such a terminal may have made of the question is gone with the next frame.
        assert!(question.is_none() || at(b"\x1b[J") > question, "{term}");
        console.keys("<ctrl-c>");
        assert_eq!(console.ended().await, 0);
        assert!(console.modes_are_as_before(), "{term}");
    }
}

#[tokio::test]
async fn inside_another_program() {
    let world = answered().await;
    let program = env!("CARGO_BIN_EXE_mychatflow");
    let tmux = ["tmux", "-L", "mychatflow-test", "-f", "/dev/null", "new-session", program];
    let screen = ["screen", "-c", "/dev/null", program];
    let script = ["script", "-qec", program, "/dev/null"];
    for line in [&tmux[..], &screen, &script] {
        let Some(path) =
            ["/usr/bin", "/bin"].map(|dir| Path::new(dir).join(line[0])).into_iter().find(|path| path.exists())
        else {
            eprintln!("skipped: there is no {} here", line[0]);
            continue;
        };
        let mut command = command(&world);
        *command.get_argv_mut() =
            std::iter::once(path.into_os_string()).chain(line[1..].iter().map(Into::into)).collect();
        command.env("SHELL", "/bin/sh");
        command.env("TMUX_TMPDIR", world.path());
        command.env("SCREENDIR", world.path().join("screens"));
        command.env("TERM", "xterm-256color");
        used(&world, command, &format!("written in {}", line[0])).await;
    }
}
