//! The front door: parse, build the runtime, run one command.

fn main() {}
