//! The methods a route can have.

use proc_macro2::Ident;
use quote::format_ident;

/// The method of a route.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
    Head,
    Options,
    /// Every method that no other route of the path has.
    Any,
}

impl Method {
    const ALL: [Self; 8] =
        [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Head, Self::Options, Self::Any];
    pub(crate) const NAMES: [&'static str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "any"];

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let index = Self::NAMES.iter().position(|name| *name == word)?;
        Some(Self::ALL[index])
    }

    /// The word in an attribute.
    pub(crate) fn word(self) -> &'static str {
        Self::NAMES[Self::ALL.iter().position(|method| *method == self).expect("every method is in ALL")]
    }

    /// The variant of the runtime's `Method`.
    pub(crate) fn variant(self) -> Ident {
        let word = self.word();
        format_ident!("{}{}", word[..1].to_uppercase(), &word[1..])
    }

    /// Whether requests with this method change nothing (RFC 9110 §9.2.1).
    pub(crate) fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options)
    }

    /// Whether our cache stores responses to it. RFC 9110 §9.2.3 also allows POST.
    pub(crate) fn is_cacheable(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }

    /// Whether requests with it may have content: in GET and HEAD it has no meaning (RFC 9110 §9.3.1).
    pub(crate) fn may_have_body(self) -> bool {
        !matches!(self, Self::Get | Self::Head)
    }
}
