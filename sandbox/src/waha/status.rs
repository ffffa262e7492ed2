//! The states of a session, in WAHA's words.

use std::fmt;

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not running.
    Stopped,
    /// On its way.
    Starting,
    /// Waits for the phone.
    ScanQrCode,
    /// Linked and usable.
    Working,
    /// Gave up: nobody scanned, or the phone unlinked us.
    Failed,
    /// Wants a passkey (GOWS since 2026.7.1).
    PasskeyRequired,
}

impl Status {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Stopped => "STOPPED",
            Status::Starting => "STARTING",
            Status::ScanQrCode => "SCAN_QR_CODE",
            Status::Working => "WORKING",
            Status::Failed => "FAILED",
            Status::PasskeyRequired => "PASSKEY_REQUIRED",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
