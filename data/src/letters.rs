//! Letters without their accents, to compare words of several languages.

/// What a letter is without its accent; `None`: it has none that is known.
#[must_use]
pub const fn without_accent(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' | 'ą' | 'Ą' => "a",
        'è' | 'é' | 'ê' | 'ë' | 'È' | 'É' | 'Ê' | 'Ë' | 'ę' | 'Ę' => "e",
        'ì' | 'í' | 'î' | 'ï' | 'Ì' | 'Í' | 'Î' | 'Ï' | 'ı' | 'İ' => "i",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'ø' | 'Ø' => "o",
        'ù' | 'ú' | 'û' | 'ü' | 'Ù' | 'Ú' | 'Û' | 'Ü' => "u",
        'ç' | 'Ç' | 'ć' | 'Ć' | 'č' | 'Č' => "c",
        'ñ' | 'Ñ' | 'ń' | 'Ń' => "n",
        'ş' | 'Ş' | 'ś' | 'Ś' | 'š' | 'Š' => "s",
        'ğ' | 'Ğ' => "g",
        'ł' | 'Ł' => "l",
        'ź' | 'Ź' | 'ż' | 'Ż' | 'ž' | 'Ž' => "z",
        'ß' => "ss",
        'ё' | 'Ё' => "е",
        'й' | 'Й' => "и",
        'أ' | 'إ' | 'آ' => "ا",
        'ة' => "ه",
        'ى' => "ي",
        // Accents and vowel marks that stand beside their letter.
        '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{640}' | '\u{670}' | '\u{93c}' => "",
        _ => return None,
    })
}

/// A text in small letters and without accents.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match without_accent(c) {
            Some(letters) => plain.push_str(letters),
            None => plain.extend(c.to_lowercase()),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_with_and_without_accents() {
        for (text, expected) in [("Prénom", "prenom"), ("TELÉFONO", "telefono"), ("Straße", "strasse"), ("Имя", "имя")]
        {
            assert_eq!(plain(text), expected);
        }
    }
}
