//! Phone numbers as a country writes them: its calling code, and the zero that is dialled only at home.

use mychatflow_data::phone::Phone;

/// Two letters of ISO 3166 and the calling code.
#[rustfmt::skip]
const CODES: &[(&str, &str)] = &[
    ("AC", "247"), ("AD", "376"), ("AE", "971"), ("AF", "93"), ("AG", "1268"), ("AI", "1264"), ("AL", "355"), ("AM", "374"),
    ("AO", "244"), ("AR", "54"), ("AS", "1684"), ("AT", "43"), ("AU", "61"), ("AW", "297"), ("AX", "358"), ("AZ", "994"),
    ("BA", "387"), ("BB", "1246"), ("BD", "880"), ("BE", "32"), ("BF", "226"), ("BG", "359"), ("BH", "973"), ("BI", "257"),
    ("BJ", "229"), ("BL", "590"), ("BM", "1441"), ("BN", "673"), ("BO", "591"), ("BQ", "599"), ("BR", "55"), ("BS", "1242"),
    ("BT", "975"), ("BW", "267"), ("BY", "375"), ("BZ", "501"), ("CA", "1"), ("CD", "243"), ("CF", "236"), ("CG", "242"),
    ("CH", "41"), ("CI", "225"), ("CK", "682"), ("CL", "56"), ("CM", "237"), ("CN", "86"), ("CO", "57"), ("CR", "506"),
    ("CU", "53"), ("CV", "238"), ("CW", "599"), ("CY", "357"), ("CZ", "420"), ("DE", "49"), ("DJ", "253"), ("DK", "45"),
    ("DM", "1767"), ("DO", "1"), ("DZ", "213"), ("EC", "593"), ("EE", "372"), ("EG", "20"), ("ER", "291"), ("ES", "34"),
    ("ET", "251"), ("FI", "358"), ("FJ", "679"), ("FK", "500"), ("FM", "691"), ("FO", "298"), ("FR", "33"), ("GA", "241"),
    ("GB", "44"), ("GD", "1473"), ("GE", "995"), ("GF", "594"), ("GG", "44"), ("GH", "233"), ("GI", "350"), ("GL", "299"),
    ("GM", "220"), ("GN", "224"), ("GP", "590"), ("GQ", "240"), ("GR", "30"), ("GT", "502"), ("GU", "1671"), ("GW", "245"),
    ("GY", "592"), ("HK", "852"), ("HN", "504"), ("HR", "385"), ("HT", "509"), ("HU", "36"), ("ID", "62"), ("IE", "353"),
    ("IL", "972"), ("IM", "44"), ("IN", "91"), ("IQ", "964"), ("IR", "98"), ("IS", "354"), ("IT", "39"), ("JE", "44"),
    ("JM", "1876"), ("JO", "962"), ("JP", "81"), ("KE", "254"), ("KG", "996"), ("KH", "855"), ("KI", "686"), ("KM", "269"),
    ("KN", "1869"), ("KP", "850"), ("KR", "82"), ("KW", "965"), ("KY", "1345"), ("KZ", "7"), ("LA", "856"), ("LB", "961"),
    ("LC", "1758"), ("LI", "423"), ("LK", "94"), ("LR", "231"), ("LS", "266"), ("LT", "370"), ("LU", "352"), ("LV", "371"),
    ("LY", "218"), ("MA", "212"), ("MC", "377"), ("MD", "373"), ("ME", "382"), ("MF", "590"), ("MG", "261"), ("MH", "692"),
    ("MK", "389"), ("ML", "223"), ("MM", "95"), ("MN", "976"), ("MO", "853"), ("MP", "1670"), ("MQ", "596"), ("MR", "222"),
    ("MS", "1664"), ("MT", "356"), ("MU", "230"), ("MV", "960"), ("MW", "265"), ("MX", "52"), ("MY", "60"), ("MZ", "258"),
    ("NA", "264"), ("NC", "687"), ("NE", "227"), ("NG", "234"), ("NI", "505"), ("NL", "31"), ("NO", "47"), ("NP", "977"),
    ("NR", "674"), ("NU", "683"), ("NZ", "64"), ("OM", "968"), ("PA", "507"), ("PE", "51"), ("PF", "689"), ("PG", "675"),
    ("PH", "63"), ("PK", "92"), ("PL", "48"), ("PM", "508"), ("PR", "1"), ("PS", "970"), ("PT", "351"), ("PW", "680"),
    ("PY", "595"), ("QA", "974"), ("RE", "262"), ("RO", "40"), ("RS", "381"), ("RU", "7"), ("RW", "250"), ("SA", "966"),
    ("SB", "677"), ("SC", "248"), ("SD", "249"), ("SE", "46"), ("SG", "65"), ("SH", "290"), ("SI", "386"), ("SK", "421"),
    ("SL", "232"), ("SM", "378"), ("SN", "221"), ("SO", "252"), ("SR", "597"), ("SS", "211"), ("ST", "239"), ("SV", "503"),
    ("SX", "1721"), ("SY", "963"), ("SZ", "268"), ("TC", "1649"), ("TD", "235"), ("TG", "228"), ("TH", "66"), ("TJ", "992"),
    ("TK", "690"), ("TL", "670"), ("TM", "993"), ("TN", "216"), ("TO", "676"), ("TR", "90"), ("TT", "1868"), ("TV", "688"),
    ("TW", "886"), ("TZ", "255"), ("UA", "380"), ("UG", "256"), ("US", "1"), ("UY", "598"), ("UZ", "998"), ("VA", "39"),
    ("VC", "1784"), ("VE", "58"), ("VG", "1284"), ("VI", "1340"), ("VN", "84"), ("VU", "678"), ("WF", "681"), ("WS", "685"),
    ("XK", "383"), ("YE", "967"), ("YT", "262"), ("ZA", "27"), ("ZM", "260"), ("ZW", "263"),
];

