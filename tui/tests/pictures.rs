//! Pictures in a real pseudo-terminal: what is asked, what is printed, and that a phone reads it off the bytes.
//!
//! The tests are the terminal. What runs inside is this binary once more, with one scene of [`inside`].

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{GrayImage, ImageBuffer, Luma, Rgba};
use mychatflow_tui::image::{PixelPicture, take_away};
use mychatflow_tui::probe::{Screen, pixel_support};
use mychatflow_tui::widgets::qr::{QrPicture, QrWidget, Rung, Tone};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Size};

const VALUE: &str = "2@pairing/abcdefghijklmnopqrstuvwxyz,ABCDEFGHIJKLMNOPQRSTUVWXYZ,0123456789,abcdefghijklmnopqrstuvwxyz,\
                     ABCDEFGHIJKLMNOPQRSTUVWXYZ,0123456789,abcdefghijklmnopqrstuvwxyz,ABCDEFGHIJKLMNOPQRSTUVWXYZ,0123456789,\
                     abcdefghijklmnopqrstuvwxyz,0123456789,end";
const SCENE: &str = "PICTURES_SCENE";
const DEADLINE: Duration = Duration::from_secs(30);
const CLEAR_KITTY: &str = "\x1b_Ga=d,d=A\x1b\\";

// Inside.

#[test]
#[ignore = "runs in the pseudo-terminal of the others"]
fn inside() {
    let Ok(scene) = std::env::var(SCENE) else { return };
    let (deed, graphics) = scene.split_once(' ').unwrap();
    let began = Instant::now();
    let support = pixel_support(graphics.parse().unwrap());
    println!("found {support:?} in {} ms", began.elapsed().as_millis());
    let code = QrPicture::new(VALUE).unwrap();
    let screen = Screen::now().unwrap();
    let mut terminal = Terminal::new(CrosstermBackend::new(std::io::stdout())).unwrap();
    match deed {
        "probe" => {}
        "console" => {
            let area = Size::new(screen.size.width - 3, screen.size.height - 2);
            let picture = PixelPicture::fit(&code, area, screen.cell, support, Tone::Normal).unwrap();
            crossterm::terminal::enable_raw_mode().unwrap();
            picture.print_at(Position::new(3, 1), screen.size, support).unwrap();
            take_away(&mut terminal, support).unwrap();
            crossterm::terminal::disable_raw_mode().unwrap();
        }
        "here" => {
            let picture =
                PixelPicture::fit(&code, screen.above_last_row(), screen.cell, support, Tone::Normal).unwrap();
            picture.print_here(screen.size, support).unwrap();
        }
        "cells" => {
            crossterm::style::force_color_output(true);
            let widget = QrWidget { picture: &code, rung: Rung::Sextants, tone: Tone::Normal };
            terminal.draw(|frame| frame.render_widget(&widget, frame.area())).unwrap();
        }
        other => panic!("no scene {other}"),
    }
    println!("the end");
}

// The terminal.

/// What kind of terminal is played.
#[derive(Debug, Clone, Copy, Default)]
struct Kind {
    answers: bool,
    kitty: bool,
    /// It may read the files of those who print.
    files: bool,
    sixel: bool,
    /// The second time it is asked what it is, its answer comes in two pieces.
    halting: bool,
}

const SILENT: Kind = Kind { answers: false, kitty: false, files: false, sixel: false, halting: false };
const PLAIN: Kind = Kind { answers: true, ..SILENT };
const KITTY: Kind = Kind { kitty: true, ..PLAIN };
const KITTY_HERE: Kind = Kind { files: true, ..KITTY };
const SIXEL: Kind = Kind { sixel: true, ..PLAIN };

impl Kind {
    /// The answer to what begins here, and how many bytes that is.
    fn answer(self, output: &str) -> Option<(usize, String)> {
        if let Some(body) = output.strip_prefix("\x1b_G") {
            let end = body.find("\x1b\\")?;
            let body = &body[..end];
            let ours = body.split([',', ';']).find_map(|part| part.strip_prefix("i=")).unwrap_or_default();
            let verdict =
                if body.contains("t=d") || self.files && !body.starts_with("i=32") { "OK" } else { "EBADF:no file" };
            let answer = if self.kitty && body.contains("a=q") {
                format!("\x1b_Gi={ours};{verdict}\x1b\\")
            } else {
                String::new()
            };
            return Some((3 + end + 2, answer));
        }
        let attributes = if self.sixel { "\x1b[?62;4;22c" } else { "\x1b[?62;22c" };
        [("\x1b[c", attributes), ("\x1b[5n", "\x1b[0n")]
            .into_iter()
            .find(|(question, _)| output.starts_with(question))
            .map(|(question, answer)| (question.len(), if self.answers { answer.to_owned() } else { String::new() }))
    }
}

