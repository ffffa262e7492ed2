//! What the columns of a list may be called, in the languages that our users' spreadsheets speak.

use mychatflow_data::letters::plain;

/// What the other columns may be called, the likeliest first.
#[rustfmt::skip]
const OTHERS: &[(Role, &[&str])] = &[
    (Role::Name, &["name", "full_name", "fullname", "display_name", "file_as", "customer_name", "contact_name", "saved_name", "public_name", "customer", "contact",
                   "nombre_completo", "nombre_y_apellidos", "nombre", "nom_complet", "nom_et_prenom", "nom", "nome_completo", "nome", "kunde", "kundenname", "naam", "volledige_naam", "ansprechpartner", "anzeigename",
                   "ad_soyad", "adi_soyadi", "isim", "ad", "imie_i_nazwisko", "nazwa", "фио", "имя", "полное_имя", "имя_и_фамилия", "клиент", "الاسم", "اسم", "الاسم_الكامل", "اسم_العميل",
                   "नाम", "पूरा_नाम", "ग्राहक", "姓名", "名字", "名称", "客户", "联系人", "氏名", "名前", "お名前", "이름", "성명", "nama", "nama_lengkap", "שם", "שם_מלא"]),
    (Role::FirstName, &["first_name", "firstname", "given_name", "forename", "vorname", "prenom", "primer_nombre", "voornaam", "adi", "imie", "first", "nome_proprio", "nombre_de_pila", "الاسم_الاول", "पहला_नाम", "名"]),
    (Role::LastName, &["last_name", "lastname", "surname", "family_name", "nachname", "familienname", "zuname", "apellido", "apellidos", "sobrenome", "apelido", "primer_apellido",
                       "cognome", "nom_de_famille", "achternaam", "soyad", "soyadi", "soyisim", "nazwisko", "фамилия", "اسم_العائله", "اللقب", "उपनाम", "姓", "last"]),
    (Role::Tags, &["tags", "tag", "labels", "label", "groups", "group", "group_membership", "categories", "category", "etiquetas", "schlagworte", "gruppen", "gruppe", "kategorien", "kategorie",
                   "categorias", "grupos", "etiquettes", "categories", "groupes", "etichette", "categorie", "gruppi", "etiketler", "etiket", "grup", "kategori", "теги", "группа", "группы", "метки", "категории",
                   "الوسوم", "المجموعه", "التصنيف", "टैग", "समूह", "标签", "分组", "标记", "タグ", "グループ", "태그", "그룹"]),
    (Role::Language, &["language", "lang", "locale", "preferred_language", "sprache", "idioma", "langue", "lingua", "taal", "dil", "язык", "اللغه", "भाषा", "语言", "言語", "언어", "jezyk", "bahasa"]),
    (Role::Consent, &["consent", "opt_in", "optin", "opted_in", "einwilligung", "zustimmung", "consentimiento", "consentement", "consenso", "consentimento", "onay", "izin", "согласие", "الموافقه",
                      "marketing_consent", "accepts_marketing"]),
    (Role::ConsentSource, &["consent_source", "opt_in_source", "optin_source"]),
    (Role::ConsentAt, &["consent_at", "consent_date", "consented_at", "opt_in_at", "optin_at", "opt_in_date"]),
    (Role::ConsentProof, &["consent_proof", "opt_in_proof", "proof"]),
    (Role::Note, &["note", "notes", "notiz", "notizen", "bemerkung", "bemerkungen", "anmerkung", "comment", "comments", "remarks", "nota", "notas", "observaciones", "comentario", "comentarios", "remarque", "remarques", "commentaire", "commentaires",
                   "note_e_commenti", "observacoes", "notlar", "aciklama", "примечание", "заметки", "комментарий", "ملاحظات", "टिप्पणी", "备注", "備考", "メモ", "메모", "uwagi", "opmerkingen"]),
    (Role::Region, &["country", "country_code", "countrycode", "land", "landesvorwahl", "landerkennung", "laendercode", "landercode", "pais", "codigo_de_pais", "codigo_pais", "prefijo", "pays", "indicatif", "code_pays", "paese", "prefisso", "ulke", "ulke_kodu", "страна", "код_страны", "الدوله", "رمز_الدوله", "देश", "国家", "国", "calling_code", "dial_code", "dialing_code", "phone_country_code"]),
];

