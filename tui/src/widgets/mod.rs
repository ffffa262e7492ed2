//! Small pictures that views are put together from.

pub mod list_rail;
pub mod meter;
pub mod qr;
pub mod skeleton;
pub mod spark;
pub mod stack;

#[cfg(test)]
mod testing {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    /// The lines of a buffer of that size after `draw`.
    pub fn drawn(columns: u16, rows: u16, draw: impl FnOnce(Rect, &mut Buffer)) -> Vec<String> {
        let area = Rect::new(0, 0, columns, rows);
        let mut buf = Buffer::empty(area);
        draw(area, &mut buf);
        (0..rows).map(|y| (0..columns).map(|x| buf[(x, y)].symbol()).collect()).collect()
    }
}
