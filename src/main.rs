//! The front door: parse, build the runtime, run one command.

mod config;
mod paths;

fn main() {}
