//! A screen as an SVG file: cells at fixed places, so that columns line up whatever font a browser has.

use std::fmt::Write as _;

use mychatflow_bench::pty::{COLUMNS, ROWS};
use unicode_width::UnicodeWidthStr;
use vt100::{Cell, Color, Screen};

const CELL_WIDTH: f64 = 8.4;
const CELL_HEIGHT: f64 = 18.0;
const FONT_SIZE: f64 = 14.0;
/// From the top of a cell to the line that letters stand on.
const BASELINE: f64 = 13.5;
/// Around the cells.
const MARGIN: f64 = 14.0;
/// The bar with the title, on top.
const BAR: f64 = 34.0;
/// Under it.
const GAP: f64 = 6.0;
const FONTS: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

/// What a terminal's own colours are.
#[derive(Debug, Clone, Copy)]
pub struct Ground {
    text: [u8; 3],
    back: [u8; 3],
    bar: &'static str,
    edge: &'static str,
    title: &'static str,
}

/// A dark terminal.
pub const DARK: Ground =
    Ground { text: [0xd8, 0xda, 0xe0], back: [0x12, 0x12, 0x12], bar: "#22252c", edge: "#3a3e48", title: "#9aa0ac" };
/// A light one.
pub const LIGHT: Ground =
    Ground { text: [0x22, 0x24, 0x2a], back: [0xff, 0xff, 0xff], bar: "#ececee", edge: "#c8c9ce", title: "#62666f" };

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    text: [u8; 3],
    back: [u8; 3],
    bold: bool,
    italic: bool,
    underline: bool,
}

impl Look {
    fn of(cell: &Cell, ground: &Ground) -> Self {
        let mut text = rgb(cell.fgcolor(), ground.text);
        let mut back = rgb(cell.bgcolor(), ground.back);
        if cell.inverse() {
            std::mem::swap(&mut text, &mut back);
        }
        if cell.dim() {
            text = [0, 1, 2].map(|part| mixed(text[part], back[part]));
        }
        Self { text, back, bold: cell.bold(), italic: cell.italic(), underline: cell.underline() }
    }
}

