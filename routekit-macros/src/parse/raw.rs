//! An attribute cut into its options, before they are read.

use std::fmt;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{
    LitStr,
    parse::{Parse, ParseStream, Parser},
};

use crate::errors::Errors;

/// The place of a mistake, and its message.
pub(crate) type Mistake = (Span, String);

/// The names of the options so far: each is given once.
#[derive(Default)]
pub(crate) struct Once(Vec<String>);

/// The tokens between two commas.
pub(crate) struct Piece(Vec<TokenTree>);

/// `name`, `name = value` or `name(items)`.
pub(crate) struct RawOption {
    pub(crate) name: String,
    pub(crate) span: Span,
    value: Value,
}

enum Value {
    None,
    Equals(TokenStream),
    List(Group),
}

/// Cuts at top-level commas; a trailing one is allowed.
pub(crate) fn split(tokens: TokenStream) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut current = Vec::new();
    // Commas inside `<…>` belong to a type: `state = Shared<A, B>`.
    let mut angles = 0_usize;
    let mut previous = ' ';
    for token in tokens {
        let mark = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match mark {
            ',' if angles == 0 => {
                pieces.push(Piece(std::mem::take(&mut current)));
                previous = ' ';
                continue;
            }
            '<' => angles += 1,
            '>' if previous != '-' && previous != '=' => angles = angles.saturating_sub(1),
            _ => {}
        }
        previous = mark;
        current.push(token);
    }
    if !current.is_empty() {
        pieces.push(Piece(current));
    }
    pieces
}

impl Piece {
    pub(crate) fn is_string(&self) -> bool {
        self.0.first().is_some_and(is_string)
    }

    pub(crate) fn span(&self) -> Span {
        self.0.first().map_or_else(Span::call_site, TokenTree::span)
    }

    /// Whether this is `name = …` or `name(…)`, whatever the name.
    pub(crate) fn is_option(&self) -> bool {
        match self.0.as_slice() {
            [TokenTree::Ident(_), TokenTree::Punct(punct), ..] => punct.as_char() == '=',
            [TokenTree::Ident(_), TokenTree::Group(group)] => group.delimiter() == Delimiter::Parenthesis,
            _ => false,
        }
    }

    /// The piece as a single string literal.
    pub(crate) fn string(&self) -> Result<LitStr, Mistake> {
        single(self.0.iter().cloned().collect(), |found| format!("expected a string, found `{found}`"))
    }

    pub(crate) fn into_option(self) -> Result<RawOption, Mistake> {
        let span = self.span();
        let mut tokens = self.0.into_iter();
        let name = match tokens.next() {
            Some(TokenTree::Ident(name)) => name.to_string(),
            Some(other) => return Err((span, format!("expected an option, found `{other}`"))),
            None => return Err((span, "expected an option, found nothing before this comma".into())),
        };
        let value = match tokens.next() {
            None => Value::None,
            Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => Value::Equals(tokens.by_ref().collect()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => Value::List(group),
            Some(other) => {
                return Err((other.span(), format!("expected `=`, `(` or `,` after `{name}`, found `{other}`")));
            }
        };
        if let Some(rest) = tokens.next() {
            return Err(missing_comma(&rest));
        }
        Ok(RawOption { name, span, value })
    }
}

impl Piece {
    /// The piece as one of the arguments of an option; anything else is reported with `usage`.
    pub(crate) fn argument(self, usage: &str, errors: &mut Errors) -> Option<RawOption> {
        self.into_option().map_err(|(span, message)| errors.push(span, format!("{message}; write {usage}"))).ok()
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens: TokenStream = self.0.iter().cloned().collect();
        write!(f, "{tokens}")
    }
}

impl Once {
    /// Whether this is the first option of its name; a further one is reported.
    pub(crate) fn is_first(&mut self, option: &RawOption, errors: &mut Errors) -> bool {
        let first = !self.0.contains(&option.name);
        if first {
            self.0.push(option.name.clone());
        } else {
            errors.push(option.span, format!("`{}` is given twice; leave one of them out", option.name));
        }
        first
    }

    /// The names so far.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl RawOption {
    /// Whether the option is only its name.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.value, Value::None)
    }

    /// The value of `name = value`; any other form is reported with `usage`.
    pub(crate) fn value<T: Parse>(&self, usage: &str, errors: &mut Errors) -> Option<T> {
        match &self.value {
            Value::Equals(tokens) if !tokens.is_empty() => self.single(tokens.clone(), usage, errors),
            _ => {
                errors.push(self.span, format!("`{}` needs a value; write {usage}", self.name));
                None
            }
        }
    }

