//! The endpoint that WAHA posts to.

pub mod signature;
