//! A person in full, over the list.

use mychatflow_data::ids::ContactId;
use mychatflow_data::protocol::calls::contact::ContactShown;

use super::overlay::Reader;

/// A person in full.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub id: ContactId,
    /// What the daemon told of them.
    pub shown: Option<ContactShown>,
    /// The same in lines.
    pub reader: Reader,
}
