//! Turns the Markdown that models write into WhatsApp's own format. Deterministic, and the same again on its own result.
//!
//! `*x*` is italic in Markdown and bold in WhatsApp. A text in which nothing else is Markdown is taken as WhatsApp's own
//! and left alone; in any other it is italic.

use std::mem::take;

/// Converts a whole reply. Code is never touched but for the language tag of a fence.
pub fn to_whatsapp(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    if pass(&text, Single::Kept) == text {
        return text;
    }
    let mut text = pass(&text, Single::Italic);
    // What an escape has set free may be Markdown again.
    for _ in 0..PASSES_MAX {
        let next = pass(&text, Single::Kept);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

const PASSES_MAX: usize = 32;

/// What `*x*` means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Single {
    Kept,
    Italic,
}

/// Whether bold may be written, or stands in bold already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bold {
    Free,
    Inside,
}

fn pass(text: &str, single: Single) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut out: Vec<String> = Vec::with_capacity(lines.len());
    let mut at = 0;
    let mut after_rule = false;
    while at < lines.len() {
        let line = lines[at];
        let skip_blank = take(&mut after_rule) && line.trim().is_empty();
        if opens_fence(line) {
            at = fence(&lines, at, &mut out);
        } else if is_rule(line) {
            // A rule separates: a blank line does as well.
            if out.last().is_some_and(|last| !last.trim().is_empty()) {
                out.push(String::new());
            }
            after_rule = true;
            at += 1;
        } else if let Some(header) = table_header(&lines, at) {
            at = table(&lines, at, &header, single, &mut out);
        } else {
            if !skip_blank {
                out.push(block(line, single));
            }
            at += 1;
        }
    }
    out.join("\n")
}

fn opens_fence(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("```") && !line[3..].contains('`')
}

fn fence(lines: &[&str], open: usize, out: &mut Vec<String>) -> usize {
    let body = &lines[open + 1..];
    let close = body.iter().position(|line| line.trim() == "```").unwrap_or(body.len());
    out.push("```".to_owned());
    out.extend(body[..close].iter().map(|line| (*line).to_owned()));
    // A cut-off answer lacks the end: without it the rest of the chat would look like code.
    out.push("```".to_owned());
    open + 1 + close + 1
}

/// `---`, `* * *`, `___`.
fn is_rule(line: &str) -> bool {
    let marks: Vec<char> = line.chars().filter(|c| !c.is_whitespace()).collect();
    marks.len() >= 3 && ['-', '*', '_'].iter().any(|mark| marks.iter().all(|c| c == mark))
}

/// One line outside code and tables.
fn block(line: &str, single: Single) -> String {
    if let Some(title) = heading(line) {
        return bold(&inline(title, single, Bold::Inside));
    }
    let body = line.trim_start();
    let indent = &line[..line.len() - body.len()];
    if let Some(item) = body.strip_prefix("* ").or_else(|| body.strip_prefix("+ "))
        && !item.trim().is_empty()
    {
        return format!("{indent}- {}", inline(item.trim_start(), single, Bold::Free));
    }
    format!("{indent}{}", inline(body, single, Bold::Free))
}

fn heading(line: &str) -> Option<&str> {
    let line = line.trim();
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    let title = ((1..=6).contains(&level) && title.starts_with(' ')).then(|| title.trim())?;
    let title = title.trim_end_matches('#').trim_end();
    (!title.is_empty()).then_some(title)
}

/// Bold in WhatsApp. A link ends where white space does, so a mark behind it would break it.
fn bold(inner: &str) -> String {
    let inner = inner.trim();
    let whole = inner.len() > 2 && inner.starts_with('*') && inner.ends_with('*');
    if inner.is_empty() || inner.contains("://") || whole { inner.to_owned() } else { format!("*{inner}*") }
}

fn table_header(lines: &[&str], at: usize) -> Option<Vec<String>> {
    let (header, rule) = (lines[at], lines.get(at + 1)?);
    let is_rule = |cell: &String| {
        let dashes = cell.trim_matches(':');
        !dashes.is_empty() && dashes.bytes().all(|b| b == b'-')
    };
    let columns = cells(header);
    let fits = header.contains('|') && rule.contains('|') && cells(rule).iter().all(is_rule);
    (fits && columns.iter().any(|cell| !cell.is_empty())).then_some(columns)
}