/// What stands before a heading that says whose it is.
const WHOSE: [&str; 3] = ["person_", "contact_", "billing_"];

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
    /// The country of the person's number, or its calling code.
    Region,
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
    /// The role that somebody means by a word; those that only an export of ours has are nobody's to choose.
    #[must_use]
    pub fn by_word(word: &str) -> Option<Self> {
        Some(match word.to_lowercase().as_str() {
            "phone" => Self::Phone,
            "name" => Self::Name,
            "first_name" => Self::FirstName,
            "last_name" => Self::LastName,
            "tags" => Self::Tags,
            "language" => Self::Language,
            "consent" => Self::Consent,
            "note" => Self::Note,
            "country" => Self::Region,
            _ => return None,
        })
    }

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
            Self::Region => "country",
            Self::OptedOutAt => "opted_out_at",
            Self::Review => "review",
            Self::Unread => "not read",
            Self::Own => "own",
        }
    }
}

/// What columns are, by their names: which of them, and what. The others are the owner's own. Phone numbers are known by
/// other means ([`super::phone_headings`]).
#[must_use]
pub fn roles<'v>(variables: impl IntoIterator<Item = &'v str>) -> Vec<(usize, Role)> {
    let variables: Vec<String> = variables.into_iter().map(plain).collect();
    let first = |names: &[&str]| names.iter().find_map(|name| variables.iter().position(|variable| variable == name));
    // "Person - Name": with the word for the person before it, where nothing is called so without.
    let behind = |names: &[&str]| {
        let bare = |variable: &String| WHOSE.iter().find_map(|whose| variable.strip_prefix(whose).map(str::to_owned));
        names.iter().find_map(|name| variables.iter().position(|variable| bare(variable).as_deref() == Some(*name)))
    };
    let mut found: Vec<(usize, Role)> =
        OTHERS.iter().filter_map(|(role, names)| Some((first(names).or_else(|| behind(names))?, *role))).collect();
    let place = |found: &[(usize, Role)], role| found.iter().position(|(_, known)| *known == role);
    // "Name, Vorname": the name is the last one then. "Nombre, Apellidos": it is the first one.
    if let Some(name) = place(&found, Role::Name) {
        let is_bare = ["name", "nom", "nome", "nombre", "naam", "nazwa", "isim", "ad", "имя", "الاسم"]
            .contains(&variables[found[name].0].as_str());
        match (is_bare, place(&found, Role::FirstName), place(&found, Role::LastName)) {
            (true, Some(_), None) => found[name].1 = Role::LastName,
            (true, None, Some(_)) => found[name].1 = Role::FirstName,
            _ => {}
        }
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
            (&["phone", "name"][..], &[(1, Role::Name)][..]),
            (&["telefon", "mobil", "customer", "name"], &[(3, Role::Name)]),
            (&["name", "vorname"], &[(0, Role::LastName), (1, Role::FirstName)]),
            (&["nombre", "apellidos"], &[(0, Role::FirstName), (1, Role::LastName)]),
            (&["prénom", "nom"], &[(1, Role::LastName), (0, Role::FirstName)]),
            (&["name", "given_name", "family_name"], &[(0, Role::Name), (1, Role::FirstName), (2, Role::LastName)]),
            (&["city", "country_code"], &[(1, Role::Region)]),
            (&["review", "addresses"], &[]),
            (
                &["phone", "review", "opted_out_at", "addresses", "last_out_at", "last_in_at", "known_since"],
                &[
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
