//! Cells with something in them that says nothing: what programs write for an empty value, and what a spreadsheet shows
//! where it could not compute one.

/// What programs write for nothing. Letter case counts where a word may be a name: "Null" is one.
#[rustfmt::skip]
const BLANK: &[&str] = &[
    "-", "--", "---", "–", "—", "_", ".", "..", "...", "/", "?", "n/a", "N/A", "n.a.", "N.A.", "#N/A", "k.A.", "k. A.", "k.a.", "null", "NULL", "(null)", "(NULL)",
    "<null>", "nil", "none", "NONE", "None", "undefined", "nan", "NaN", "(empty)", "(blank)", "(leer)", "(vide)", "(vacío)", "s/d", "S/D", "н/д", "нет", "无", "無", "不适用",
];

/// What stands in a cell; nothing where that says nothing.
#[must_use]
pub fn written(cell: &str) -> &str {
    let text = cell.trim();
    if BLANK.contains(&text) || is_error(text) { "" } else { cell }
}

/// `#REF!`, `#BEZUG!`, `#¿NOMBRE?`, `#N/D`, `#NV`, `Err:502`: what spreadsheets show in their languages.
fn is_error(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix("Err:") {
        return rest.len() == 3 && rest.bytes().all(|byte| byte.is_ascii_digit());
    }
    let Some(rest) = text.strip_prefix('#') else { return false };
    let word = rest.trim_start_matches(['¡', '¿']).trim_end_matches(['!', '?']);
    let is_word = !word.is_empty()
        && word.chars().all(|c| (c.is_alphabetic() && !c.is_lowercase()) || matches!(c, '/' | '0' | '_'));
    let is_marked = rest.ends_with(['!', '?']) || rest.starts_with(['¡', '¿']);
    let known = ["N/A", "NV", "N/D", "NA", "N/V", "ND", "Н/Д", "YOK", "ADR", "REF", "#"];
    (is_word && (is_marked || known.contains(&word)))
        || (word.is_empty() && rest.is_empty())
        || text.bytes().all(|byte| byte == b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_is_nothing() {
        for cell in [
            "-",
            " n/a ",
            "N/A",
            "NULL",
            "null",
            "#N/A",
            "#REF!",
            "#VALUE!",
            "#NAME?",
            "#DIV/0!",
            "#BEZUG!",
            "#NV",
            "#WERT!",
            "#ZAHL!",
            "#¡REF!",
            "#¿NOMBRE?",
            "#N/D",
            "#VALEUR!",
            "#NOM?",
            "#ЗНАЧ!",
            "Err:502",
            "#####",
            "—",
            "k.A.",
            "",
        ] {
            assert_eq!(written(cell).trim(), "", "{cell}");
        }
        for cell in ["Null", "Ana", "0151", "#1", "#vip", "#VIP", "C#", "Err:5", "0", "Nan"] {
            assert_eq!(written(cell), cell);
        }
    }
}
