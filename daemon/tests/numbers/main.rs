//! The life of a number on a WAHA server over loopback HTTP.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

mod evidence;
mod gaps;
mod life;
mod pairings;
mod people;
mod world;