    /// The tokens of `name(…)`; any other form is reported with `usage`.
    pub(crate) fn list(&self, usage: &str, errors: &mut Errors) -> Option<TokenStream> {
        match &self.value {
            Value::List(group) if !group.stream().is_empty() => Some(group.stream()),
            Value::List(group) => {
                errors.push(group.span(), format!("`{}` is empty; write {usage}", self.name));
                None
            }
            _ => {
                errors.push(self.span, format!("`{}` needs arguments in parentheses; write {usage}", self.name));
                None
            }
        }
    }

    /// The item of `name(item)`; any other form is reported with `usage`.
    pub(crate) fn item<T: Parse>(&self, usage: &str, errors: &mut Errors) -> Option<T> {
        let pieces = split(self.list(usage, errors)?);
        if let Some(second) = pieces.get(1) {
            errors.push(second.span(), format!("`{}` takes one value; write {usage}", self.name));
        }
        self.single(pieces.into_iter().next()?.0.into_iter().collect(), usage, errors)
    }

    /// The items of `name(first, second)`; any other form is reported with `usage`.
    pub(crate) fn pair<A: Parse, B: Parse>(&self, usage: &str, errors: &mut Errors) -> Option<(A, B)> {
        let pieces = split(self.list(usage, errors)?);
        if pieces.len() != 2 {
            let span = pieces.get(2).or(pieces.first()).map_or(self.span, Piece::span);
            errors.push(span, format!("`{}` takes two values; write {usage}", self.name));
            return None;
        }
        let mut items = pieces.into_iter().map(|piece| piece.0.into_iter().collect());
        let first = self.single(items.next()?, usage, errors);
        let second = self.single(items.next()?, usage, errors);
        first.zip(second)
    }

    /// The pieces of `name = piece` or `name(piece, piece)`; any other form is reported with `usage`.
    pub(crate) fn pieces(&self, usage: &str, errors: &mut Errors) -> Vec<Piece> {
        match &self.value {
            Value::Equals(tokens) if !tokens.is_empty() => split(tokens.clone()),
            _ => self.list(usage, errors).map(split).unwrap_or_default(),
        }
    }

    /// One of the pieces, as a string that is not blank.
    pub(crate) fn string(&self, piece: &Piece, usage: &str, errors: &mut Errors) -> Option<LitStr> {
        let (span, message) = match piece.string() {
            Ok(string) if string.value().trim().is_empty() => {
                (string.span(), format!("an empty string in `{}`; write {usage}", self.name))
            }
            Ok(string) => return Some(string),
            Err((span, message)) => (span, format!("{message}; write {usage}")),
        };
        errors.push(span, message);
        None
    }

    /// The strings of `name = "a"` or `name("a", "b")`.
    pub(crate) fn strings(&self, usage: &str, errors: &mut Errors) -> Vec<LitStr> {
        self.pieces(usage, errors).iter().filter_map(|piece| self.string(piece, usage, errors)).collect()
    }

    fn single<T: Parse>(&self, tokens: TokenStream, usage: &str, errors: &mut Errors) -> Option<T> {
        let wrong = |found: &str| format!("`{found}` is not a value of `{}`; write {usage}", self.name);
        single(tokens, wrong).map_err(|(span, message)| errors.push(span, message)).ok()
    }
}

/// `tokens` as one `T`. If they are not one, the message is `wrong` (syn would list tokens that could follow). If
/// another token follows, a comma is missing.
fn single<T: Parse>(tokens: TokenStream, wrong: impl FnOnce(&str) -> String) -> Result<T, Mistake> {
    let span = tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span());
    let found = tokens.to_string();
    let parser = |input: ParseStream<'_>| {
        let value = input.parse::<T>().ok();
        // The rest is read here, so that syn does not report it.
        let rest: TokenStream = input.parse()?;
        Ok((value, rest.into_iter().next()))
    };
    match parser.parse2(tokens) {
        Ok((Some(value), None)) => Ok(value),
        // `function()` in place of a path: parentheses belong to the token before them.
        Ok((Some(_), Some(rest))) if !matches!(rest, TokenTree::Group(_)) => Err(missing_comma(&rest)),
        _ => Err((span, wrong(&found))),
    }
}

fn is_string(token: &TokenTree) -> bool {
    match token {
        TokenTree::Literal(literal) => literal.to_string().starts_with(['"', 'r']),
        // An argument of `macro_rules!` is in an invisible group.
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            group.stream().into_iter().next().is_some_and(|token| is_string(&token))
        }
        _ => false,
    }
}

/// Reports each string that the list already has.
pub(crate) fn distinct(strings: &[LitStr], errors: &mut Errors) {
    for (index, string) in strings.iter().enumerate() {
        let value = string.value();
        if strings[..index].iter().any(|earlier| earlier.value() == value) {
            errors.push(string.span(), format!("`{value}` is given twice; leave one of them out"));
        }
    }
}

fn missing_comma(token: &TokenTree) -> Mistake {
    (token.span(), format!("expected `,` before `{token}`"))
}
