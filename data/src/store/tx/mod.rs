//! Deeds over several tables, one transaction and one file each.

pub mod accept_delivery;
pub mod answer;
pub mod clone_campaign;
pub mod draft_campaign;
pub mod edit_contact;
pub mod erase_contact;
pub mod import_known;
pub mod import_people;
pub mod mend_stamps;
pub mod merge_contacts;
pub mod outcome;
pub mod queue;
pub mod review;
pub mod run_campaign;
pub mod send;
pub mod steer;
pub(crate) mod takeover;
pub mod test_campaign;
pub mod unmerge_contacts;
