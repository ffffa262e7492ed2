//! A WAHA and a Gemini that run in-process on loopback HTTP. Imports nothing of the product.
//!
//! Used by `mychatflow demo`, by the end-to-end tests and by the benches. The wire types are its own,
//! written from what the real servers were seen to answer, so that a mistake in our client can't
//! cancel itself out here.

pub mod crowd;
pub mod customers;
pub mod faults;
pub mod gemini;
pub mod http_client;
pub mod log;
pub mod waha;

mod clock;
mod http;
mod seed;
mod shop;
