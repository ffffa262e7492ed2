//! Reads the statements of the store out of its source, with what its macros put into them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A statement and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement {
    /// The file, from the folder of the store on, without its ending.
    pub(super) file: String,
    /// The line.
    pub(super) line: usize,
    /// The text, on one line.
    pub(super) sql: String,
}

/// How a statement begins.
const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];
/// How deep macros may stand in each other.
const DEPTH_MAX: usize = 16;

/// One arm of a macro: the names of its arguments and its body. `None`: its arguments repeat.
type Arm = (Option<Vec<String>>, TokenStream);
/// The macros of each file, by the file's name and theirs.
type Macros = BTreeMap<(String, String), Vec<Arm>>;

/// Every statement that stands in the source below a folder, apart from that of tests, and what could not be read.
pub(super) fn read_statements(folder: &Path) -> (Vec<Statement>, Vec<String>) {
    let files = read_files(folder, "");
    let mut macros = Macros::new();
    for (file, tokens) in &files {
        collect_macros(file, tokens, &mut macros);
    }
    let mut reader = Reader { macros: &macros, statements: Vec::new(), unread: Vec::new() };
    for (file, tokens) in &files {
        reader.walk(file, tokens);
    }
    reader.statements.sort();
    reader.statements.dedup();
    (reader.statements, reader.unread)
}

fn read_files(folder: &Path, below: &str) -> Vec<(String, TokenStream)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the source is there") {
        let path = entry.expect("its files can be listed").path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{below}{stem}");
        if path.is_dir() {
            // What stands here, and its sums.
            if name != "plans" && name != "migrations" {
                files.extend(read_files(&path, &format!("{name}/")));
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") && stem != "tests" {
            let text = fs::read_to_string(&path).expect("it is text");
            files.push((name, text.parse().expect("it is Rust")));
        }
    }
    files
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn word(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

fn group(token: Option<&TokenTree>) -> Option<TokenStream> {
    match token {
        Some(TokenTree::Group(group)) => Some(group.stream()),
        _ => None,
    }
}

fn text(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Literal(_) => syn::parse2::<syn::LitStr>(token.clone().into()).ok().map(|text| text.value()),
        // What a macro was given comes in a group without signs.
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            inner.first().filter(|_| inner.len() == 1).and_then(text)
        }
        _ => None,
    }
}

fn collect_macros(file: &str, tokens: &TokenStream, macros: &mut Macros) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for at in 0..tokens.len() {
        if word(tokens.get(at)).as_deref() == Some("macro_rules")
            && let (Some(name), Some(body)) = (word(tokens.get(at + 2)), group(tokens.get(at + 3)))
        {
            macros.insert((file.to_owned(), name), arms(&body));
        } else if let Some(inner) = group(tokens.get(at)) {
            collect_macros(file, &inner, macros);
        }
    }
}

fn arms(body: &TokenStream) -> Vec<Arm> {
    let groups = body.clone().into_iter().filter_map(|token| group(Some(&token))).collect::<Vec<_>>();
    groups.chunks_exact(2).map(|pair| (arguments(&pair[0]), pair[1].clone())).collect()
}

fn arguments(pattern: &TokenStream) -> Option<Vec<String>> {
    let tokens: Vec<TokenTree> = pattern.clone().into_iter().collect();
    let after_signs = (0..tokens.len()).filter(|at| is_punct(tokens.get(*at), '$')).map(|at| tokens.get(at + 1));
    after_signs.map(word).collect()
}

struct Reader<'m> {
    macros: &'m Macros,
    statements: Vec<Statement>,
    unread: Vec<String>,
}

