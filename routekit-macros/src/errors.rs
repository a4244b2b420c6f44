//! The sink that gathers every mistake of one attribute.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// Mistakes found so far, each at its token.
#[derive(Default)]
pub(crate) struct Errors(Vec<(Span, String)>);

impl Errors {
    /// Reports a mistake at `span`.
    pub(crate) fn push(&mut self, span: Span, message: impl Into<String>) {
        self.0.push((span, message.into()));
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

/// The candidate that `word` was probably meant to be: at most a third of its letters differ, as rustc has it.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= word.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// That `name` is none of the `names` that this `kind` of thing has.
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
