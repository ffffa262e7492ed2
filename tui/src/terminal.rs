//! The terminal: entered as a whole and left as a whole, whatever ends the console.

use std::io::{self, BufWriter, Stdout, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect};
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::image;
use crate::msg::Capture;
use crate::probe::PixelSupport;

/// Bytes of a whole frame with colours, so that it goes out in few writes.
const FRAME_BYTES: usize = 64 * 1024;

/// Whether the terminal is ours now. Global, because a panic hook has no other way to know.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// When there is no terminal, or it does not do as told.
    pub fn enter(capture: Capture) -> io::Result<Self> {
        // Under NO_COLOR crossterm would drop every colour, and no phone reads a code without black and white.
        crossterm::style::force_color_output(true);
        let mut out = BufWriter::with_capacity(FRAME_BYTES, io::stdout());
        set_modes(&mut out, capture)?;
        // A fixed viewport keeps ratatui from asking for the size by itself; resizes come as messages.
        let (columns, rows) = crossterm::terminal::size()?;
        let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
        let terminal = Terminal::with_options(CrosstermBackend::new(out), TerminalOptions { viewport })?;
        Ok(Self { terminal })
    }

    /// Takes the terminal after somebody else had it. The next frame is drawn whole.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn enter_again(&mut self, capture: Capture) -> io::Result<()> {
        // Whoever stopped us from outside left us no time: the modes that we remember are the ones to begin with.
        if ENTERED.load(Ordering::SeqCst) {
            disable_raw_mode()?;
        }
        set_modes(self.terminal.backend_mut(), capture)
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        crossterm::terminal::size()
    }

    /// Draws a frame; only cells that differ from the last one go out.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(
        &mut self,
        cursor: Option<Position>,
        paint: impl FnOnce(Rect, &mut ratatui::buffer::Buffer),
    ) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| {
            let area = frame.area();
            paint(area, frame.buffer_mut());
            if let Some(at) = cursor {
                frame.set_cursor_position(at);
            }
        })?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Takes another size.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn resize(&mut self, columns: u16, rows: u16) -> io::Result<()> {
        self.terminal.resize(Rect::new(0, 0, columns, rows))
    }

    /// Takes pictures away, and lets the next frame be drawn whole.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn wipe(&mut self, pixels: PixelSupport) -> io::Result<()> {
        image::take_away(&mut self.terminal, pixels)
    }

    /// Writes bytes that are no cells: the clipboard, a bell.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.terminal.backend_mut().write_all(bytes)?;
        io::Write::flush(self.terminal.backend_mut())
    }

    /// Takes the mouse, or gives it back.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn capture(&mut self, capture: Capture) -> io::Result<()> {
        match capture {
            Capture::Console => execute!(self.terminal.backend_mut(), EnableMouseCapture),
            Capture::Terminal => execute!(self.terminal.backend_mut(), DisableMouseCapture),
        }
    }
}

fn set_modes(out: &mut impl Write, capture: Capture) -> io::Result<()> {
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, cursor::Hide)?;
    if capture == Capture::Console {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// Gives the terminal back as it was. Doing it twice is the same as doing it once.
pub fn leave() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // Nobody is left to be told when the terminal itself has gone.
    let _ = execute!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        cursor::Show,
        LeaveAlternateScreen
    );
    let _ = disable_raw_mode();
}

/// Makes a panic give the terminal back before it is told, so that it can be read.
///
/// A panic of another thread does not end the console: its words go to the log, not over the picture.
pub fn leave_on_panic() {
    let told = panic::take_hook();
    let ours = std::thread::current().id();
    panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() != ours && ENTERED.load(Ordering::SeqCst) {
            tracing::error!(%info, "a task of the console broke");
            return;
        }
        leave();
        told(info);
    }));
}