/// A country, for the numbers that do not say theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    name: &'static str,
    code: &'static str,
}

impl Country {
    /// The country of two letters, whatever their case.
    #[must_use]
    pub fn parse(letters: &str) -> Option<Self> {
        let wanted = letters.trim().to_uppercase();
        CODES.iter().find(|(name, _)| *name == wanted).map(|&(name, code)| Self { name, code })
    }
}

/// Reads a phone number of a list. Without a country code it is one of `home`.
///
/// # Errors
/// Why it is none, in words for people.
pub fn phone(text: &str, home: Option<Country>) -> Result<Phone, String> {
    let text = text.trim();
    let none = || format!("not a phone number: {text:?}");
    if text.is_empty() {
        return Err("no phone number".to_owned());
    }
    let lower = text.to_lowercase();
    if lower.contains("e+") && lower.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("a spreadsheet has cut digits off: {text:?}"));
    }
    // A spreadsheet that takes a number for text marks it so.
    let text = text.trim_start_matches('\'');
    if text.starts_with('+') || text.starts_with("00") {
        return Phone::parse(text).map_err(|_| none());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if text.chars().any(|c| !c.is_ascii_digit() && !" -().\u{a0}/".contains(c)) {
        return Err(none());
    }
    match home {
        None if digits.starts_with('0') => Err(format!("no country code: {text:?}; name a country")),
        None => Phone::parse(&digits).map_err(|_| none()),
        Some(country) => at_home(&digits, country).map_err(|()| none()),
    }
}

fn at_home(digits: &str, country: Country) -> Result<Phone, ()> {
    let Country { name, code } = country;
    let national = match name {
        // Italians dial the zero from abroad, too.
        "IT" | "SM" | "VA" => digits,
        "RU" | "KZ" if digits.len() == 11 => digits.strip_prefix('8').unwrap_or(digits),
        "HU" => digits.strip_prefix("06").unwrap_or(digits),
        _ => digits.strip_prefix('0').unwrap_or(digits),
    };
    // It may have its country code already, and lost the plus.
    let whole = national.len() == digits.len() && digits.starts_with(code) && digits.len() >= code.len() + 8;
    let full = if whole { digits.to_owned() } else { format!("{code}{national}") };
    Phone::parse(&full).map_err(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_lists() {
        for (text, home, expected) in [
            ("+49 151 11111111", None, Ok("4915111111111")),
            ("0049 151 11111111", Some("US"), Ok("4915111111111")),
            ("0151 11111111", Some("de"), Ok("4915111111111")),
            ("151 11111111", Some("DE"), Ok("4915111111111")),
            ("4915111111111", Some("DE"), Ok("4915111111111")),
            ("4915111111111", None, Ok("4915111111111")),
            ("'+4915111111111", None, Ok("4915111111111")),
            ("07700 900123", Some("GB"), Ok("447700900123")),
            ("(415) 555-0100", Some("US"), Ok("14155550100")),
            ("1 415 555 0100", Some("US"), Ok("14155550100")),
            ("06 1234 5678", Some("IT"), Ok("390612345678")),
            ("8 912 345-67-89", Some("RU"), Ok("79123456789")),
            ("0151 11111111", None, Err("no country code: \"0151 11111111\"; name a country")),
            ("4.91511E+12", Some("DE"), Err("a spreadsheet has cut digits off: \"4.91511E+12\"")),
            ("n/a", Some("DE"), Err("not a phone number: \"n/a\"")),
            ("", Some("DE"), Err("no phone number")),
            ("12", Some("DE"), Err("not a phone number: \"12\"")),
        ] {
            let found = phone(text, home.and_then(Country::parse));
            let found = found.as_ref().map(Phone::digits).map_err(String::as_str);
            assert_eq!(found, expected, "{text} {home:?}");
        }
        assert_eq!(Country::parse("XX"), None);
    }
}
