//! `compress_stored`, or `compress_stored = "4KiB"`

use proc_macro2::TokenStream;
use quote::quote;
use syn::Lit;

use crate::{
    errors::Errors,
    parse::{literal::size_bytes, raw::RawOption},
};

/// The size from which bodies are stored compressed.
#[derive(Clone, Copy)]
pub(super) enum CompressStored {
    Default,
    From(u64),
}

impl CompressStored {
    pub(super) fn read(item: &RawOption, errors: &mut Errors) -> Option<Self> {
        if item.is_bare() {
            return Some(Self::Default);
        }
        let literal = item.value::<Lit>("`compress_stored` (from 1 KiB on) or `compress_stored = \"4KiB\"`", errors)?;
        size_bytes(&literal, errors).map(Self::From)
    }

    /// The call of the runtime's `CachePolicy`.
    pub(super) fn policy(self) -> TokenStream {
        match self {
            Self::Default => quote!(.with_compress_stored()),
            Self::From(bytes) => quote!(.with_compress_stored_from(#bytes)),
        }
    }
}
