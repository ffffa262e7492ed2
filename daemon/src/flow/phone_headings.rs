//! Which columns hold phone numbers, by the words of their headings: whole words, in the languages that our users'
//! programs speak. "Phonetic First Name" is no phone, and a fax has no WhatsApp.

use mychatflow_data::letters::plain;

/// What a column of phone numbers is, the likeliest to be on WhatsApp first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PhoneKind {
    /// `WhatsApp`
    WhatsApp,
    /// `Mobile`, `Handy`
    Mobile,
    /// `Phone`, `Tel.`
    Phone,
    /// `Home Phone`, `Business Phone`, `Festnetz`: often a landline.
    Landline,
    /// `Number`, which may count the rows.
    Number,
}

#[rustfmt::skip]
const WHATSAPP: &[&str] = &["whatsapp", "whatsappnummer", "whatsappnumber", "wa", "whats", "вотсап", "ватсап", "واتساب", "واتس", "व्हाट्सएप", "व्हाट्सऐप", "whatsapp号码"];
#[rustfmt::skip]
const MOBILE: &[&str] = &[
    "mobile", "mobiles", "mobilephone", "mobilenumber", "mobileno", "cell", "cellphone", "cellular", "iphone", "smartphone", "mob", "gsm",
    "mobil", "mobilnummer", "mobilnr", "mobiltelefon", "mobilfunk", "mobilfunknummer", "mobiltel", "handy", "handynummer", "handynr", "natel",
    "movil", "celular", "cel", "portable", "cellulare", "cellulari", "telemovel", "mobiel", "mobielnummer", "mobieltje", "komorka", "komorkowy", "komorkowe",
    "cep", "ceptelefonu", "мобильный", "мобильныи", "мобильного", "мобильнои", "сотовый", "сотовыи", "моб", "мобільний", "мобільнии",
    "موبايل", "الموبايل", "جوال", "الجوال", "محمول", "المحمول", "نقال", "मोबाइल", "मोबाईल", "手机", "手机号", "手机号码", "手機", "手機號碼", "移动电话", "携帯", "携帯電話", "携帯番号", "휴대폰", "휴대전화", "핸드폰",
    "hp", "ponsel", "נייד", "mobiltelefonnummer", "telefono_movil", "mobilni",
];
#[rustfmt::skip]
const PHONE: &[&str] = &[
    "phone", "phones", "phonenumber", "phonenumbers", "phoneno", "telephone", "telephones", "tel", "telno", "telnr", "msisdn", "fon", "fone", "ph",
    "telefon", "telefone", "telefonnummer", "telefonnr", "rufnummer", "telefonnumber", "telefono", "telefonos", "telefoon", "telefoonnummer", "telefonnumren", "telefonu",
    "telefoni", "telefonszam", "telefonszama", "телефон", "телефона", "телефону", "телефоны", "тел", "هاتف", "الهاتف", "تليفون", "التليفون", "تلفن", "फोन", "फ़ोन", "दूरभाष",
    "电话", "电话号码", "電話", "電話番号", "電話號碼", "전화", "전화번호", "telepon", "telp", "טלפון", "e164",
];
#[rustfmt::skip]
const LANDLINE: &[&str] = &[
    "work", "business", "office", "home", "house", "main", "company", "landline", "fixed", "other", "callback", "car", "primary", "evening", "day", "daytime",
    "festnetz", "geschaftlich", "geschaeftlich", "dienstlich", "firma", "privat", "zentrale", "hauptnummer", "weitere", "buro", "buero", "arbeit",
    "trabajo", "casa", "fijo", "particular", "oficina", "negocio", "bureau", "domicile", "fixe", "professionnel", "entreprise", "maison", "travail",
    "lavoro", "ufficio", "abitazione", "fisso", "fixo", "trabalho", "comercial", "residencial", "escritorio", "empresa",
    "is", "ev", "sabit", "рабочий", "рабочии", "домашний", "домашнии", "городской", "городскои", "служебный", "عمل", "العمل", "منزل", "المنزل", "ارضي", "werk", "thuis", "vast", "座机", "固话",
];
#[rustfmt::skip]
const NUMBER: &[&str] = &["number", "numero", "nummer", "numara", "номер", "رقم", "الرقم", "नंबर", "号码", "號碼", "番号", "번호", "no", "nr", "nro"];
/// What stands beside phone numbers, or is no telephone that somebody writes to.
#[rustfmt::skip]
const NEVER: &[&str] = &[
    "fax", "telefax", "faxnummer", "faxnumber", "telecopie", "telecopieur", "факс", "فاكس", "传真", "फैक्स", "pager", "telex", "isdn", "tty", "tdd", "radio", "faks",
    "phonetic", "yomi", "furigana", "type", "label", "typ", "tipo", "code", "country", "vorwahl", "landesvorwahl", "prefix", "prefijo", "indicatif", "prefisso", "ddi", "ddd",
    "extension", "ext", "durchwahl", "nebenstelle", "date", "datum", "fecha", "time", "model", "modell", "modelo", "brand", "carrier", "provider", "operator", "os", "status", "valid",
    "verified", "consent", "opt", "optin", "email", "mail", "url", "name", "notes", "note", "id", "count", "hours", "format", "source", "country_code", "assistant", "assistants", "asst", "imei", "serial", "plan",
];
/// One word may hold a label of its own: `Phone 1 - Value`.
const LABELS: &[&str] = &["label", "type", "typ", "tipo", "etiquette", "etiqueta", "bezeichnung"];

