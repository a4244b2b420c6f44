//! Collects all mistakes of one attribute, so that they are reported at once.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use routekit_grammar::suggest::nearest;

/// The mistakes found so far, each with the span of its token.
#[derive(Default)]
pub(crate) struct Errors(Vec<(Span, String)>);

impl Errors {
    /// Reports a mistake at `span`.
    pub(crate) fn push(&mut self, span: Span, message: impl Into<String>) {
        self.0.push((span, message.into()));
    }

    /// Adds the mistakes of a further attribute, without those that an earlier one has already reported.
    pub(crate) fn merge(&mut self, found: Self) {
        let known = self.0.len();
        for (span, message) in found.0 {
            if !self.0[..known].iter().any(|(_, earlier)| *earlier == message) {
                self.0.push((span, message));
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// One `compile_error!` for each mistake.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.into_iter().map(|(span, message)| quote_spanned!(span=> ::core::compile_error! { #message })).collect()
    }
}

/// The message for an unknown `name`, with a suggestion and the known `names` of this `kind`.
pub(crate) fn unknown(kind: &str, name: &str, names: &[&str]) -> String {
    let guess =
        nearest(name, names.iter().copied()).map_or_else(String::new, |guess| format!(" (did you mean `{guess}`?)"));
    format!("unknown {kind} `{name}`{guess}; the {kind}s are {}", list(names.iter().copied()))
}

/// `` `a`, `b`, `c` ``
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
