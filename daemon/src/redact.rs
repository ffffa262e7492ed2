//! An address as it may be printed: without a user, a password, and whatever follows a question mark.

/// What stands in place of what is left out.
const LEFT_OUT: &str = "[redacted]";

/// The address without what may be secret in it. It need not be a right one: what a person mistyped is printed too.
#[must_use]
pub fn redacted(address: &str) -> String {
    let (scheme, rest) = match address.split_once("//") {
        Some((scheme, rest)) => (format!("{scheme}//"), rest),
        None => (String::new(), address),
    };
    // A password may have any of these in it, so the last @ counts.
    let (user, rest) = match rest.rsplit_once('@') {
        Some((_, host)) => (format!("{LEFT_OUT}@"), host),
        None => (String::new(), rest),
    };
    match rest.find(['?', '#']) {
        Some(at) => format!("{scheme}{user}{}{LEFT_OUT}", &rest[..=at]),
        None => format!("{scheme}{user}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_left() {
        for (address, expected) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://anna:hunter2@waha:3000/x", "http://[redacted]@waha:3000/x"),
            ("http://anna:hun/ter?2@waha", "http://[redacted]@waha"),
            ("http://anna:hun@ter2@waha", "http://[redacted]@waha"),
            ("anna:hunter2@waha", "[redacted]@waha"),
            ("http://waha/?token=hunter2", "http://waha/?[redacted]"),
            ("", ""),
        ] {
            assert_eq!(redacted(address), expected);
        }
    }
}
