//! Rust source as a flat list of tokens, without comments, attributes and `#[cfg(test)]` items.

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Ident(String),
    /// `::`
    PathSep,
    Punct(char),
    /// `(`, `[` or `{`
    Open(char),
    /// `)`, `]` or `}`
    Close(char),
    Literal,
}

impl Token {
    pub(super) fn ident(&self) -> Option<&str> {
        match self {
            Self::Ident(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn is_ident(&self, name: &str) -> bool {
        self.ident() == Some(name)
    }
}

/// The tokens of a file that are compiled outside tests.
pub(super) fn production_code(text: &str) -> Vec<Token> {
    let stream = TokenStream::from_str(text).unwrap_or_else(|error| panic!("cannot be parsed: {error}\n{text}"));
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    without_attributes_and_tests(&tokens)
}

/// The index behind the group that opens at `open`.
pub(super) fn after_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

fn flatten(stream: TokenStream, into: &mut Vec<Token>) {
    for tree in stream {
        match tree {
            TokenTree::Ident(ident) => into.push(Token::Ident(ident.to_string())),
            TokenTree::Literal(_) => into.push(Token::Literal),
            TokenTree::Punct(punct) if punct.as_char() == ':' && into.last() == Some(&Token::Punct(':')) => {
                into.pop();
                into.push(Token::PathSep);
            }
            TokenTree::Punct(punct) => into.push(Token::Punct(punct.as_char())),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Bracket => ('[', ']'),
                    Delimiter::Brace => ('{', '}'),
                    Delimiter::None => (' ', ' '),
                };
                into.push(Token::Open(open));
                flatten(group.stream(), into);
                into.push(Token::Close(close));
            }
        }
    }
}

fn without_attributes_and_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((inner, body)) = attribute(tokens, at) else {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        };
        let end = after_group(tokens, body);
        let attribute = &tokens[body..end];
        let only_tests = attribute[1].is_ident("cfg")
            && attribute.iter().any(|token| token.is_ident("test"))
            && !attribute.iter().any(|token| token.is_ident("not"));
        at = match (only_tests, inner) {
            (false, _) => end,
            (true, true) => return Vec::new(),
            (true, false) => after_item(tokens, end),
        };
    }
    kept
}

/// Whether `#![…]` and where its bracket opens, if an attribute begins at `at`.
fn attribute(tokens: &[Token], at: usize) -> Option<(bool, usize)> {
    if tokens[at] != Token::Punct('#') {
        return None;
    }
    let inner = tokens.get(at + 1) == Some(&Token::Punct('!'));
    let open = at + 1 + usize::from(inner);
    (tokens.get(open) == Some(&Token::Open('['))).then_some((inner, open))
}

/// The index behind the item, field or statement that begins at `at`.
fn after_item(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() {
        match attribute(tokens, at) {
            Some((_, open)) => at = after_group(tokens, open),
            None => break,
        }
    }
    let mut start = at;
    if tokens.get(start).is_some_and(|token| token.is_ident("pub")) {
        start += 1;
        if tokens.get(start) == Some(&Token::Open('(')) {
            start = after_group(tokens, start);
        }
    }
    let keyword = tokens.get(start).and_then(Token::ident).unwrap_or_default();
    let ends_with_semicolon = ["use", "const", "static", "type", "let"].contains(&keyword)
        && !tokens.get(start + 1).is_some_and(|next| next.is_ident("fn"));
    let is_item = ends_with_semicolon
        || ["fn", "mod", "impl", "struct", "enum", "trait", "async", "const", "extern", "macro_rules"]
            .contains(&keyword);
    while at < tokens.len() {
        match tokens[at] {
            Token::Punct(';') => return at + 1,
            Token::Punct(',') if !is_item => return at + 1,
            Token::Close(_) => return at,
            Token::Open(open) => {
                at = after_group(tokens, at);
                if open == '{' && !ends_with_semicolon {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    at
}
