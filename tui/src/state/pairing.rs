//! A number being paired: the code, how it is drawn, and how far it got.

use std::fmt;
use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{InstanceStatus, Me};
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::instance::QrCode;
use mychatflow_data::time::Timestamp;

use crate::widgets::qr::{QrPicture, Rung, Tone};

/// After so long a question for a code that brought none is asked again.
pub const AGAIN: Duration = Duration::from_secs(5);

/// WAHA may be a moment behind our clock: after so long a code that came a second time is asked for again.
pub const SAME_AGAIN: Duration = Duration::from_secs(2);

/// A code to scan, and its modules where it is not too long for any.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The code as it was told.
    pub code: QrCode,
    /// Its modules.
    pub picture: Option<QrPicture>,
}

impl Scan {
    /// A code with its modules.
    #[must_use]
    pub fn new(code: QrCode) -> Self {
        let picture = QrPicture::new(&code.value).ok();
        Self { code, picture }
    }

    /// How long it counts. Never longer than codes live, should the daemon's clock be ahead of ours.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Duration {
        self.code.expires_at.since(now).min(self.life())
    }

    /// How long it counts in all.
    #[must_use]
    pub fn life(&self) -> Duration {
        self.code.expires_at.since(self.code.shown_at)
    }

    /// Is it the last of its cycle?
    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.code.attempt >= self.code.attempts_max
    }
}

/// What is typed into the phone.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneCode {
    /// The phone.
    pub phone: Phone,
    /// The code.
    pub code: String,
}

impl fmt::Debug for PhoneCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneCode([redacted])")
    }
}

/// How far pairing got.
#[derive(Debug, Clone)]
pub enum Progress {
    /// There is no code yet.
    Starting,
    /// There is a code to scan.
    Scan(Box<Scan>),
    /// All codes of the cycle were shown.
    UsedUp,
    /// There is a code to type into the phone.
    Type(PhoneCode),
    /// It is done.
    Paired(Option<Me>),
    /// WhatsApp or WAHA gave up; why, where that was told.
    Failed(Option<String>),
    /// WhatsApp asks for a passkey.
    Passkey,
    /// WhatsApp asks for the passkey's confirmation.
    PasskeyConfirmation,
    /// WAHA is in a state that needs no words of ours.
    Other(InstanceStatus),
    /// The daemon refused.
    Refused(String),
}

/// A number being paired.
#[derive(Debug, Clone)]
pub struct Pairing {
    /// Which number.
    pub instance: InstanceId,
    /// Its name.
    pub name: String,
    /// How far it got.
    pub progress: Progress,
    /// The way of drawing that a person chose.
    pub rung: Option<Rung>,
    /// Which of black and white is dark.
    pub tone: Tone,
    /// When a code was last asked for.
    pub asked_at: Option<Timestamp>,
    /// When it is asked for again, because the one that came was the old one.
    pub again_at: Option<Timestamp>,
}

impl Pairing {
    /// A pairing that just began.
    #[must_use]
    pub fn new(instance: InstanceId, name: &str) -> Self {
        Self {
            instance,
            name: name.to_owned(),
            progress: Progress::Starting,
            rung: None,
            tone: Tone::Normal,
            asked_at: None,
            again_at: None,
        }
    }

    /// Does it change with time?
    #[must_use]
    pub const fn is_counting(&self) -> bool {
        matches!(self.progress, Progress::Starting | Progress::Scan(_))
    }

    /// The code to scan.
    #[must_use]
    pub const fn scan(&self) -> Option<&Scan> {
        match &self.progress {
            Progress::Scan(scan) => Some(scan),
            _ => None,
        }
    }

    /// The modules of the code to scan.
    #[must_use]
    pub fn picture(&self) -> Option<&QrPicture> {
        self.scan().and_then(|scan| scan.picture.as_ref())
    }
}
