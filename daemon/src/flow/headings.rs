//! What the columns of a list may be called, in the languages that our users' spreadsheets speak.

/// What the column of phone numbers may be called. Where several are, the first of these is it: WhatsApp is on mobile
/// phones, and a column named number may count the rows.
#[rustfmt::skip]
const PHONE: &[&str] = &[
    "whatsapp", "whatsapp_number", "mobile", "mobile_number", "mobile_phone", "mobil", "handy", "handynummer", "cell",
    "cellphone", "celular", "movil", "móvil", "telephone_mobile", "portable", "cellulare", "telemóvel", "telemovel",
    "phone", "phone_number", "phonenumber", "msisdn", "telephone", "tel", "telefon", "telefonnummer", "rufnummer",
    "telefono", "teléfono", "téléphone", "telefone", "telefoon", "number", "numero", "número",
];
/// What such a heading has in it at least: `Phone 1 - Value`, `Mobiltelefon privat`.
const PHONE_STEMS: &[&str] = &["phone", "whatsapp", "mobil", "telef", "teléf", "handy", "celular", "cellul"];
/// What stands beside phone numbers under nearly the same heading.
const NO_PHONE: &[&str] = &["type", "label", "typ", "code", "country"];
/// What the other columns may be called, the likeliest first.
#[rustfmt::skip]
const OTHERS: &[(Role, &[&str])] = &[
    (Role::Name, &["name", "full_name", "fullname", "display_name", "customer_name", "contact_name", "customer", "contact",
                   "nombre", "nom", "nome", "kunde", "naam"]),
    (Role::FirstName, &["first_name", "firstname", "given_name", "vorname", "prénom", "prenom", "primer_nombre", "voornaam"]),
    (Role::LastName, &["last_name", "lastname", "surname", "family_name", "nachname", "apellido", "apellidos", "sobrenome",
                       "cognome", "nom_de_famille", "achternaam"]),
    (Role::Tags, &["tags", "tag", "labels", "label", "groups", "group", "etiquetas", "schlagworte", "gruppen", "gruppe"]),
    (Role::Language, &["language", "lang", "locale", "sprache", "idioma", "langue", "lingua", "taal"]),
    (Role::Consent, &["consent", "opt_in", "optin", "opted_in", "einwilligung", "consentimiento", "consentement",
                      "marketing_consent", "accepts_marketing"]),
    (Role::ConsentSource, &["consent_source", "opt_in_source", "optin_source"]),
    (Role::ConsentAt, &["consent_at", "consent_date", "consented_at", "opt_in_at", "optin_at", "opt_in_date"]),
    (Role::ConsentProof, &["consent_proof", "opt_in_proof", "proof"]),
    (Role::Note, &["note", "notes", "notiz", "notizen", "bemerkung", "comment", "comments", "nota", "notas"]),
];

/// What only an export of ours has, all of them: `review` alone is a column of the owner's own.
pub const EXPORTED: [(&str, Role); 6] = [
    ("opted_out_at", Role::OptedOutAt),
    ("review", Role::Review),
    ("addresses", Role::Unread),
    ("known_since", Role::Unread),
    ("last_in_at", Role::Unread),
    ("last_out_at", Role::Unread),
];

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Phone numbers.
    Phone,
    /// Whole names.
    Name,
    /// First names.
    FirstName,
    /// Last names.
    LastName,
    /// Tags, with commas or semicolons between them.
    Tags,
    /// The language that a person is written to in.
    Language,
    /// Yes or no.
    Consent,
    /// Where consent was given.
    ConsentSource,
    /// When it was given.
    ConsentAt,
    /// What shows it.
    ConsentProof,
    /// What the owner wrote down.
    Note,
    /// Since when a person is not written to. In an export of ours.
    OptedOutAt,
    /// What the owner said about a person. In an export of ours.
    Review,
    /// What an export of ours tells and nobody can import.
    Unread,
    /// A column of the owner's own.
    Own,
}

impl Role {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Name | Self::FirstName | Self::LastName => "name",
            Self::Tags => "tags",
            Self::Language => "language",
            Self::Consent => "consent",
            Self::ConsentSource => "consent_source",
            Self::ConsentAt => "consent_at",
            Self::ConsentProof => "consent_proof",
            Self::Note => "note",
            Self::OptedOutAt => "opted_out_at",
            Self::Review => "review",
            Self::Unread => "not read",
            Self::Own => "own",
        }
    }
}

/// What columns are, by their names: which of them, and what. The others are the owner's own.
#[must_use]
pub fn roles<'v>(variables: impl IntoIterator<Item = &'v str>) -> Vec<(usize, Role)> {
    let variables: Vec<&str> = variables.into_iter().collect();
    let first = |names: &[&str]| names.iter().find_map(|name| variables.iter().position(|variable| variable == name));
    let mut found: Vec<(usize, Role)> =
        OTHERS.iter().filter_map(|(role, names)| Some((first(names)?, *role))).collect();
    let like = || {
        let has = |variable: &str| PHONE_STEMS.iter().any(|stem| variable.contains(stem));
        let no = |variable: &str| NO_PHONE.iter().any(|end| variable.ends_with(end));
        variables.iter().position(|variable| has(variable) && !no(variable))
    };
    if let Some(place) = first(PHONE).or_else(like) {
        found.retain(|(other, _)| *other != place);
        found.push((place, Role::Phone));
    }
    let exported: Option<Vec<_>> = EXPORTED.iter().map(|(name, role)| Some((first(&[name])?, *role))).collect();
    found.extend(exported.into_iter().flatten());
    found
}

/// The name of a column as a variable: `First name` is `first_name`.
#[must_use]
pub fn variable(heading: &str) -> String {
    let heading = heading.to_lowercase();
    let words: Vec<&str> = heading.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_columns_the_likeliest_counts() {
        for (names, expected) in [
            (&["phone", "name"][..], &[(1, Role::Name), (0, Role::Phone)][..]),
            (&["telefon", "mobil", "customer", "name"], &[(3, Role::Name), (1, Role::Phone)]),
            (&["number", "phone"], &[(1, Role::Phone)]),
            (&["phone_1_type", "phone_1_value", "phone_2_value"], &[(1, Role::Phone)]),
            (&["whatsapp_privat"], &[(0, Role::Phone)]),
            (&["city", "country_code"], &[]),
            (&["review", "addresses"], &[]),
            (
                &["phone", "review", "opted_out_at", "addresses", "last_out_at", "last_in_at", "known_since"],
                &[
                    (0, Role::Phone),
                    (2, Role::OptedOutAt),
                    (1, Role::Review),
                    (3, Role::Unread),
                    (6, Role::Unread),
                    (5, Role::Unread),
                    (4, Role::Unread),
                ],
            ),
        ] {
            assert_eq!(roles(names.iter().copied()), expected, "{names:?}");
        }
    }
}