fn table(lines: &[&str], at: usize, header: &[String], single: Single, out: &mut Vec<String>) -> usize {
    let titles: Vec<String> = header.iter().map(|cell| inline(cell, single, Bold::Inside)).collect();
    let rows = lines[at + 2..].iter().take_while(|line| line.contains('|') && !line.trim().is_empty());
    let mut count = 0;
    for row in rows {
        let mut written = false;
        for (column, cell) in cells(row).iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            if !written && count > 0 {
                out.push(String::new());
            }
            written = true;
            let value = inline(cell, single, Bold::Free);
            let title = titles.get(column).map_or("", |title| title.trim_end_matches(':').trim());
            out.push(if title.is_empty() { value } else { format!("{} {value}", bold(&format!("{title}:"))) });
        }
        count += 1;
    }
    if count == 0 {
        out.push(titles.into_iter().filter(|title| !title.is_empty()).collect::<Vec<_>>().join(", "));
    }
    at + 2 + count
}

/// The cells of a row; `\|` and bars in code do not divide.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let (mut cells, mut cell, mut code) = (Vec::new(), String::new(), false);
    let mut chars = row.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'|') => cell.push(chars.next().unwrap_or('|')),
            '|' if !code => cells.push(take(&mut cell).trim().to_owned()),
            '`' => {
                code = !code;
                cell.push(c);
            }
            c => cell.push(c),
        }
    }
    if !cell.trim().is_empty() {
        cells.push(cell.trim().to_owned());
    }
    cells
}

/// A piece of a line.
enum Token {
    /// Finished text that nothing may look into: code, addresses, links.
    Done(String),
    Char(char),
    /// A run of one mark: `*`, `_` or `~`.
    Run(char, usize),
}

fn inline(text: &str, single: Single, bold: Bold) -> String {
    let chars: Vec<char> = text.chars().collect();
    emphasis(&tokens(&chars, single, bold), single, bold)
}

const ESCAPABLE: &str = "*_~`#[]()>|.!+-";

fn tokens(chars: &[char], single: Single, bold: Bold) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let (token, next) = token(chars, at, single, bold);
        tokens.push(token);
        at = next;
    }
    tokens
}

fn token(chars: &[char], at: usize, single: Single, bold: Bold) -> (Token, usize) {
    let rest = &chars[at..];
    match chars[at] {
        '`' => code(chars, at),
        '\\' => {
            let slashes = run_length(rest, '\\');
            match rest.get(slashes) {
                Some(c) if ESCAPABLE.contains(*c) => (Token::Char(*c), at + slashes + 1),
                _ => (Token::Done("\\".repeat(slashes)), at + slashes),
            }
        }
        '!' if rest.get(1) == Some(&'[') => match link(chars, at + 1) {
            Some((_, address, next)) => (Token::Done(address), next),
            None => (Token::Char('!'), at + 1),
        },
        '[' => match link(chars, at) {
            Some((label, address, next)) => (Token::Done(spell_out(&label, &address, single, bold)), next),
            None => (Token::Char('['), at + 1),
        },
        '<' => match tag(rest) {
            Some((text, length)) => (Token::Done(text), at + length),
            None => (Token::Char('<'), at + 1),
        },
        'h' | 'H' if !at.checked_sub(1).is_some_and(|before| chars[before].is_alphanumeric()) => match address(rest) {
            Some(address) => {
                let next = at + address.chars().count();
                (Token::Done(address), next)
            }
            None => (Token::Char(chars[at]), at + 1),
        },
        mark @ ('*' | '_' | '~') => {
            let length = run_length(rest, mark);
            (Token::Run(mark, length), at + length)
        }
        c => (Token::Char(c), at + 1),
    }
}

fn run_length(chars: &[char], mark: char) -> usize {
    chars.iter().take_while(|c| **c == mark).count()
}

/// A code span as WhatsApp writes it: one mark, or three where the code holds marks itself.
fn code(chars: &[char], at: usize) -> (Token, usize) {
    let length = run_length(&chars[at..], '`');
    let start = at + length;
    let mut end = start;
    while end < chars.len() {
        let marks = run_length(&chars[end..], '`');
        if marks == length {
            let body: String = chars[start..end].iter().collect();
            let fence = if length == 1 { "`" } else { "```" };
            return (Token::Done(format!("{fence}{body}{fence}")), end + length);
        }
        end += marks.max(1);
    }
    (Token::Done("`".repeat(length)), start)
}

