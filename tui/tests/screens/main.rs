//! Every screen and overlay as people see it: driven by keys, drawn at 80x24 and 120x36, without a terminal.

mod chrome;
mod console;
mod credits;
mod dashboard;
mod queue;
mod shop;
