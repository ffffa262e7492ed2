//! Which numbers are of mobile phones, where a country gives them beginnings of their own. On a landline WhatsApp is seldom,
//! so a mobile number goes before one, and a list says where it had only that.

use mychatflow_data::phone::Phone;

use super::country::Plan;

/// Calling codes, and how a mobile number begins behind them. Countries that are not here, such as the United States, do not
/// tell the two apart.
#[rustfmt::skip]
const MOBILE: &[(&str, &[&str])] = &[
    ("7", &["9", "70", "77"]), ("20", &["1"]), ("27", &["6", "7", "8"]), ("30", &["6"]), ("31", &["6"]), ("32", &["4"]), ("33", &["6", "7"]),
    ("34", &["6", "7"]), ("36", &["20", "30", "31", "50", "70"]), ("39", &["3"]), ("40", &["7"]), ("41", &["7"]), ("43", &["65", "66", "67", "68", "69"]),
    ("44", &["7"]), ("46", &["7"]), ("47", &["4", "9"]), ("48", &["45", "50", "51", "53", "57", "60", "66", "69", "72", "73", "78", "79", "88"]),
    ("49", &["15", "16", "17"]), ("51", &["9"]), ("56", &["9"]), ("57", &["3"]), ("60", &["1"]), ("61", &["4"]), ("62", &["8"]), ("63", &["9"]), ("64", &["2"]),
    ("81", &["70", "80", "90"]), ("82", &["1"]), ("84", &["3", "5", "7", "8", "9"]), ("86", &["1"]), ("90", &["5"]), ("91", &["6", "7", "8", "9"]), ("92", &["3"]), ("94", &["7"]), ("98", &["9"]),
    ("212", &["6", "7"]), ("213", &["5", "6", "7"]), ("216", &["2", "4", "5", "9"]), ("234", &["7", "8", "9"]), ("254", &["7", "1"]), ("255", &["6", "7"]), ("256", &["7"]),
    ("351", &["9"]), ("353", &["8"]), ("358", &["4", "50"]), ("359", &["8", "9"]), ("380", &["39", "50", "63", "66", "67", "68", "73", "9"]), ("381", &["6"]), ("385", &["9"]),
    ("386", &["3", "4", "5", "6", "7"]), ("420", &["6", "7"]), ("421", &["9"]), ("593", &["9"]), ("595", &["9"]), ("598", &["9"]), ("880", &["1"]), ("886", &["9"]),
    ("962", &["7"]), ("964", &["7"]), ("965", &["5", "6", "9"]), ("966", &["5"]), ("971", &["5"]), ("972", &["5"]), ("977", &["9"]), ("998", &["9", "88", "33", "77"]),
];

/// Is it a landline for certain?
#[must_use]
pub fn is_landline(phone: &Phone) -> bool {
    let Some((plan, rest)) = Plan::of_international(phone.digits()) else { return false };
    // Brazil tells them apart by the ninth digit, or by the first one of eight.
    if plan.code == "55" {
        return rest.len() == 10 && rest.get(2..3).is_some_and(|digit| ("2"..="5").contains(&digit));
    }
    let known = MOBILE.iter().find(|(code, _)| *code == plan.code);
    known.is_some_and(|(_, beginnings)| !beginnings.iter().any(|beginning| rest.starts_with(beginning)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn landlines_are_known_where_countries_tell_them_apart() {
        for (digits, expected) in [
            ("4915122200011", false),
            ("49305550012", true),
            ("441632960147", true),
            ("447700900123", false),
            ("33472550134", true),
            ("34915550134", true),
            ("551155500134", true),
            ("5511987654321", false),
            ("551187654321", false),
            // Nobody can tell.
            ("14155550100", false),
            ("525512345678", false),
        ] {
            assert_eq!(is_landline(&Phone::parse(digits).unwrap()), expected, "{digits}");
        }
    }
}
