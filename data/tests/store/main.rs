//! Stories of the store, on a real file.

mod answers;
mod support;
