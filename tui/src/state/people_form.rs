//! What the forms about people are for.

use mychatflow_data::ids::ContactId;
use mychatflow_data::model::contact::Contact;

/// What a form about people is for.
#[derive(Debug, Clone, PartialEq)]
pub enum PeopleForm {
    /// What is known of a person, as it was before.
    Edit(Box<Contact>),
    /// Tags for everybody with a mark.
    TagMarked,
    /// A person is to be erased.
    Erase(ContactId),
    /// A filter is to be kept.
    Segment,
    /// A file with people.
    Import,
}