/// `[label](address "title")` from the bracket on: label, address, where it ends.
fn link(chars: &[char], at: usize) -> Option<(String, String, usize)> {
    let mut depth = 0;
    let close = (at..chars.len()).find(|i| {
        match chars[*i] {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    if chars.get(close + 1) != Some(&'(') {
        return None;
    }
    let mut depth = 0;
    let end = (close + 1..chars.len()).find(|i| {
        match chars[*i] {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let label: String = chars[at + 1..close].iter().collect();
    let target: String = chars[close + 2..end].iter().collect();
    let address = target.split_whitespace().next()?.trim_matches(['<', '>']);
    let address = address.strip_prefix("mailto:").or_else(|| address.strip_prefix("tel:")).unwrap_or(address);
    let known = address.contains("://") || address.contains(['.', '@', '/']) || address.starts_with(['+', '#']);
    known.then(|| (label, address.to_owned(), end + 1))
}

/// `label: address`, or the address alone where the label says the same.
fn spell_out(label: &str, address: &str, single: Single, bold: Bold) -> String {
    let label = inline(label.trim(), single, bold);
    let bare = |text: &str| {
        let text = text.trim().trim_end_matches('/').to_lowercase();
        let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(&text);
        text.strip_prefix("www.").unwrap_or(text).to_owned()
    };
    match label.trim() {
        "" => address.to_owned(),
        _ if address.starts_with('#') => label,
        same if bare(same) == bare(address) => address.to_owned(),
        label => format!("{}: {address}", label.trim_end_matches(':')),
    }
}

/// `<https://…>`, `<mailto:…>` and `<br>`: their text and their length.
fn tag(chars: &[char]) -> Option<(String, usize)> {
    let end = chars.iter().position(|c| *c == '>')?;
    let inner: String = chars[1..end].iter().collect();
    if matches!(inner.to_ascii_lowercase().as_str(), "br" | "br/" | "br /") {
        return Some(("\n".to_owned(), end + 1));
    }
    let plain = !inner.contains(char::is_whitespace);
    let linked = inner.starts_with("http://") || inner.starts_with("https://");
    let text = if linked { inner.as_str() } else { inner.strip_prefix("mailto:")? };
    plain.then(|| (text.to_owned(), end + 1))
}

/// An address in running text, up to a mark that can't be its own.
fn address(chars: &[char]) -> Option<String> {
    let stops = |c: &char| c.is_whitespace() || "*`<>()[]\"~\\".contains(*c);
    let text: String = chars.iter().take_while(|c| !stops(c)).collect();
    let lower = text.to_ascii_lowercase();
    let known = lower.starts_with("http://") || lower.starts_with("https://");
    let text = text.trim_end_matches(['_', '.', ',', ';', ':', '!', '?']);
    (known && text.len() > "https://".len()).then(|| text.to_owned())
}

fn emphasis(tokens: &[Token], single: Single, bold_now: Bold) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            Token::Done(text) => out.push_str(text),
            Token::Char(c) => out.push(*c),
            Token::Run(mark, length) => {
                if let Some((text, next)) = pair(tokens, at, *mark, *length, single, bold_now) {
                    out.push_str(&text);
                    at = next;
                    continue;
                }
                let (before, after) = (before(tokens, at), after(tokens, at));
                let lonely = *mark == '*' && matches!(length, 2 | 3);
                // Half a pair, from an answer cut off or a pair over two lines: nobody should see it.
                let dropped = lonely && is_space(before) != is_space(after);
                if !dropped {
                    out.extend(std::iter::repeat_n(*mark, *length));
                }
            }
        }
        at += 1;
    }
    out
}

/// A run with its counterpart, converted, and where to go on. `None` where it is no emphasis to convert.
fn pair(
    tokens: &[Token],
    at: usize,
    mark: char,
    length: usize,
    single: Single,
    bold_now: Bold,
) -> Option<(String, usize)> {
    let convertible = match (mark, length) {
        ('*', 1) => single == Single::Italic,
        ('*' | '_', 2 | 3) | ('~', 2) => true,
        _ => false,
    };
    if !convertible || is_space(after(tokens, at)) {
        return None;
    }
    let close = closing(tokens, at, mark, length)?;
    let inner = &tokens[at + 1..close];
    let spaced = is_space(before(tokens, close));
    let touches = is_word(before(tokens, at)) || (!spaced && is_word(after(tokens, close)));
    // `snake__case__name`, `2*3*4` and the names of Python's methods are no emphasis.
    if touches && (mark == '_' || length == 1) || mark == '_' && length == 2 && is_dunder(inner) {
        return None;
    }
    let inner_bold = if mark != '~' && length >= 2 { Bold::Inside } else { bold_now };
    let raw = emphasis(inner, single, inner_bold);
    let text = raw.trim();
    if text.is_empty() {
        return None;
    }
    let wrapped = match (mark, length) {
        // WhatsApp shows marks that touch letters as they are.
        _ if touches => raw.trim_start().to_owned(),
        ('~', _) => format!("~{text}~"),
        (_, 1) => format!("_{text}_"),
        (_, 2) if bold_now == Bold::Inside => text.to_owned(),
        (_, 2) => bold(text),
        (_, _) if bold_now == Bold::Inside => format!("_{text}_"),
        (_, _) => bold(&format!("_{text}_")),
    };
    // `**Price: **40`: the space belongs outside.
    let tail = if touches { "" } else { &raw[raw.trim_end().len()..] };
    Some((format!("{wrapped}{tail}"), close + 1))
}

fn closing(tokens: &[Token], open: usize, mark: char, length: usize) -> Option<usize> {
    let same = |i: &usize| matches!(tokens[*i], Token::Run(m, n) if m == mark && n == length);
    let proper = (open + 1..tokens.len()).filter(same).find(|i| !is_space(before(tokens, *i)));
    let sloppy = || (open + 1..tokens.len()).filter(same).find(|_| length == 2 && mark == '*');
    proper.or_else(sloppy)
}

fn is_dunder(inner: &[Token]) -> bool {
    const NAMES: &[&str] = &[
        "init", "main", "name", "file", "call", "str", "repr", "new", "del", "len", "dict", "class", "doc", "all",
        "proto", "version", "enter", "exit", "iter", "next", "eq", "hash", "slots", "dirname", "filename",
    ];
    let chars = inner.iter().map(|token| match token {
        Token::Char(c) => Some(*c),
        _ => None,
    });
    chars.collect::<Option<String>>().is_some_and(|name| NAMES.contains(&name.as_str()))
}

fn before(tokens: &[Token], at: usize) -> Option<char> {
    match tokens.get(at.checked_sub(1)?)? {
        Token::Done(text) => text.chars().next_back(),
        Token::Char(c) | Token::Run(c, _) => Some(*c),
    }
}

fn after(tokens: &[Token], at: usize) -> Option<char> {
    match tokens.get(at + 1)? {
        Token::Done(text) => text.chars().next(),
        Token::Char(c) | Token::Run(c, _) => Some(*c),
    }
}

fn is_space(c: Option<char>) -> bool {
    c.is_none_or(char::is_whitespace)
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TABLE: &[(&str, &str)] = &[
        // emphasis
        ("**b**", "*b*"),
        ("__b__", "*b*"),
        ("**b** and *i*", "*b* and _i_"),
        ("_i_ and **b**", "_i_ and *b*"),
        ("***x***", "*_x_*"),
        ("___x___", "*_x_*"),
        ("**_x_**", "*_x_*"),
        ("_**x**_", "_*x*_"),
        ("~~s~~", "~s~"),
        ("**a *b* c**", "*a _b_ c*"),
        ("**two words**, then **more**.", "*two words*, then *more*."),
        ("(**b**)", "(*b*)"),
        ("**¿Abren?** 👍", "*¿Abren?* 👍"),
        ("**Price: **40 €", "*Price:* 40 €"),
        ("**Price:** 40 €", "*Price:* 40 €"),
        ("**over\ntwo lines**", "over\ntwo lines"),
        ("**cut off", "cut off"),
        // already WhatsApp's
        ("*b* _i_ ~s~", "*b* _i_ ~s~"),
        ("Delivery takes *2 working days*.", "Delivery takes *2 working days*."),
        ("- item\n1. one\n> quote", "- item\n1. one\n> quote"),
        // no emphasis at all
        ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
        ("2*3*4 **x**", "2*3*4 *x*"),
        ("2 ** 3", "2 ** 3"),
        ("2**3", "2**3"),
        ("snake_case_name and __init__", "snake_case_name and __init__"),
        ("**b** __init__.py", "*b* __init__.py"),
        ("a__b__c", "a__b__c"),
        ("card ****1234", "card ****1234"),
        ("name: ____", "name: ____"),
        ("5 * fine", "5 * fine"),
        ("~5 € or ~6 €", "~5 € or ~6 €"),
        // touching letters
        ("foo**bar**baz", "foobarbaz"),
        ("**Preis**e", "Preise"),
        ("这是**粗体**文字", "这是粗体文字"),
        // escapes
        (r"2 \* 3", "2 * 3"),
        (r"snake\_case", "snake_case"),
        (r"1\. one", "1. one"),
        (r"C:\temp\new", r"C:\temp\new"),
        (r"\*\*x\*\*", "*x*"),
        // code
        ("`**x**` and `a_b*c*`", "`**x**` and `a_b*c*`"),
        ("**run** `rm *` now", "*run* `rm *` now"),
        ("``a`b``", "```a`b```"),
        ("```python\nx = 2 ** 3  # **no**\n```", "```\nx = 2 ** 3  # **no**\n```"),
        ("```\n# not a heading\n* not a bullet\n", "```\n# not a heading\n* not a bullet\n\n```"),
        ("```inline```", "```inline```"),
        ("a ` lonely **b**", "a ` lonely *b*"),
        // headings
        ("# Title", "*Title*"),
        ("### **Title** ###", "*Title*"),
        ("## Our **best** lamp", "*Our best lamp*"),
        ("## An *old* lamp", "*An _old_ lamp*"),
        ("#hashtag", "#hashtag"),
        ("#", "#"),
        ("# https://a.example", "https://a.example"),
        // links
        ("[our shop](https://a.example/x_y_z)", "our shop: https://a.example/x_y_z"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("[a.example](https://www.a.example/)", "https://www.a.example/"),
        ("[**menu**](https://a.example)", "*menu*: https://a.example"),
        ("**[menu](https://a.example)**", "menu: https://a.example"),
        ("![a lamp](https://a.example/l.png)", "https://a.example/l.png"),
        ("[t](https://a.example \"title\")", "t: https://a.example"),
        ("[mail](mailto:a@b.example)", "mail: a@b.example"),
        ("[call us](tel:+4915111111)", "call us: +4915111111"),
        ("<https://a.example>", "https://a.example"),
        ("https://a.example/a_b_c?x=*y", "https://a.example/a_b_c?x=*y"),
        ("**see https://a.example/a_b**", "see https://a.example/a_b"),
        ("[photo] nice", "[photo] nice"),
        ("list[0](x)", "list[0](x)"),
        ("[brackets (round](https://a.example/(x))", "brackets (round: https://a.example/(x)"),
        // lists, rules, breaks
        ("* one\n* **two**\n+ three", "- one\n- *two*\n- three"),
        ("- a\n  * b", "- a\n  - b"),
        ("1. **one**\n2. two", "1. *one*\n2. two"),
        ("a\n\n---\n\nb", "a\n\nb"),
        ("a\n***\nb", "a\n\nb"),
        ("a<br>b", "a\nb"),
        // tables
        (
            "| Item | Price |\n|---|--:|\n| Lamp | 40 € |\n| **Bulb** | 5 € |\nBye",
            "*Item:* Lamp\n*Price:* 40 €\n\n*Item:* *Bulb*\n*Price:* 5 €\nBye",
        ),
        ("a | b\n--|--\n1 |", "*a:* 1"),
        ("|a|b|\n|-|-|", "a, b"),
        ("this | that", "this | that"),
        ("", ""),
        ("plain", "plain"),
    ];

    #[test]
    fn every_trap_we_know() {
        let wrong = TABLE
            .iter()
            .filter(|(text, expected)| to_whatsapp(text) != *expected || to_whatsapp(expected) != *expected);
        let wrong: Vec<_> =
            wrong.map(|(text, expected)| (text, expected, to_whatsapp(text), to_whatsapp(expected))).collect();
        assert!(wrong.is_empty(), "text, expected, got, again: {wrong:#?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn the_same_again_on_its_own_result(pieces in proptest::collection::vec(prop_oneof![
            Just("*"), Just("**"), Just("***"), Just("_"), Just("__"), Just("~~"), Just("`"), Just("```"), Just("\n"),
            Just("\n# "), Just("\n* "), Just("\n- "), Just("|"), Just("\n|--|\n"), Just("[a](http://b.c)"), Just("\\"),
            Just(" "), Just("a"), Just("é"), Just("2"), Just("init"), Just("<br>"), Just("http://x_y.z"), Just("---"),
            Just("["), Just("]("), Just(")"), Just("!"), Just("."), Just("👍"), Just("#"), Just("\r\n"),
        ], 0..24)) {
            let once = to_whatsapp(&pieces.concat());
            prop_assert_eq!(to_whatsapp(&once), once);
        }

        #[test]
        fn never_panics(text in "\\PC{0,80}") {
            to_whatsapp(&text);
        }
    }
}