/// What a run left behind.
struct Seen {
    output: String,
    /// The file a picture came in.
    file: Option<Vec<u8>>,
}

/// Runs a scene in a terminal of 80x24 with cells of 8x16.
fn play(scene: &str, kind: Kind, variables: &[(&str, &str)]) -> Seen {
    let size = PtySize { rows: 24, cols: 80, pixel_width: 640, pixel_height: 384 };
    let pty = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "inside", "--ignored", "--nocapture"]);
    command.env_clear();
    command.env("TERM", "xterm-256color");
    command.env(SCENE, scene);
    if kind.answers {
        // An answer is waited for longer then, and a busy machine is no silent terminal.
        command.env("SSH_TTY", "/dev/pts/0");
    }
    variables.iter().for_each(|(name, value)| command.env(name, value));
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let (mut reader, mut writer) = (pty.master.try_clone_reader().unwrap(), pty.master.take_writer().unwrap());
    let (chunks, incoming) = mpsc::channel();
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        // The end of the child is an error here, and the end of the output.
        while let Ok(count @ 1..) = reader.read(&mut chunk) {
            if chunks.send(chunk[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    let deadline = Instant::now() + DEADLINE;
    let (mut output, mut done, mut file) = (Vec::new(), 0, None);
    loop {
        match incoming.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(chunk) => output.extend(chunk),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                child.kill().unwrap();
                panic!("{scene} hangs after {:?}", String::from_utf8_lossy(&output));
            }
        }
        let text = String::from_utf8_lossy(&output).into_owned();
        while let Some(start) = text[done..].find('\x1b').map(|start| done + start) {
            let rest = &text[start..];
            match kind.answer(rest) {
                Some((length, answer)) => {
                    file = file.or_else(|| shown_file(&rest[..length]));
                    done = start + length;
                    let attributes = text[..done].matches("\x1b[c").count();
                    if kind.halting && attributes == 2 && answer.starts_with("\x1b[?") {
                        writer.write_all(&answer.as_bytes()[..1]).unwrap();
                        let tty = std::fs::File::open(pty.master.tty_name().unwrap()).unwrap();
                        // The rest comes once the beginning was read, so that nobody reads both in one piece.
                        while rustix::io::ioctl_fionread(&tty).unwrap() > 0 {
                            assert!(Instant::now() < deadline, "{scene} reads no answer");
                            std::thread::yield_now();
                        }
                        drop(tty);
                        writer.write_all(&answer.as_bytes()[1..]).unwrap();
                    } else {
                        writer.write_all(answer.as_bytes()).unwrap();
                    }
                }
                // A picture, or a question that is not whole yet.
                None if rest.len() < 5 || rest.starts_with("\x1b_G") => break,
                None => done = start + 1,
            }
        }
    }
    assert!(child.wait().unwrap().success(), "{scene}: {:?}", String::from_utf8_lossy(&output));
    let output = String::from_utf8(output).unwrap();
    assert!(output.contains("the end"), "{output:?}");
    Seen { output, file }
}

/// What lies in the file that a picture is shown from: it is gone as soon as the terminal has answered.
fn shown_file(command: &str) -> Option<Vec<u8>> {
    let path = command.strip_prefix("\x1b_Gf=32,")?.split_once("a=T,t=t;")?.1.strip_suffix("\x1b\\")?;
    let path = String::from_utf8(STANDARD.decode(path).unwrap()).unwrap();
    Some(std::fs::read(path).unwrap())
}

fn scanned(picture: &GrayImage) -> Option<String> {
    let (width, height) = picture.dimensions();
    let pixel = |x: usize, y: usize| picture.get_pixel(x as u32, y as u32).0[0];
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, pixel);
    picture.detect_grids().first()?.decode().ok().map(|(_, text)| text)
}

