//! A key that breaks the console, so that a test can see what is left of it. Without the feature `provoke` nothing of
//! this is built.

use crate::msg::Msg;

/// The variable that names the key.
#[cfg(feature = "provoke")]
const VARIABLE: &str = "MYCHATFLOW_BREAK_BY";

/// Panics when the variable names this key.
#[cfg(feature = "provoke")]
pub fn by(msg: &Msg) {
    if let Msg::Key(key) = msg {
        assert!(std::env::var(VARIABLE) != Ok(key.to_string()), "broken by {key}");
    }
}

/// Nothing.
#[cfg(not(feature = "provoke"))]
#[inline]
pub const fn by(_msg: &Msg) {}
