//! Every screen and overlay as people see it: driven by keys, drawn at 80x24 and 120x36, without a terminal.

mod campaigns;
mod campaigns_wizard;
mod chats;
mod chrome;
mod console;
mod contacts;
mod contacts_import;
mod contacts_people;
mod credits;
mod dashboard;
mod exports;
mod guide;
mod leaving;
mod new_chat;
mod numbers;
mod one_person;
mod one_row;
mod pairing;
#[path = "../photo/mod.rs"]
mod photo;
mod queue;
mod quick_replies;
mod quick_replies_picker;
mod roles;

mod settings;
mod shop;
mod talk;
mod triage;