fn mixed(more: u8, less: u8) -> u8 {
    u8::try_from((u16::from(more) * 2 + u16::from(less)) / 3).unwrap_or(more)
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn rgb(color: Color, own: [u8; 3]) -> [u8; 3] {
    const FIRST: [[u8; 3]; 16] = [
        [0x00, 0x00, 0x00],
        [0xcd, 0x31, 0x31],
        [0x0d, 0xbc, 0x79],
        [0xe5, 0xe5, 0x10],
        [0x24, 0x72, 0xc8],
        [0xbc, 0x3f, 0xbc],
        [0x11, 0xa8, 0xcd],
        [0xe5, 0xe5, 0xe5],
        [0x66, 0x66, 0x66],
        [0xf1, 0x4c, 0x4c],
        [0x23, 0xd1, 0x8b],
        [0xf5, 0xf5, 0x43],
        [0x3b, 0x8e, 0xea],
        [0xd6, 0x70, 0xd6],
        [0x29, 0xb8, 0xdb],
        [0xff, 0xff, 0xff],
    ];
    let step = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match color {
        Color::Default => own,
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Idx(number @ 0..16) => FIRST[usize::from(number)],
        // The cube of 6 × 6 × 6, and the greys.
        Color::Idx(number @ 16..232) => {
            [step((number - 16) / 36), step((number - 16) / 6 % 6), step((number - 16) % 6)]
        }
        Color::Idx(number) => [8 + 10 * (number - 232); 3],
    }
}

/// Draws a screen.
pub fn draw(screen: &Screen, title: &str, ground: &Ground) -> String {
    let width = f64::from(COLUMNS) * CELL_WIDTH + 2.0 * MARGIN;
    let height = f64::from(ROWS) * CELL_HEIGHT + BAR + GAP + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{}\">\n\
         <style>g rect{{shape-rendering:crispEdges}}</style>\n\
         <rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"9\" fill=\"{}\" stroke=\"{edge}\"/>\n\
         <path d=\"M.5 {BAR}V9.5A9 9 0 0 1 9.5 .5H{}A9 9 0 0 1 {} 9.5V{BAR}z\" fill=\"{}\" stroke=\"{edge}\"/>\n",
        escaped(title),
        width - 1.0,
        height - 1.0,
        hex(ground.back),
        width - 9.5,
        width - 0.5,
        ground.bar,
        edge = ground.edge
    );
    for (place, color) in ["#f0605a", "#f5bd4f", "#57c353"].iter().enumerate() {
        let x = 20.0 + 19.0 * place as f64;
        push(&mut svg, &format!("<circle cx=\"{x}\" cy=\"17\" r=\"5.5\" fill=\"{color}\"/>"));
    }
    push(
        &mut svg,
        &format!(
            "\n<text x=\"{}\" y=\"22\" text-anchor=\"middle\" font-family=\"{FONTS}\" font-size=\"13\" fill=\"{}\">{}</text>\n\
             <g transform=\"translate({MARGIN} {})\" font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\">\n",
            width / 2.0,
            ground.title,
            escaped(title),
            BAR + GAP
        ),
    );
    for row in 0..ROWS {
        draw_row(&mut svg, screen, row, ground);
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// A piece of a row that looks the same from end to end.
struct Run {
    x: f64,
    columns: usize,
    words: String,
    look: Look,
    /// A wide sign, or one that may come from another font: what follows has a place of its own.
    alone: bool,
}

fn draw_row(svg: &mut String, screen: &Screen, row: u16, ground: &Ground) {
    let top = f64::from(row) * CELL_HEIGHT;
    let mut runs: Vec<Run> = Vec::new();
    let mut backs: Vec<Run> = Vec::new();
    let mut lines = String::new();
    for column in 0..COLUMNS {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else { continue };
        let (x, look) = (f64::from(column) * CELL_WIDTH, Look::of(cell, ground));
        let columns = if cell.is_wide() { 2 } else { 1 };
        match backs.last_mut() {
            Some(run) if run.look.back == look.back => run.columns += columns,
            _ => backs.push(Run { x, columns, words: String::new(), look, alone: false }),
        }
        let words = cell.contents();
        if let Some(shape) = shape(words, x, top) {
            push(&mut lines, &shape.replace("INK", &hex(look.text)));
            continue;
        }
        let blank = words.trim().is_empty();
        if blank && !look.underline {
            // A blank inside of a run belongs to it; at its end it is cut off.
            if let Some(run) = runs.last_mut().filter(|run| ends_at(run, x) && !run.look.underline && !run.alone) {
                run.words.push(' ');
                run.columns += 1;
            }
            continue;
        }
        let alone = words.width() != 1 || !words.is_ascii() && !words.chars().all(char::is_alphabetic);
        let joins = |run: &&mut Run| ends_at(run, x) && run.look == look && !alone && !run.alone;
        match runs.last_mut().filter(joins) {
            Some(run) => {
                run.words.push_str(words);
                run.columns += columns;
            }
            None => runs.push(Run { x, columns, words: if blank { " ".into() } else { words.into() }, look, alone }),
        }
    }
    for back in backs.iter().filter(|run| run.look.back != ground.back) {
        // A hair wider, or seams would show between rows.
        push(
            svg,
            &format!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>",
                short(back.x),
                short(top),
                short(back.columns as f64 * CELL_WIDTH + 0.2),
                short(CELL_HEIGHT + 0.2),
                hex(back.look.back)
            ),
        );
    }
    svg.push_str(&lines);
    if runs.is_empty() {
        svg.push('\n');
        return;
    }
    push(svg, &format!("<text xml:space=\"preserve\" y=\"{}\">", short(top + BASELINE)));
    for run in &mut runs {
        let kept = if run.look.underline { run.words.clone() } else { run.words.trim_end().to_owned() };
        run.columns -= run.words.width().saturating_sub(kept.width()).min(run.columns);
        run.words = kept;
        let mut style = String::new();
        if run.look.bold {
            style.push_str(" font-weight=\"bold\"");
        }
        if run.look.italic {
            style.push_str(" font-style=\"italic\"");
        }
        if run.look.underline {
            style.push_str(" text-decoration=\"underline\"");
        }
        // One sign can't be stretched between letters, and a sign of another font should keep its shape.
        let length = if run.columns > 1 && !run.alone {
            format!(" textLength=\"{}\"", short(run.columns as f64 * CELL_WIDTH))
        } else {
            String::new()
        };
        push(
            svg,
            &format!(
                "<tspan x=\"{}\"{length} fill=\"{}\"{style}>{}</tspan>",
                short(run.x),
                hex(run.look.text),
                escaped(&run.words)
            ),
        );
    }
    svg.push_str("</text>\n");
}

fn ends_at(run: &Run, x: f64) -> bool {
    (run.x + run.columns as f64 * CELL_WIDTH - x).abs() < 0.01
}

/// Lines and blocks as shapes: those of fonts leave gaps between rows.
fn shape(sign: &str, x: f64, y: f64) -> Option<String> {
    let mut chars = sign.chars();
    let (sign, None) = (chars.next()?, chars.next()) else { return None };
    let (w, h) = (CELL_WIDTH, CELL_HEIGHT);
    let (mx, my, right, bottom) = (x + w / 2.0, y + h / 2.0, x + w, y + h);
    let block = |x: f64, y: f64, w: f64, h: f64| {
        let (x, y, w, h) = (short(x), short(y), short(w), short(h));
        Some(format!("<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"INK\"/>"))
    };
    let shade = |share: f64| {
        let (x, y, w, h) = (short(x), short(y), short(w), short(h));
        Some(format!("<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"INK\" fill-opacity=\"{share}\"/>"))
    };
    let code = u32::from(sign);
    match sign {
        // Eighths from below, and from the left.
        '▁'..='█' => {
            let tall = h * f64::from(code - 0x2580) / 8.0;
            return block(x, bottom - tall, w, tall);
        }
        '▉'..='▏' => return block(x, y, w * f64::from(0x2590 - code) / 8.0, h),
        '▀' => return block(x, y, w, h / 2.0),
        '▐' => return block(mx, y, w / 2.0, h),
        '░' => return shade(0.25),
        '▒' => return shade(0.5),
        '▓' => return shade(0.75),
        _ => {}
    }
    let thick = "━┃┏┓┗┛┣┫┳┻╋".contains(sign);
    // Arms to the left, right, up and down.
    let arms = match sign {
        '─' | '━' => "lr",
        '│' | '┃' => "ud",
        '┌' | '┏' => "rd",
        '┐' | '┓' => "ld",
        '└' | '┗' => "ru",
        '┘' | '┛' => "lu",
        '├' | '┣' => "udr",
        '┤' | '┫' => "udl",
        '┬' | '┳' => "lrd",
        '┴' | '┻' => "lru",
        '┼' | '╋' => "lrud",
        '╭' | '╮' | '╯' | '╰' => "",
        _ => return None,
    };
    let at = |x: f64, y: f64| format!("{} {}", short(x), short(y));
    let mut path = String::new();
    for arm in arms.chars() {
        let end = match arm {
            'l' => at(x, my),
            'r' => at(right, my),
            'u' => at(mx, y),
            _ => at(mx, bottom),
        };
        push(&mut path, &format!("M{}L{end}", at(mx, my)));
    }
    if arms.is_empty() {
        let (from, to) = match sign {
            '╭' => (at(mx, bottom), at(right, my)),
            '╮' => (at(mx, bottom), at(x, my)),
            '╯' => (at(mx, y), at(x, my)),
            _ => (at(mx, y), at(right, my)),
        };
        path = format!("M{from}Q{} {to}", at(mx, my));
    }
    let stroke = if thick { 2.0 } else { 1.1 };
    let cap = if arms.len() == 2 && !matches!(arms, "lr" | "ud") { " stroke-linecap=\"square\"" } else { "" };
    Some(format!("<path d=\"{path}\" fill=\"none\" stroke=\"INK\" stroke-width=\"{stroke}\"{cap}/>"))
}

fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

fn push(text: &mut String, more: &str) {
    // Writing to a String can't fail.
    let _ = write!(text, "{more}");
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(bytes: &[u8]) -> String {
        let mut terminal = vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), 0);
        terminal.process(bytes);
        draw(terminal.screen(), "title", &DARK)
    }

    #[test]
    fn runs_keep_their_columns_and_looks() {
        let svg = drawn("a <b>  \x1b[1;38;5;196mred & bold\x1b[0m".as_bytes());
        assert!(svg.contains("<tspan x=\"0\" textLength=\"42\" fill=\"#d8dae0\">a &lt;b&gt;</tspan>"), "{svg}");
        let bold = "<tspan x=\"58.8\" textLength=\"84\" fill=\"#ff0000\" font-weight=\"bold\">red &amp; bold</tspan>";
        assert!(svg.contains(bold), "{svg}");
    }

    #[test]
    fn wide_signs_stand_alone_and_what_follows_keeps_its_place() {
        let svg = drawn("é漢x".as_bytes());
        for words in ["<tspan x=\"0\"", "<tspan x=\"8.4\" fill=\"#d8dae0\">漢<", "<tspan x=\"25.2\" fill"] {
            assert!(svg.contains(words), "{words}: {svg}");
        }
    }

    #[test]
    fn reversed_cells_change_their_colours() {
        let svg = drawn(b"\x1b[7mx\x1b[0m");
        assert!(svg.contains("height=\"18.2\" fill=\"#d8dae0\"/>") && svg.contains("fill=\"#121212\">x<"), "{svg}");
    }
}
