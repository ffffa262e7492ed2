//! Phone numbers as a country writes them: its calling code, and the zero that is dialled only at home.

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

/// Calling codes, how many digits follow one at home without its prefix, and the prefix that people dial there. A code
/// that is not here takes 5 to 12 digits, and says nothing of a prefix.
#[rustfmt::skip]
const PLANS: &[(&str, usize, usize, Prefix)] = &[
    ("1", 10, 10, Prefix::One), ("7", 10, 10, Prefix::Eight), ("20", 8, 10, Prefix::Zero), ("27", 9, 9, Prefix::Zero),
    ("30", 10, 10, Prefix::None), ("31", 9, 9, Prefix::Zero), ("32", 8, 9, Prefix::Zero), ("33", 9, 9, Prefix::Zero),
    ("34", 9, 9, Prefix::None), ("36", 8, 9, Prefix::ZeroSix), ("39", 9, 11, Prefix::None), ("40", 9, 9, Prefix::Zero),
    ("41", 9, 9, Prefix::Zero), ("43", 6, 13, Prefix::Zero), ("44", 9, 10, Prefix::Zero), ("45", 8, 8, Prefix::None),
    ("46", 7, 10, Prefix::Zero), ("47", 8, 8, Prefix::None), ("48", 9, 9, Prefix::None), ("49", 6, 11, Prefix::Zero),
    ("51", 8, 9, Prefix::Zero), ("52", 10, 11, Prefix::None), ("54", 10, 11, Prefix::Zero), ("55", 10, 11, Prefix::None),
    ("56", 9, 9, Prefix::None), ("57", 8, 10, Prefix::None), ("60", 8, 10, Prefix::Zero), ("61", 9, 9, Prefix::Zero),
    ("62", 8, 12, Prefix::Zero), ("63", 8, 10, Prefix::Zero), ("64", 8, 10, Prefix::Zero), ("65", 8, 8, Prefix::None),
    ("66", 8, 9, Prefix::Zero), ("81", 9, 10, Prefix::Zero), ("82", 8, 10, Prefix::Zero), ("84", 9, 10, Prefix::Zero),
    ("86", 10, 11, Prefix::Zero), ("90", 10, 10, Prefix::Zero), ("91", 10, 10, Prefix::None), ("92", 9, 10, Prefix::Zero),
    ("94", 9, 9, Prefix::Zero), ("212", 9, 9, Prefix::Zero), ("233", 9, 9, Prefix::Zero), ("234", 8, 10, Prefix::Zero),
    ("254", 9, 9, Prefix::Zero), ("255", 9, 9, Prefix::Zero), ("256", 9, 9, Prefix::Zero), ("263", 9, 9, Prefix::Zero),
    ("351", 9, 9, Prefix::None), ("353", 7, 9, Prefix::Zero), ("358", 5, 12, Prefix::Zero), ("359", 8, 9, Prefix::Zero),
    ("380", 9, 9, Prefix::Zero), ("381", 8, 9, Prefix::Zero), ("385", 8, 9, Prefix::Zero), ("386", 8, 8, Prefix::Zero),
    ("420", 9, 9, Prefix::None), ("421", 9, 9, Prefix::Zero), ("852", 8, 8, Prefix::None), ("880", 8, 10, Prefix::Zero),
    ("886", 8, 9, Prefix::Zero), ("966", 8, 9, Prefix::Zero), ("971", 8, 9, Prefix::Zero), ("972", 8, 9, Prefix::Zero),
];

/// What people dial before a number of their own country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// Nothing, or nobody knows.
    None,
    /// `0151 …`
    Zero,
    /// `06 20 …`
    ZeroSix,
    /// `8 912 …`
    Eight,
    /// `1 415 …`
    One,
}

impl Prefix {
    /// The number without the prefix; `None` when it has none.
    #[must_use]
    pub fn strip(self, digits: &str) -> Option<&str> {
        match self {
            // Where nobody knows better, a zero at the beginning is one that is dialled only at home.
            Self::None | Self::Zero => digits.strip_prefix('0'),
            Self::ZeroSix => digits.strip_prefix("06"),
            Self::Eight => digits.strip_prefix('8').filter(|_| digits.len() == 11),
            Self::One => digits.strip_prefix('1').filter(|_| digits.len() == 11),
        }
    }
}

/// How phone numbers of a calling code are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The calling code.
    pub code: &'static str,
    /// The fewest digits behind it.
    pub digits_min: usize,
    /// The most digits behind it.
    pub digits_max: usize,
    /// What people dial before it at home.
    pub prefix: Prefix,
}

impl Plan {
    fn of(code: &'static str) -> Self {
        let (_, digits_min, digits_max, prefix) =
            PLANS.iter().find(|(known, ..)| *known == code).copied().unwrap_or((code, 5, 12, Prefix::None));
        Self { code, digits_min, digits_max, prefix }
    }

    /// The plan of a number with its calling code, and the digits behind the code.
    #[must_use]
    pub fn of_international(digits: &str) -> Option<(Self, &str)> {
        let codes = CODES.iter().filter_map(|(_, code)| Some((*code, digits.strip_prefix(code)?)));
        codes.max_by_key(|(code, _)| code.len()).map(|(code, rest)| (Self::of(code), rest))
    }

    /// Is a number without code and prefix long enough, and not too long?
    #[must_use]
    pub fn fits(&self, digits: &str) -> bool {
        (self.digits_min..=self.digits_max).contains(&digits.len())
    }
}

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

    /// A country with this calling code: `49`, `+49`, `0049`. Several may share one, and how their numbers are made with it.
    #[must_use]
    pub fn of_calling_code(code: &str) -> Option<Self> {
        let code = code.trim().trim_start_matches('+').trim_start_matches("00");
        CODES.iter().find(|(_, known)| *known == code).map(|&(name, code)| Self { name, code })
    }

    /// Its two letters.
    #[must_use]
    pub const fn letters(self) -> &'static str {
        self.name
    }

    /// How its phone numbers are made.
    #[must_use]
    pub fn plan(self) -> Plan {
        Plan::of(self.code)
    }

    /// Is the zero at the beginning part of the number, from abroad too?
    #[must_use]
    pub fn keeps_zero(self) -> bool {
        self.code == "39" || self.name == "SM"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_and_their_numbers() {
        assert_eq!(Country::parse(" de ").map(Country::letters), Some("DE"));
        assert_eq!(Country::parse("XX"), None);
        let of = |digits| Plan::of_international(digits).map(|(plan, rest)| (plan.code, rest));
        assert_eq!(of("4915111111111"), Some(("49", "15111111111")));
        // The longest code counts: this is Jamaica and not the United States.
        assert_eq!(of("18765550100"), Some(("1876", "5550100")));
        assert_eq!(of("99915111111"), None);
        for (name, code) in CODES {
            assert!(name.len() == 2 && !code.is_empty() && !code.starts_with('0'), "{name}");
        }
    }
}
