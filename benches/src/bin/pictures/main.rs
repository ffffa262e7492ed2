//! Takes the pictures of the documents: the real console in a pseudo-terminal, on the real daemon, with a made-up WAHA
//! and Gemini. Writes `docs/pictures/*.svg`; run it from the root of the repository.

mod svg;
mod world;

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use mychatflow_bench::program;
use mychatflow_bench::pty::{COLUMNS, Console, Pty, ROWS};

use crate::svg::Ground;
use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(15);
/// A picture is taken when nothing has moved for so long.
const REST: Duration = Duration::from_millis(400);

/// Takes the pictures of the documents.
#[derive(Debug, Parser)]
struct Args {
    /// Where they go.
    #[arg(long, value_name = "DIR", default_value = "docs/pictures")]
    out: PathBuf,
    /// Use this binary instead of the one of this build.
    #[arg(long, value_name = "PROGRAM")]
    program: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let program = program::find(args.program.as_deref())?;
    let room = tempfile::tempdir().context("no temporary directory")?;
    std::fs::create_dir_all(&args.out).with_context(|| format!("no directory {}", args.out.display()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let world = runtime.block_on(async {
        let world = World::open(&program, room.path()).await?;
        world.furnish().await?;
        world.morning().await?;
        anyhow::Ok(world)
    })?;
    let taken = take(&args.out, &program, room.path(), &world, &runtime);
    runtime.block_on(world.close());
    taken
}

fn take(
    out: &Path,
    program: &Path,
    room: &Path,
    world: &World,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<()> {
    for (theme, ground, end) in [("light", &svg::LIGHT, "-light"), ("dark", &svg::DARK, "")] {
        let console = Console {
            program: program.to_owned(),
            socket: world.socket.clone(),
            home: room.to_owned(),
            env: vec![("MYCHATFLOW_THEME", theme)],
        };
        let mut camera = Camera::start(&console, ground)?;
        camera.until("Harbour Bakery")?;
        camera.until("Ben")?;
        camera.press("\r")?;
        camera.rest()?;
        runtime.block_on(world.types())?;
        camera.until("typing")?;
        camera.take(&out.join(format!("chats{end}.svg")), "mychatflow: chats")?;
        if theme == "light" {
            continue;
        }
        // Only now: a list full of guests would tell little.
        runtime.block_on(world.campaigns())?;
        for (key, words, file) in
            [("1", "Dashboard", "dashboard"), ("4", "orders", "numbers"), ("3", "rye week", "campaigns")]
        {
            camera.press("\x1b")?;
            camera.rest()?;
            camera.press(key)?;
            camera.rest()?;
            camera.until(words)?;
            // What rang covers a corner for a while.
            camera.until_gone(" needs you: ")?;
            camera.take(&out.join(format!("{file}.svg")), &format!("mychatflow: {file}"))?;
        }
    }
    Ok(())
}

/// A console, and what it shows.
struct Camera<'g> {
    pty: Pty,
    terminal: vt100::Parser,
    ground: &'g Ground,
}

impl<'g> Camera<'g> {
    fn start(console: &Console, ground: &'g Ground) -> anyhow::Result<Self> {
        let size = |cells| NonZeroU16::new(cells).context("a terminal without cells");
        let terminal = vt100::Parser::new(size(ROWS)?, size(COLUMNS)?, 0);
        Ok(Self { pty: Pty::start(console)?, terminal, ground })
    }

    fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.pty.press(keys).map(drop)
    }

    /// Waits until nothing moves.
    fn rest(&mut self) -> anyhow::Result<()> {
        while let Some(came) = self.pty.next(REST)? {
            self.terminal.process(&came.bytes);
        }
        Ok(())
    }

    /// Waits until these words are on the screen.
    fn until(&mut self, words: &str) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shown = self.terminal.screen().contents();
            if shown.contains(words) {
                return Ok(());
            }
            match self.pty.next(deadline.saturating_duration_since(Instant::now()))? {
                Some(came) => self.terminal.process(&came.bytes),
                None => bail!("{words:?} is not on the screen:\n{shown}"),
            }
        }
    }

    /// Waits until these words are gone.
    fn until_gone(&mut self, words: &str) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.terminal.screen().contents().contains(words) {
            if Instant::now() >= deadline {
                bail!("{words:?} stays on the screen");
            }
            if let Some(came) = self.pty.next(REST)? {
                self.terminal.process(&came.bytes);
            }
        }
        Ok(())
    }

    fn take(&mut self, file: &Path, title: &str) -> anyhow::Result<()> {
        self.rest()?;
        let picture = svg::draw(self.terminal.screen(), title, self.ground);
        std::fs::write(file, picture).with_context(|| format!("{} can't be written", file.display()))
    }
}
