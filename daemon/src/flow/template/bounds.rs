//! How large a text can become, found out before anything is made of it.
//!
//! A text is words with places in them. It repeats nothing, calls nothing and makes no lists, so every part of it is
//! made once at most, and no part is larger than what can be told from the parts that it is made of. What may stand in a
//! text is listed here; everything else is refused, with what to write instead.

use std::collections::BTreeMap;

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, Stmt, UnaryOpKind};
use minijinja::machinery::{Span, Token, parse, tokenize};
use minijinja::syntax::SyntaxConfig;

/// The most that a part of a text, and all of it, may become, in bytes.
pub const BYTES_MAX: u64 = 64 * 1024;
/// The most that is made on the way to one text, in bytes.
const WORK_MAX: u64 = 1024 * 1024;
/// The most places (`{{ … }}`) and tags (`{% … %}`).
const PLACES_MAX: usize = 400;
/// The most tags: each may stand within the one before.
const TAGS_MAX: usize = 100;
/// The most words and signs in one place or tag.
const TOKENS_MAX: usize = 120;
/// The most brackets within one another.
const BRACKETS_MAX: usize = 16;
/// The longest that a number gets when it is written out: `f64::MAX` has 309 digits.
const NUMBER_BYTES: u64 = 400;

/// The longest that nothing gets when it is written out: a piece of it may be `[]`.
const NOTHING_BYTES: u64 = 16;

/// The filters of a text.
pub const FILTERS: &[&str] = &[
    "abs",
    "bool",
    "capitalize",
    "count",
    "d",
    "default",
    "e",
    "escape",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "lower",
    "replace",
    "reverse",
    "round",
    "safe",
    "split",
    "string",
    "title",
    "trim",
    "upper",
];

/// The tests of a text.
pub const TESTS: &[&str] = &[
    "defined",
    "endingwith",
    "eq",
    "equalto",
    "even",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "le",
    "lessthan",
    "lower",
    "lt",
    "ne",
    "none",
    "number",
    "odd",
    "startingwith",
    "string",
    "undefined",
    "upper",
];

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// In which line.
    pub line: u16,
    /// What is wrong, and what to write instead.
    pub what: String,
}

fn refuse<T>(span: Span, what: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { line: span.start_line, what: what.into() })
}

/// Numbers are told apart: they alone may be multiplied freely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Words,
}

/// The most that a part becomes.
#[derive(Debug, Clone, Copy)]
struct Part {
    kind: Kind,
    bytes: u64,
}

impl Part {
    const NUMBER: Self = Self { kind: Kind::Number, bytes: NUMBER_BYTES };

    const fn words(bytes: u64) -> Self {
        Self { kind: Kind::Words, bytes }
    }

    /// One of the two.
    fn or(self, other: Self) -> Self {
        let kind = if self.kind == Kind::Number { other.kind } else { Kind::Words };
        Self { kind, bytes: self.bytes.max(other.bytes) }
    }

    /// Both of them beside each other.
    const fn and(self, other: Self) -> Self {
        Self::words(self.bytes.saturating_add(other.bytes))
    }

    /// With something put between its characters, before and after it.
    const fn spread(self, between: Self) -> Self {
        Self::words(self.bytes.saturating_add(self.bytes.saturating_add(1).saturating_mul(between.bytes)))
    }

    const fn times(self, count: u64) -> Self {
        Self::words(self.bytes.saturating_mul(count))
    }
}

