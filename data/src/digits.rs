//! The decimal digits of every script that people write numbers with.

/// The zero of each script whose ten digits follow one another.
const ZEROS: &[char] = &[
    '0',
    '\u{660}',   // Arabic
    '\u{6f0}',   // Persian, Urdu
    '\u{7c0}',   // N'Ko
    '\u{966}',   // Devanagari
    '\u{9e6}',   // Bengali
    '\u{a66}',   // Gurmukhi
    '\u{ae6}',   // Gujarati
    '\u{b66}',   // Odia
    '\u{be6}',   // Tamil
    '\u{c66}',   // Telugu
    '\u{ce6}',   // Kannada
    '\u{d66}',   // Malayalam
    '\u{de6}',   // Sinhala
    '\u{e50}',   // Thai
    '\u{ed0}',   // Lao
    '\u{f20}',   // Tibetan
    '\u{1040}',  // Burmese
    '\u{1090}',  // Shan
    '\u{17e0}',  // Khmer
    '\u{1810}',  // Mongolian
    '\u{a9d0}',  // Javanese
    '\u{abf0}',  // Meitei
    '\u{ff10}',  // full width
    '\u{1d7ce}', // mathematical, and the four sets after it
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e950}', // Adlam
];

/// The value of a decimal digit of any script.
#[must_use]
pub fn decimal_digit(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.to_digit(10).and_then(|digit| u8::try_from(digit).ok());
    }
    let place = u32::from(c);
    let digit = ZEROS.iter().filter_map(|zero| place.checked_sub(u32::from(*zero))).find(|digit| *digit < 10)?;
    u8::try_from(digit).ok()
}

/// The same text with every decimal digit as an ASCII digit.
#[must_use]
pub fn with_ascii_digits(text: &str) -> String {
    text.chars().map(|c| decimal_digit(c).map_or(c, |digit| char::from(b'0' + digit))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_are_digits() {
        for text in ["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "０１２３４５６７８９", "๐๑๒๓๔๕๖๗๘๙", "০১২৩৪৫৬৭৮৯"]
        {
            assert_eq!(with_ascii_digits(text), "0123456789", "{text}");
        }
        assert_eq!(with_ascii_digits("Ana ½ ² 三"), "Ana ½ ² 三");
    }
}
