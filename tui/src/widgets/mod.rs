//! Small pictures that views are put together from.

pub mod qr;