/// Refuses a text that is so deep or so long that reading it is work.
fn outline(text: &str) -> Result<(), Refusal> {
    let (mut places, mut tags, mut tokens, mut brackets) = (0, 0, 0, 0_usize);
    for token in tokenize(text, false, SyntaxConfig::default()) {
        // Whoever reads it next says what is wrong here.
        let Ok((token, span)) = token else { return Ok(()) };
        match token {
            Token::VariableStart | Token::BlockStart => {
                places += 1;
                tags += usize::from(matches!(token, Token::BlockStart));
                (tokens, brackets) = (0, 0);
            }
            Token::TemplateData(_) => {}
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                tokens += 1;
                brackets += 1;
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                tokens += 1;
                brackets = brackets.saturating_sub(1);
            }
            _ => tokens += 1,
        }
        if places > PLACES_MAX || tags > TAGS_MAX {
            let what = format!("a text has at most {PLACES_MAX} places and {TAGS_MAX} tags in {{% %}}; leave some out");
            return refuse(span, what);
        }
        if tokens > TOKENS_MAX {
            return refuse(span, format!("a place has at most {TOKENS_MAX} words and signs; make it shorter"));
        }
        if brackets > BRACKETS_MAX {
            return refuse(span, format!("brackets go {BRACKETS_MAX} deep at most; make it simpler"));
        }
    }
    Ok(())
}

/// What a text comes to, part by part.
struct Measure<'a, F> {
    size_of: F,
    /// What `{% set %}` gave a name.
    set: BTreeMap<&'a str, Part>,
    work: u64,
}

type Measured = Result<Part, Refusal>;

