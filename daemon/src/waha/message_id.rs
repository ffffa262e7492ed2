//! WAHA's message ids, `{true|false}_{chat}_{bare}[_{participant}]`, taken apart and put together.

use mychatflow_data::phone::Address;

/// A full id in its parts. Nothing is checked but the shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MessageId<'a> {
    pub(super) from_me: bool,
    pub(super) chat: &'a str,
    pub(super) bare: &'a str,
    pub(super) participant: Option<&'a str>,
}

impl<'a> MessageId<'a> {
    /// Reads a full id; `None` when it has not the shape of one.
    ///
    /// The chat ends at the first `_` after its `@`; what is left is the bare id, which may contain `_` itself, and the
    /// participant when the last part has an `@`.
    pub(super) fn parse(id: &'a str) -> Option<Self> {
        let (flag, rest) = id.split_once('_')?;
        let from_me = match flag {
            "true" => true,
            "false" => false,
            _ => return None,
        };
        let at = rest.find('@')?;
        let end = at + rest[at..].find('_')?;
        let (chat, rest) = (&rest[..end], &rest[end + 1..]);
        let (bare, participant) = match rest.rsplit_once('_') {
            Some((bare, last)) if last.contains('@') => (bare, Some(last)),
            _ => (rest, None),
        };
        // WhatsApp Web adds a direction to ids of messages to oneself.
        let bare = bare.strip_suffix("_out").or_else(|| bare.strip_suffix("_in")).unwrap_or(bare);
        (!bare.is_empty() && at > 0).then_some(Self { from_me, chat, bare, participant })
    }
}

/// The stable part of an id that may be full or bare.
pub(super) fn bare_of(id: &str) -> &str {
    MessageId::parse(id).map_or(id, |id| id.bare)
}

/// WAHA's full id of a message that we wrote to a person: what a lookup of a reserved bare id asks for.
#[must_use]
pub fn own_id(chat: &Address, bare: &str) -> String {
    format!("true_{chat}_{bare}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_all_shapes() {
        let id = |from_me, chat, bare, participant| Some(MessageId { from_me, chat, bare, participant });
        for (text, expected) in [
            ("false_4915111111111@c.us_3F00A1", id(false, "4915111111111@c.us", "3F00A1", None)),
            ("true_7000@lid_AC_00_B3", id(true, "7000@lid", "AC_00_B3", None)),
            ("false_1203@g.us_3F_1_49152@c.us", id(false, "1203@g.us", "3F_1", Some("49152@c.us"))),
            ("false_status@broadcast_3F_49151@c.us", id(false, "status@broadcast", "3F", Some("49151@c.us"))),
            ("true_49151@c.us_3EB0_out", id(true, "49151@c.us", "3EB0", None)),
            ("3F00A1", None),
            ("maybe_49151@c.us_3F", None),
            ("false_49151@c.us_", None),
            ("false_49151@c.us", None),
            ("false_@c.us_3F", None),
            ("", None),
        ] {
            assert_eq!(MessageId::parse(text), expected, "{text}");
        }
        assert_eq!(bare_of("true_49151@c.us_3EB0"), "3EB0");
        assert_eq!(bare_of("3EB0"), "3EB0");
        assert_eq!(own_id(&Address::parse("49151@c.us").unwrap(), "3EB0"), "true_49151@c.us_3EB0");
    }
}
