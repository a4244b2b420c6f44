//! The arguments of `#[validate(…)]` and of its rules.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Expr, ExprLit, Lit, LitBool, LitStr, Path, Token, ext::IdentExt, punctuated::Punctuated};

/// `name`, `name = value` or `name(…)`.
pub(super) struct Argument {
    pub(super) name: syn::Ident,
    content: Content,
}

enum Content {
    Nothing,
    Value(Expr),
    List(TokenStream),
}

impl syn::parse::Parse for Argument {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(syn::Ident::parse_any)?;
        let content = if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Content::List(content.parse()?)
        } else if input.parse::<Option<Token![=]>>()?.is_some() {
            // `crate` is no expression.
            Content::Value(input.parse()?)
        } else {
            Content::Nothing
        };
        Ok(Self { name, content })
    }
}

/// The arguments of an attribute.
pub(super) fn list(attr: &Attribute) -> syn::Result<Vec<Argument>> {
    let list = attr.meta.require_list()?;
    Ok(list.parse_args_with(Punctuated::<Argument, Token![,]>::parse_terminated)?.into_iter().collect())
}

impl Argument {
    /// The value, if the argument has this name.
    pub(super) fn value_of(&self, name: &str) -> Option<&Expr> {
        match &self.content {
            Content::Value(value) if self.name == name => Some(value),
            _ => None,
        }
    }

    /// `name` or `name = true`.
    pub(super) fn flag(&self) -> syn::Result<bool> {
        match &self.content {
            Content::Nothing => Ok(true),
            Content::Value(Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. })) => Ok(flag.value),
            _ => Err(syn::Error::new(self.name.span(), format!("`{}` takes no arguments", self.name))),
        }
    }

    /// The arguments of a rule, which has `names` besides `message` and `code`.
    pub(super) fn options(self, names: &'static [&'static str]) -> syn::Result<Options> {
        let arguments = match self.content {
            Content::Nothing => Vec::new(),
            Content::List(tokens) => {
                let parser = Punctuated::<Argument, Token![,]>::parse_terminated;
                syn::parse::Parser::parse2(parser, tokens)?.into_iter().collect()
            }
            Content::Value(value) => {
                let text = format!("the arguments of `{0}` are in parentheses: `{0}(…)`", self.name);
                return Err(syn::Error::new_spanned(value, text));
            }
        };
        for (index, argument) in arguments.iter().enumerate() {
            let known = names.iter().chain(&["message", "code"]);
            if !known.clone().any(|name| argument.name == name) {
                let known: Vec<_> = known.map(|name| format!("`{name}`")).collect();
                let text = format!("`{}` has no argument `{}`, only {}", self.name, argument.name, known.join(", "));
                return Err(syn::Error::new(argument.name.span(), text));
            }
            if arguments.iter().take(index).any(|before| before.name == argument.name) {
                return Err(syn::Error::new(argument.name.span(), format!("`{}` is given twice", argument.name)));
            }
        }
        Ok(Options { rule: self.name, arguments })
    }
}

/// The arguments of one rule.
pub(super) struct Options {
    rule: syn::Ident,
    arguments: Vec<Argument>,
}

impl Options {
    fn find(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().find(|argument| argument.name == name)
    }

    /// An error at the name of the rule.
    pub(super) fn error(&self, text: &str) -> syn::Error {
        syn::Error::new(self.rule.span(), text)
    }

    pub(super) fn flag(&self, name: &str) -> syn::Result<Option<bool>> {
        self.find(name).map(Argument::flag).transpose()
    }

    /// An expression, which may be in quotes.
    pub(super) fn expression(&self, name: &str) -> syn::Result<Option<Expr>> {
        let Some(argument) = self.find(name) else { return Ok(None) };
        match &argument.content {
            Content::Value(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => text.parse().map(Some),
            Content::Value(value) => Ok(Some(value.clone())),
            _ => Err(syn::Error::new(argument.name.span(), format!("`{name}` needs a value: `{name} = …`"))),
        }
    }

    pub(super) fn text(&self, name: &str) -> syn::Result<Option<LitStr>> {
        let Some(argument) = self.find(name) else { return Ok(None) };
        match &argument.content {
            Content::Value(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Ok(Some(text.clone())),
            _ => Err(syn::Error::new(argument.name.span(), format!("`{name}` needs a string: `{name} = \"…\"`"))),
        }
    }

    /// A path, which may be in quotes.
    pub(super) fn path(&self, name: &str) -> syn::Result<Path> {
        match self.expression(name)? {
            Some(value) => path(&value),
            None => Err(self.error(&format!("`{}` needs `{name} = …`", self.rule))),
        }
    }
}

pub(super) fn path(value: &Expr) -> syn::Result<Path> {
    match value {
        Expr::Path(path) => Ok(path.path.clone()),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => text.parse(),
        _ => Err(syn::Error::new_spanned(value, "only a path is allowed here")),
    }
}

/// A literal of the generated code.
pub(super) fn literal(text: Option<&LitStr>) -> TokenStream {
    match text {
        Some(text) => quote::quote!(::core::option::Option::Some(#text)),
        None => quote::quote!(::core::option::Option::None),
    }
}

/// An `Option` of the generated code.
pub(super) fn option(value: Option<&Expr>) -> TokenStream {
    match value {
        Some(value) => quote::quote!(::core::option::Option::Some(#value)),
        None => quote::quote!(::core::option::Option::None),
    }
}

/// The words `true` and `false`.
pub(super) fn boolean(value: bool) -> TokenStream {
    LitBool::new(value, proc_macro2::Span::call_site()).to_token_stream()
}

/// An integer that is no `i32`, which the compiler would take it for, gets a type of its own.
pub(super) fn with_type(value: &Expr) -> TokenStream {
    if let Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) = value
        && number.suffix().is_empty()
        && number.base10_parse::<i32>().is_err()
    {
        let suffix = if number.base10_parse::<i64>().is_ok() { "i64" } else { "u64" };
        return syn::LitInt::new(&format!("{}{suffix}", number.base10_digits()), number.span()).to_token_stream();
    }
    value.to_token_stream()
}