impl<'a, F: Fn(&str) -> u64> Measure<'a, F> {
    fn body(&mut self, body: &[Stmt<'a>]) -> Result<u64, Refusal> {
        let mut bytes = 0_u64;
        for statement in body {
            bytes = bytes.saturating_add(self.statement(statement)?);
        }
        Ok(bytes)
    }

    /// How much it writes.
    fn statement(&mut self, statement: &Stmt<'a>) -> Result<u64, Refusal> {
        let (span, name) = match statement {
            Stmt::Template(all) => return self.body(&all.children),
            Stmt::EmitRaw(words) => return Ok(as_u64(words.raw.len())),
            Stmt::EmitExpr(place) => return Ok(self.part(&place.expr)?.bytes),
            Stmt::IfCond(choice) => {
                self.part(&choice.expr)?;
                return Ok(self.body(&choice.true_body)?.max(self.body(&choice.false_body)?));
            }
            Stmt::Set(set) => {
                let Expr::Var(name) = &set.target else {
                    return refuse(set.span(), "{% set %} gives one name a value: {% set city = 'Bonn' %}");
                };
                let part = self.part(&set.expr)?;
                let former = self.set.get(name.id).copied();
                self.set.insert(name.id, former.map_or(part, |former| former.or(part)));
                return Ok(0);
            }
            Stmt::ForLoop(it) => (it.span(), "for"),
            Stmt::WithBlock(it) => (it.span(), "with"),
            Stmt::SetBlock(it) => (it.span(), "endset"),
            Stmt::AutoEscape(it) => (it.span(), "autoescape"),
            Stmt::FilterBlock(it) => (it.span(), "filter"),
            Stmt::Block(it) => (it.span(), "block"),
            Stmt::Import(it) => (it.span(), "import"),
            Stmt::FromImport(it) => (it.span(), "from"),
            Stmt::Extends(it) => (it.span(), "extends"),
            Stmt::Include(it) => (it.span(), "include"),
            Stmt::Macro(it) => (it.span(), "macro"),
            Stmt::CallBlock(it) => (it.span(), "call"),
            Stmt::Do(it) => (it.span(), "do"),
        };
        refuse(
            span,
            format!("a text can't have {{% {name} %}}; write it with {{{{ name }}}}, {{% if %}} and {{% set %}}"),
        )
    }

    fn part(&mut self, expr: &Expr<'a>) -> Measured {
        let part = self.unchecked(expr)?;
        self.work = self.work.saturating_add(part.bytes);
        if part.bytes > BYTES_MAX || self.work > WORK_MAX {
            let what = format!("this can get longer than the {BYTES_MAX} bytes that a text may have; make it shorter");
            return refuse(expr.span(), what);
        }
        Ok(part)
    }

    fn unchecked(&mut self, expr: &Expr<'a>) -> Measured {
        match expr {
            Expr::Const(constant) => {
                Ok(constant.value.as_str().map_or(Part::NUMBER, |words| Part::words(as_u64(words.len()))))
            }
            Expr::Var(name) => {
                let given = Part::words((self.size_of)(name.id));
                Ok(self.set.get(name.id).map_or(given, |set| if given.bytes == 0 { *set } else { set.or(given) }))
            }
            Expr::UnaryOp(operation) => {
                self.part(&operation.expr)?;
                match operation.op {
                    UnaryOpKind::Not | UnaryOpKind::Neg => Ok(Part::NUMBER),
                }
            }
            Expr::BinOp(operation) => self.operation(operation.op, &operation.left, &operation.right),
            Expr::Compare(chain) => {
                self.part(&chain.expr)?;
                for compared in &chain.ops {
                    match compared.op {
                        CompareOpKind::In | CompareOpKind::NotIn => self.group(&compared.expr)?,
                        _ => self.part(&compared.expr).map(drop)?,
                    }
                }
                Ok(Part::NUMBER)
            }
            Expr::IfExpr(choice) => {
                self.part(&choice.test_expr)?;
                let yes = self.part(&choice.true_expr)?;
                let no = choice.false_expr.as_ref().map_or(Ok(Part::words(0)), |no| self.part(no))?;
                Ok(yes.or(no))
            }
            Expr::Filter(filter) => {
                let Some(of) = &filter.expr else { return refuse(filter.span(), "a filter stands after a |") };
                let of = self.part(of)?;
                let args = self.args(&filter.args, filter.span())?;
                filtered(filter.name, of, &args, filter.span())
            }
            Expr::Test(test) => {
                self.part(&test.expr)?;
                if !TESTS.contains(&test.name) {
                    return refuse(
                        test.span(),
                        format!("no test is called {}; there are {}", test.name, TESTS.join(", ")),
                    );
                }
                match test.args.as_slice() {
                    [CallArg::Pos(list)] if test.name == "in" => self.group(list)?,
                    args => self.args(args, test.span()).map(drop)?,
                }
                Ok(Part::NUMBER)
            }
            Expr::GetAttr(of) => self.piece(&of.expr),
            Expr::GetItem(of) => {
                self.part(&of.subscript_expr)?;
                self.piece(&of.expr)
            }
            Expr::Slice(of) => {
                for at in [&of.start, &of.stop, &of.step].into_iter().flatten() {
                    self.part(at)?;
                }
                self.piece(&of.expr)
            }
            Expr::Call(call) => {
                refuse(call.span(), "nothing can be called in a text; filters can be used: {{ name|upper }}")
            }
            Expr::List(list) => refuse(list.span(), GROUPS),
            Expr::Tuple(list) => refuse(list.span(), GROUPS),
            Expr::Map(map) => refuse(map.span(), GROUPS),
        }
    }

    /// A piece of something is no longer than all of it.
    fn piece(&mut self, of: &Expr<'a>) -> Measured {
        Ok(Part::words(self.part(of)?.bytes.saturating_add(NOTHING_BYTES)))
    }

    /// What stands after `in`: the only place of a list.
    fn group(&mut self, expr: &Expr<'a>) -> Result<(), Refusal> {
        let items = match expr {
            Expr::List(list) => &list.items,
            Expr::Tuple(list) => &list.items,
            words => return self.part(words).map(drop),
        };
        for item in items {
            self.part(item)?;
        }
        Ok(())
    }

    fn args(&mut self, args: &[CallArg<'a>], span: Span) -> Result<Vec<Part>, Refusal> {
        let part = |arg: &CallArg<'a>| match arg {
            CallArg::Pos(expr) | CallArg::Kwarg(_, expr) => self.part(expr),
            CallArg::PosSplat(_) | CallArg::KwargSplat(_) => refuse(span, "* and ** can't stand before a value here"),
        };
        args.iter().map(part).collect()
    }

    fn operation(&mut self, op: BinOpKind, left: &Expr<'a>, right: &Expr<'a>) -> Measured {
        let of = self.part(left)?;
        if matches!(op, BinOpKind::In) {
            self.group(right)?;
            return Ok(Part::NUMBER);
        }
        let by = self.part(right)?;
        let numbers = of.kind == Kind::Number && by.kind == Kind::Number;
        match op {
            BinOpKind::ScAnd | BinOpKind::ScOr => Ok(of.or(by)),
            BinOpKind::Concat => Ok(of.and(by)),
            BinOpKind::Add | BinOpKind::Mul if numbers => Ok(Part::NUMBER),
            BinOpKind::Add => Ok(of.and(by)),
            BinOpKind::Mul => match (count(left), count(right)) {
                (_, Some(count)) => Ok(of.times(count)),
                (Some(count), _) => Ok(by.times(count)),
                (None, None) => refuse(left.span(), "* takes numbers: write points|int * 2"),
            },
            BinOpKind::Pow => refuse(left.span(), "** can't be used in a text"),
            BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte
            | BinOpKind::Sub
            | BinOpKind::Div
            | BinOpKind::FloorDiv
            | BinOpKind::Rem
            | BinOpKind::In => Ok(Part::NUMBER),
        }
    }
}

const GROUPS: &str = "a list can only stand after in: {% if city in ['Bonn', 'Mainz'] %}";

/// A whole number that is written in the text.
fn count(expr: &Expr<'_>) -> Option<u64> {
    let Expr::Const(constant) = expr else { return None };
    if constant.value.as_str().is_some() { None } else { u64::try_from(constant.value.clone()).ok() }
}

fn as_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// What a filter makes at most.
fn filtered(name: &str, of: Part, args: &[Part], span: Span) -> Measured {
    let alternative = args.iter().copied().reduce(Part::or).unwrap_or(Part::NUMBER);
    let argument = |at: usize| args.get(at).copied().unwrap_or(Part::words(0));
    Ok(match name {
        "abs" | "bool" | "count" | "length" | "round" => Part::NUMBER,
        // They may be told what to give where it is no number.
        "float" | "int" => Part::NUMBER.or(alternative),
        "d" | "default" => of.or(args.first().map_or(Part::words(0), |_| alternative)),
        "first" | "last" | "reverse" | "safe" | "string" | "trim" => {
            Part::words(of.bytes.saturating_add(NOTHING_BYTES))
        }
        // One letter may become three, as ß does SS.
        "capitalize" | "lower" | "title" | "upper" => of.times(3),
        "e" | "escape" => of.times(6),
        // Written out, every letter may be an item with quotation marks and a comma.
        "split" => Part::words(of.bytes.saturating_mul(12).saturating_add(64)),
        "join" => of.spread(argument(0)),
        "replace" => of.spread(argument(1)),
        _ => return refuse(span, format!("no filter is called {name}; there are {}", FILTERS.join(", "))),
    })
}

/// How long a text can become, in bytes, where `size_of` says how long the value of a name is. Refuses what can become too
/// large, or has something in it that no text needs.
///
/// # Errors
/// What is wrong with it. A text that can't be read at all is left to whoever reads it.
pub fn admit(text: &str, size_of: impl Fn(&str) -> u64) -> Result<u64, Refusal> {
    outline(text)?;
    let Ok(all) = parse(text, "<string>", SyntaxConfig::default()) else { return Ok(0) };
    let mut measure = Measure { size_of, set: BTreeMap::new(), work: 0 };
    let bytes = measure.statement(&all)?;
    if bytes > BYTES_MAX {
        let what = format!("the text can get longer than {BYTES_MAX} bytes; make it shorter");
        return Err(Refusal { line: 1, what });
    }
    Ok(bytes)
}
