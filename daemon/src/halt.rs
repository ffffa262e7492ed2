//! Places between two steps at which a test can hold the daemon, to kill it there. Without the feature `halt` nothing
//! of this is built.

/// The variable that names the place.
pub const VARIABLE: &str = "MYCHATFLOW_HALT_AT";

/// Every place, in the order in which an answer passes them.
pub const PLACES: &[&str] = &[
    "delivery_stored",
    "job_claimed",
    "credit_reserved",
    "model_answered",
    "answer_stored",
    "ids_reserved",
    "sending_stored",
    "post_answered",
    "sent_stored",
];

/// The places that no answer passes.
pub const OTHER_PLACES: &[&str] = &["store_look"];

/// Stays here for ever when the variable names this place, and says so on stderr.
#[cfg(feature = "halt")]
pub async fn at(place: &'static str) {
    debug_assert!(PLACES.contains(&place) || OTHER_PLACES.contains(&place), "a new place belongs into a list");
    if std::env::var(VARIABLE).is_ok_and(|wanted| wanted == place) {
        eprintln!("halted at {place}");
        std::future::pending::<()>().await;
    }
}

/// Nothing.
#[cfg(not(feature = "halt"))]
#[inline]
pub async fn at(_place: &'static str) {}
