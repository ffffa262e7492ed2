//! What shows: the console.
