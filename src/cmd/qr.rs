//! Shows pairing codes outside the console: by the best means that fits a terminal, elsewhere as half blocks.

use std::io::{self, IsTerminal};

use anyhow::Context;
use mychatflow_data::protocol::name::InstanceName;
use mychatflow_tui::image::{self, PixelPicture};
use mychatflow_tui::probe::{Graphics, PixelSupport, Screen, pixel_support};
use mychatflow_tui::widgets::qr::{QrPicture, Rung, Tone, best_rung, size_in_cells};

use crate::output::{Output, clean, note};

/// No way of drawing the code fits the terminal, and part of a code is of no use.
#[derive(Debug, thiserror::Error)]
#[error(
    "the code needs a terminal of {} columns and {} rows, this one has {} and {}. Make it larger, or pair by number: \
     mychatflow instance pair {instance} --phone NUMBER; or write a picture: mychatflow instance qr {instance} --png \
     qr.png",
    needed.0, needed.1, found.0, found.1
)]
pub struct TooSmall {
    instance: String,
    /// Columns and rows.
    needed: (u16, u16),
    found: (u16, u16),
}

/// Where codes are shown one after another.
#[derive(Debug)]
pub struct Canvas {
    output: Output,
    /// The terminal is asked only when half blocks are too large for it, and only once.
    pixels: Option<PixelSupport>,
}

impl Canvas {
    /// Shows codes on stdout.
    pub const fn new(output: Output) -> Self {
        Self { output, pixels: None }
    }

    /// Shows the code of an instance.
    pub fn show(&mut self, value: &str, instance: &InstanceName) -> anyhow::Result<()> {
        let code = QrPicture::new(value)?;
        let screen = if io::stdout().is_terminal() { Screen::now() } else { None };
        let Some(screen) = screen else { return self.output.text(&code.lines(Rung::HalfBlocks, Tone::Normal)) };
        let rung = match best_rung(code.modules(), screen.above_last_row(), PixelSupport::None) {
            Rung::HalfBlocks => Rung::HalfBlocks,
            _ if self.printed(&code, screen) => return Ok(()),
            rung => rung,
        };
        if rung == Rung::Words {
            let (columns, rows) = size_in_cells(code.modules(), Rung::Sextants);
            let found = (screen.size.width, screen.size.height);
            return Err(TooSmall { instance: clean(instance.as_str()), needed: (columns, rows + 1), found }.into());
        }
        if rung == Rung::Sextants {
            let (columns, rows) = size_in_cells(code.modules(), Rung::HalfBlocks);
            let rows = rows + 1;
            // Before the code: a line below it could push it off a small screen.
            note(&format!("If it looks broken: a terminal of {columns} columns and {rows} rows needs no rare glyphs."));
        }
        self.output.text(&code.lines(rung, Tone::Normal))
    }

    /// Prints the code as a picture, where the terminal can and there is room.
    fn printed(&mut self, code: &QrPicture, screen: Screen) -> bool {
        let pixels = *self.pixels.get_or_insert_with(|| pixel_support(Graphics::Auto));
        let Some(picture) = PixelPicture::fit(code, screen.above_last_row(), screen.cell, pixels, Tone::Normal) else {
            return false;
        };
        let printed = picture.print_here(screen.size, pixels).is_ok();
        if !printed {
            // Cells will do, for this code and the next ones.
            self.pixels = Some(PixelSupport::None);
        }
        printed
    }
}

/// The code as a PNG.
pub fn png(value: &str) -> anyhow::Result<Vec<u8>> {
    image::png(&QrPicture::new(value)?).context("could not write the picture")
}

/// The code as lines, for where nobody scans it.
pub fn text(value: &str) -> anyhow::Result<String> {
    Ok(QrPicture::new(value)?.lines(Rung::HalfBlocks, Tone::Normal))
}