impl Reader<'_> {
    fn walk(&mut self, file: &str, tokens: &TokenStream) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let line = token.span().start().line;
            if word(Some(token)).as_deref() == Some("macro_rules") {
                at += 4;
                continue;
            }
            if word(Some(token)).as_deref() == Some("mod") && word(tokens.get(at + 1)).as_deref() == Some("tests") {
                at += 3;
                continue;
            }
            if let Some(name) = word(Some(token)).filter(|_| is_punct(tokens.get(at + 1), '!'))
                && let Some(inner) = group(tokens.get(at + 2))
            {
                match name.as_str() {
                    "scoped" => match self.expand(file, &inner, 0) {
                        Some(sql) => self.keep(file, line, &sql),
                        None => self.unread.push(format!("{file}:{line}")),
                    },
                    "concat" => {
                        let found = self.expand(file, &inner, 0).filter(|sql| is_statement(sql));
                        found.into_iter().for_each(|sql| self.keep(file, line, &sql));
                    }
                    _ => self.walk(file, &inner),
                }
                at += 3;
                continue;
            }
            if let Some(sql) = text(token).filter(|sql| is_statement(sql)) {
                self.keep(file, line, &sql);
            } else if let Some(inner) = group(Some(token)) {
                self.walk(file, &inner);
            }
            at += 1;
        }
    }

    fn keep(&mut self, file: &str, line: usize, sql: &str) {
        let sql = sql.lines().map(|line| line.split(" --").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
        let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        self.statements.push(Statement { file: file.to_owned(), line, sql });
    }

    /// The text that literals and macros make together. `None`: something else stands there.
    fn expand(&self, file: &str, tokens: &TokenStream, depth: usize) -> Option<String> {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut made = String::new();
        let mut at = 0;
        let mut home: Option<String> = None;
        while let Some(token) = tokens.get(at) {
            if let Some(text) = text(token) {
                made.push_str(&text);
                at += 1;
            } else if let Some(name) = word(Some(token)) {
                if is_punct(tokens.get(at + 1), '!') {
                    let inner = group(tokens.get(at + 2))?;
                    made.push_str(&self.call(
                        home.take().as_deref().unwrap_or(file),
                        file,
                        &name,
                        &inner,
                        depth + 1,
                    )?);
                    at += 3;
                } else {
                    home = Some(name);
                    at += 1;
                }
            } else if let TokenTree::Group(group) = token
                && group.delimiter() == Delimiter::None
            {
                made.push_str(&self.expand(file, &group.stream(), depth)?);
                at += 1;
            } else if matches!(token, TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | ':' | '$')) {
                at += 1;
            } else {
                return None;
            }
        }
        Some(made)
    }

    /// What a macro makes of what it is given. A file of another folder may have it.
    fn call(&self, home: &str, file: &str, name: &str, given: &TokenStream, depth: usize) -> Option<String> {
        if depth > DEPTH_MAX {
            return None;
        }
        if name == "concat" {
            return self.expand(file, given, depth);
        }
        let given = split(given);
        let known = self.macros.iter().filter(|((_, known), _)| known == name);
        let near = |place: &str| place == home || place.rsplit('/').next() == Some(home);
        let mut found = known.clone().filter(|((place, _), _)| near(place));
        let ((place, _), arms) = found.next().or_else(|| known.clone().next())?;
        let (names, body) = arms.iter().find_map(|(names, body)| {
            names.as_ref().filter(|names| names.len() == given.len()).map(|names| (names, body))
        })?;
        let filled = fill(body, &names.iter().zip(&given).map(|(name, given)| (name.as_str(), given)).collect());
        self.expand(place, &filled, depth)
    }
}

fn is_statement(sql: &str) -> bool {
    VERBS.iter().any(|verb| sql.trim_start().starts_with(verb))
}

/// What stands between commas.
fn split(tokens: &TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens.clone() {
        if is_punct(Some(&token), ',') {
            parts.push(TokenStream::new());
        } else if let Some(part) = parts.last_mut() {
            part.extend([token]);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A body with what was given in place of its names.
fn fill(body: &TokenStream, given: &BTreeMap<&str, &TokenStream>) -> TokenStream {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    let mut filled = TokenStream::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let name = word(tokens.get(at + 1)).filter(|_| is_punct(Some(token), '$'));
        if let Some(stream) = name.as_deref().and_then(|name| given.get(name)) {
            filled.extend([TokenTree::Group(proc_macro2::Group::new(Delimiter::None, (*stream).clone()))]);
            at += 2;
            continue;
        }
        match token {
            TokenTree::Group(group) => {
                let inner = proc_macro2::Group::new(group.delimiter(), fill(&group.stream(), given));
                filled.extend([TokenTree::Group(inner)]);
            }
            other => filled.extend([other.clone()]),
        }
        at += 1;
    }
    filled
}
