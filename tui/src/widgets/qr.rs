//! A pairing code as cells.
