//! A piece of a file on the console's own machine. Only the runtime reads it.

use mychatflow_data::encoding::Encoding;

/// How much is read at once, in bytes: a line of the socket has an end, and JSON may take twice the room.
pub const PIECE_BYTES_MAX: usize = 256 * 1024;

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The file, as it was asked for.
    pub path: String,
    /// Where the piece begins, in bytes.
    pub from: u64,
    /// The piece, or a sentence with what is in the way.
    pub read: Result<PieceRead, String>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PieceRead {
    /// The text as UTF-8; it ends between two characters.
    pub text: String,
    /// Where the next piece begins, in bytes.
    pub next: u64,
    /// How long the file is, in bytes.
    pub total: u64,
    /// What the file is written in.
    pub encoding: Encoding,
    /// When it was written last, in milliseconds: another time is another file.
    pub written_at: u64,
}
