//! Who writes, found by the address in a message's id.

use mychatflow_sandbox::customers::{Act, Beat};
use mychatflow_sandbox::waha::Customer;

/// Everybody in the play.
#[derive(Debug, Clone, Default)]
pub struct Cast(Vec<Customer>);

impl Cast {
    /// Everybody who does something in a script.
    pub fn of(script: &[Beat]) -> Self {
        let mut cast = Self::default();
        script.iter().for_each(|beat| cast.enter(customer(&beat.act)));
        cast
    }

    /// Somebody comes on, if they were not there already.
    pub fn enter(&mut self, who: &Customer) {
        if !self.0.contains(who) {
            self.0.push(who.clone());
        }
    }

    /// Who is behind an address such as `447700900101@c.us`, by number or hidden.
    pub fn by_address(&self, address: &str) -> Option<&Customer> {
        self.0.iter().find(|who| who.chat_id() == address || who.number_id() == address)
    }

    /// Whose chat a message is in, by its full id.
    pub fn by_message(&self, wa_id: &str) -> Option<&Customer> {
        self.by_address(chat_of(wa_id)?)
    }
}

/// Whose deed it is; for what the owner does, to whom.
pub fn customer(act: &Act) -> &Customer {
    match act {
        Act::Says(who, _)
        | Act::Sends(who, _)
        | Act::Types(who, _)
        | Act::SaysInGroup(who, _)
        | Act::Reacts(who, _)
        | Act::OwnerWrites(who, _)
        | Act::Redelivers(who) => who,
    }
}

/// The chat in a full id: `false_447700900101@c.us_3F…`.
pub fn chat_of(wa_id: &str) -> Option<&str> {
    wa_id.split('_').nth(1)
}

/// The part of a full id that never changes.
pub fn bare_id(wa_id: &str) -> &str {
    wa_id.split('_').nth(2).unwrap_or(wa_id)
}

#[cfg(test)]
mod tests {
    use mychatflow_sandbox::customers;

    use super::*;

    #[test]
    fn people_are_found_by_either_address() {
        let cast = Cast::of(&customers::script(1));
        let cleo = cast.by_message("false_70000000000107@lid_3F01").unwrap();
        assert_eq!(cleo.name, "Cleo");
        assert_eq!(cast.by_address("447700900107@c.us"), Some(cleo));
        assert_eq!(cast.by_message("false_1@c.us_3F01"), None);
        assert_eq!(bare_id("true_447700900107@c.us_3EB0"), "3EB0");
    }
}