/// What a heading says of phone numbers; `None`: it is no column of them.
#[must_use]
pub fn phone_kind(heading: &str) -> Option<PhoneKind> {
    let words = words(heading);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    if words.is_empty() || has(NEVER) {
        return None;
    }
    if has(WHATSAPP) {
        return Some(PhoneKind::WhatsApp);
    }
    if has(MOBILE) {
        return Some(PhoneKind::Mobile);
    }
    if has(PHONE) {
        return Some(if has(LANDLINE) { PhoneKind::Landline } else { PhoneKind::Phone });
    }
    // "Customer number" counts customers.
    let is_number = |word: &String| NUMBER.contains(&word.as_str());
    // "SMS" is a mobile phone, "Accepts SMS" is none.
    if words.iter().any(|word| word == "sms") && words.iter().all(|word| word == "sms" || is_number(word)) {
        return Some(PhoneKind::Mobile);
    }
    let is_place = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
    let only_number = words.iter().any(is_number) && words.iter().all(|word| is_number(word) || is_place(word));
    only_number.then_some(PhoneKind::Number)
}

/// Does a heading speak of numbers that are no telephones: "Customer no.", "Order ID", "IBAN"?
#[must_use]
pub fn counts_something(heading: &str) -> bool {
    const OTHERS: &[&str] = &[
        "id",
        "iban",
        "ean",
        "sku",
        "isbn",
        "plz",
        "zip",
        "postcode",
        "order",
        "invoice",
        "customer",
        "kunde",
        "kundennr",
        "kundennummer",
        "bestellung",
        "rechnung",
        "konto",
        "account",
        "cliente",
        "pedido",
        "factura",
        "client",
        "commande",
        "facture",
        "vat",
        "tax",
        "ust",
        "nif",
        "cpf",
        "cnpj",
        "inn",
        "инн",
    ];
    let known = |word: &String| [OTHERS, NUMBER, NEVER].iter().any(|words| words.contains(&word.as_str()));
    words(heading).iter().any(known)
}

/// What the label beside a number says, as in `Phone 1 - Label`: `None` for a fax.
#[must_use]
pub fn labelled_kind(label: &str, column: PhoneKind) -> Option<PhoneKind> {
    let words = words(label);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    match () {
        () if has(&["fax", "telefax", "telecopie", "факс", "فاكس", "传真", "pager", "faks"]) => None,
        () if has(WHATSAPP) => Some(PhoneKind::WhatsApp),
        () if has(MOBILE) => Some(PhoneKind::Mobile),
        () if has(LANDLINE) => Some(PhoneKind::Landline),
        () => Some(column),
    }
}