fn gray(width: u32, height: u32, rgba: Vec<u8>) -> GrayImage {
    let picture: ImageBuffer<Rgba<u8>, _> = ImageBuffer::from_raw(width, height, rgba).expect("as many bytes as told");
    image::DynamicImage::ImageRgba8(picture).into_luma8()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start:?} in {text:?}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end:?} after {start:?}")).0
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

/// Draws what a terminal makes of sixels.
fn sixels(body: &str) -> GrayImage {
    let (mut palette, mut ink, mut repeat) = (vec![0_u8; 256], 0, 1);
    let (mut x, mut y) = (0, 0);
    let mut picture = GrayImage::from_pixel(1, 1, Luma([127]));
    let mut rest = body;
    while let Some(head) = rest.chars().next() {
        let tail = &rest[head.len_utf8()..];
        let end = tail.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(tail.len());
        let numbers: Vec<u32> = tail[..end].split(';').filter(|part| !part.is_empty()).map(number).collect();
        rest = tail;
        match (head, &numbers[..]) {
            ('"', [_, _, width, height]) => picture = GrayImage::from_pixel(*width, *height, Luma([127])),
            ('#', [index, 2, red, green, blue]) => {
                palette[*index as usize] = u8::try_from((red + green + blue) * 255 / 300).unwrap();
            }
            ('#', [index]) => ink = palette[*index as usize],
            ('!', [times]) => repeat = *times,
            ('$', _) => x = 0,
            ('-', _) => (x, y) = (0, y + 6),
            ('?'..='~', _) => {
                let bits = u32::from(head) - u32::from('?');
                for (x, bit) in (x..x + repeat).flat_map(|x| (0..6).map(move |bit| (x, bit))) {
                    if bits >> bit & 1 == 1 {
                        picture.put_pixel(x, y + bit, Luma([ink]));
                    }
                }
                (x, repeat) = (x + repeat, 1);
                continue;
            }
            (other, numbers) => panic!("{other:?} {numbers:?} is no sixel"),
        }
        rest = &tail[end..];
    }
    picture
}

// The tests.

#[test]
fn kitty_gets_the_pixels_and_is_cleared() {
    let seen = play("console kitty", KITTY, &[]);
    assert!(seen.output.contains("found Kitty"), "{}", seen.output);
    let head = "\x1b7\x1b[2;4H\x1b_Gf=32,a=T,t=d,";
    let (_, printed) = seen.output.split_once(head).expect("a picture at column 4 of row 2");
    // 8x16 pixels a cell: 328x336 in 41x21 cells.
    let (first, printed) = printed.strip_prefix("s=328,v=336,c=41,r=21,m=1;").unwrap().split_once("\x1b\\").unwrap();
    let (chunks, after) = printed.split_once('\n').unwrap();
    let mut payload = first.to_owned();
    for chunk in chunks.split_terminator("\x1b\\").map(|chunk| chunk.trim_end_matches('\r')).filter(|c| !c.is_empty()) {
        let (more, chunk) = chunk.strip_prefix("\x1b_Gm=").unwrap().split_once(';').unwrap();
        assert!(["0", "1"].contains(&more));
        payload.push_str(chunk);
    }
    let picture = gray(328, 336, STANDARD.decode(payload).unwrap());
    assert_eq!(scanned(&picture).as_deref(), Some(VALUE));
    let (_, cleared) = after.split_once("\x1b8").expect("the cursor is put back");
    let (_, cleared) = cleared.split_once(CLEAR_KITTY).expect("the picture is taken away");
    assert!(cleared.contains("\x1b[2J"), "then the cells: {cleared:?}");
}

#[test]
fn kitty_on_the_same_machine_gets_a_file() {
    let seen = play("console auto", KITTY_HERE, &[]);
    assert!(seen.output.contains("\x1b[2;4H\x1b_Gf=32,s=328,v=336,c=41,r=21,a=T,t=t;"), "{:?}", seen.output);
    assert_eq!(scanned(&gray(328, 336, seen.file.unwrap())).as_deref(), Some(VALUE));
    assert!(seen.output.contains(CLEAR_KITTY));
}

