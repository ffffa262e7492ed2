//! A number being paired: the code, how it is drawn, and how far it got.

use mychatflow_data::ids::InstanceId;
use mychatflow_data::protocol::calls::instance::QrCode;

/// How the code is drawn, where a person chose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Inverted {
    /// Black on white.
    #[default]
    No,
    /// White on black.
    Yes,
}

/// A number being paired.
#[derive(Debug, Clone)]
pub struct Pairing {
    /// Which number.
    pub instance: InstanceId,
    /// Its name.
    pub name: String,
    /// The code as it was last told.
    pub code: Option<QrCode>,
    /// Why there is none.
    pub failure: Option<String>,
    /// What to type into the phone, when that way was chosen.
    pub phone_code: Option<String>,
    /// Black and white swapped?
    pub inverted: Inverted,
}

impl Pairing {
    /// A pairing that just began.
    #[must_use]
    pub fn new(instance: InstanceId, name: &str) -> Self {
        Self { instance, name: name.to_owned(), code: None, failure: None, phone_code: None, inverted: Inverted::No }
    }
}