/// The column beside a column of numbers that says what sort of number each is: `Phone 1 - Label` for `Phone 1 - Value`.
#[must_use]
pub fn label_of(heading: &str, headings: &[&str]) -> Option<usize> {
    let number: Vec<String> = words(heading).into_iter().filter(|word| word != "value" && word != "number").collect();
    headings.iter().position(|other| {
        let mut other = words(other);
        let before = other.len();
        other.retain(|word| !LABELS.contains(&word.as_str()));
        other.len() < before && other == number
    })
}

/// The words of a heading, without accents and in small letters.
fn words(heading: &str) -> Vec<String> {
    let plain = plain(heading);
    plain
        .split(|c: char| !c.is_alphanumeric() && !is_vowel_sign(c))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Marks of Indian scripts that are a part of their letter.
fn is_vowel_sign(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{963}' | '\u{970}'..='\u{97f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_phone_numbers_are_known_by_whole_words() {
        use PhoneKind::{Landline, Mobile, Number, Phone, WhatsApp};
        for (kind, headings) in [
            (Some(WhatsApp), &["WhatsApp", "WhatsApp Nummer", "whatsapp_privat", "WA Number"][..]),
            (
                Some(Mobile),
                &[
                    "Mobile",
                    "Mobile Phone",
                    "Mobiltelefon",
                    "Handynummer",
                    "Teléfono móvil",
                    "Tél. mobile",
                    "Celular",
                    "Cellulare",
                    "Phone (mobile)",
                    "iPhone",
                    "Cep Telefonu",
                    "Мобильный телефон",
                    "رقم الجوال",
                    "मोबाइल नंबर",
                    "手机号",
                    "Telemóvel",
                    "Tel. portable",
                ],
            ),
            (
                Some(Phone),
                &[
                    "Phone",
                    "phone_number",
                    "Phone 1 - Value",
                    "Telefon",
                    "Telefonnummer",
                    "Tel.",
                    "TELÉFONO",
                    "Téléphone",
                    "Телефон",
                    "Номер телефона",
                    "الهاتف",
                    "फोन",
                    "电话号码",
                    "Formatted Phone",
                    "Rufnummer",
                    "Telefon Numarası",
                ],
            ),
            (
                Some(Landline),
                &[
                    "Home Phone",
                    "Business Phone 2",
                    "Telefon (geschäftlich)",
                    "Téléphone (domicile)",
                    "Teléfono del trabajo",
                ],
            ),
            (Some(Number), &["Number", "Número", "Nr."]),
            (
                None,
                &[
                    "Phonetic First Name",
                    "Telefax",
                    "Fax geschäftlich",
                    "Business Fax",
                    "Pager",
                    "Phone 1 - Label",
                    "Phone 1 - Type",
                    "Phone Type",
                    "Country Code",
                    "Phone Model",
                    "Telefonist",
                    "Customer Number",
                    "Kundennummer",
                    "Headphones",
                    "Megaphone",
                    "Phone opt-in",
                    "Hotel",
                    "",
                ],
            ),
        ] {
            for heading in headings {
                assert_eq!(phone_kind(heading), kind, "{heading}");
            }
        }
    }

    #[test]
    fn a_label_beside_a_number_says_what_it_is() {
        let headings = ["First Name", "Phone 1 - Label", "Phone 1 - Value", "Phone 2 - Type", "Phone 2 - Value"];
        assert_eq!(label_of("Phone 1 - Value", &headings), Some(1));
        assert_eq!(label_of("Phone 2 - Value", &headings), Some(3));
        assert_eq!(label_of("Phone", &headings), None);
        for (label, kind) in [
            ("Mobile", Some(PhoneKind::Mobile)),
            ("* Mobil", Some(PhoneKind::Mobile)),
            ("Work Fax", None),
            ("Home", Some(PhoneKind::Landline)),
            ("", Some(PhoneKind::Phone)),
        ] {
            assert_eq!(labelled_kind(label, PhoneKind::Phone), kind, "{label}");
        }
    }
}