#[test]
fn iterm2_gets_a_file_in_line() {
    let seen = play("console iterm2", SILENT, &[("TERM_PROGRAM", "iTerm.app")]);
    assert!(seen.output.contains("found Iterm2"), "{}", seen.output);
    assert!(!seen.output.contains("\x1b[c"), "nothing is asked that nobody waits for");
    let printed = between(&seen.output, "\x1b7\x1b[2;4H\x1b]1337;File=inline=1;preserveAspectRatio=1;", "\x07");
    let (head, payload) = printed.split_once(':').unwrap();
    let bytes = STANDARD.decode(payload).unwrap();
    assert_eq!(head, format!("size={};width=41;height=21", bytes.len()));
    let picture = image::load_from_memory(&bytes).unwrap().into_luma8();
    assert_eq!(picture.dimensions(), (328, 336));
    assert_eq!(scanned(&picture).as_deref(), Some(VALUE));
    assert!(seen.output.contains("\x1b[2J"));
}

#[test]
fn sixel_gets_a_raster() {
    let seen = play("console sixel", SIXEL, &[]);
    assert!(seen.output.contains("found Sixel"), "{}", seen.output);
    let printed = between(&seen.output, "\x1b7\x1b[2;4H\x1bP", "\x1b\\");
    let (_, body) = printed.split_once('q').unwrap();
    let picture = sixels(body);
    // Six by twelve pixels a cell is viuer's measure: 44x22 cells.
    assert_eq!(picture.dimensions(), (264, 264));
    assert_eq!(scanned(&picture).as_deref(), Some(VALUE));
    // The encoder's white is 97 of 100.
    assert!(picture.pixels().all(|pixel| [0, 247].contains(&pixel.0[0])), "two tones and nothing in between");
    assert!(!seen.output.contains(CLEAR_KITTY));
    assert!(seen.output.contains("\x1b[2J"));
}

#[test]
fn an_answer_in_pieces_holds_nothing_up() {
    let seen = play("console kitty", Kind { halting: true, ..KITTY }, &[]);
    assert!(seen.output.contains("\x1b[2;4H\x1b_Gf=32,a=T,t=d,"), "{:?}", seen.output);
}

#[test]
fn outside_the_console_room_is_made_and_nothing_echoes() {
    let seen = play("here auto", KITTY, &[]);
    let (before, after) = seen.output.split_once("\x1b_Gf=32").unwrap();
    assert!(before.contains(&format!("{}\x1b[21A", "\r\n".repeat(21))), "{before:?}");
    assert!(after.contains("\x1b8\x1b[21E"), "the cursor ends up below: {after:?}");
    assert!(!seen.output.contains("^["), "answers are not typed on the screen: {:?}", seen.output);
}

#[test]
fn a_terminal_that_never_answers_is_not_waited_for() {
    for scene in ["probe auto", "probe kitty", "probe sixel"] {
        let seen = play(scene, SILENT, &[]);
        let took = number(between(&seen.output, "found None in ", " ms"));
        assert!((200..5_000).contains(&took), "{scene}: {took} ms");
    }
}

#[test]
fn a_plain_terminal_is_asked_once() {
    let seen = play("probe auto", PLAIN, &[]);
    assert!(seen.output.contains("found None"), "{}", seen.output);
    assert_eq!(seen.output.matches("\x1b[c").count(), 1);
}

#[test]
fn tmux_and_blocks_are_not_asked() {
    for (scene, variables) in [
        ("probe auto", &[("TMUX", "/tmp/tmux-0/default,1,0"), ("LC_TERMINAL", "iTerm2")][..]),
        ("probe kitty", &[("TMUX", "/tmp/tmux-0/default,1,0")]),
        ("probe iterm2", &[("TMUX", "/tmp/tmux-0/default,1,0"), ("LC_TERMINAL", "iTerm2")]),
        ("probe blocks", &[("TERM_PROGRAM", "iTerm.app")]),
        ("probe off", &[]),
    ] {
        let seen = play(scene, KITTY_HERE, variables);
        assert!(seen.output.contains("found None"), "{scene} {variables:?}: {}", seen.output);
        assert!(!seen.output.contains('\x1b'), "{scene} {variables:?}: {:?}", seen.output);
    }
}

#[test]
fn cells_are_black_on_white_under_no_color() {
    let seen = play("cells blocks", PLAIN, &[("NO_COLOR", "1")]);
    assert!(seen.output.contains("38;5;16"), "{:?}", seen.output);
    assert!(seen.output.contains("48;5;231"), "{:?}", seen.output);
}
