//! `client_ttl = 10, cdn_ttl = "5m", cdn_tags = "Cache-Tag"`

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Lit, LitStr};

use crate::{
    errors::{Errors, unknown},
    parse::{literal::optional_duration_ms, raw::RawOption},
};

/// What the responses tell clients and CDNs about caching.
#[derive(Default)]
pub(crate) struct Downstream {
    client_ttl_ms: Option<u64>,
    cdn_ttl_ms: Option<u64>,
    cdn_tags: Option<CdnTags>,
    /// The arguments for a CDN, even if they could not be read.
    pub(crate) for_cdn: Vec<(&'static str, Span)>,
}

#[derive(Clone, Copy)]
enum CdnTags {
    CacheTag,
    SurrogateKey,
}

impl Downstream {
    pub(super) fn client_ttl(&mut self, item: &RawOption, errors: &mut Errors) {
        const USAGE: &str = "`client_ttl = 10` or `client_ttl = \"5m\"`";
        self.client_ttl_ms = seconds(item, USAGE, "clients revalidate each time", errors);
    }

    pub(super) fn cdn_ttl(&mut self, item: &RawOption, errors: &mut Errors) {
        const USAGE: &str = "`cdn_ttl = 60` or `cdn_ttl = \"5m\"`";
        self.for_cdn.push(("cdn_ttl", item.span));
        self.cdn_ttl_ms = seconds(item, USAGE, "responses have no header for CDNs", errors);
    }

    pub(super) fn cdn_tags(&mut self, item: &RawOption, errors: &mut Errors) {
        const HEADERS: [&str; 2] = ["Cache-Tag", "Surrogate-Key"];
        self.for_cdn.push(("cdn_tags", item.span));
        let usage = "`cdn_tags = \"Cache-Tag\"` or `cdn_tags = \"Surrogate-Key\"`";
        let Some(header) = item.value::<LitStr>(usage, errors) else { return };
        let name = header.value();
        self.cdn_tags = match name.to_ascii_lowercase().as_str() {
            "cache-tag" => Some(CdnTags::CacheTag),
            "surrogate-key" => Some(CdnTags::SurrogateKey),
            _ => {
                errors.push(header.span(), unknown("header", &name, &HEADERS));
                None
            }
        };
    }

    /// Calls of the runtime's `CachePolicy`.
    pub(super) fn policy(&self) -> TokenStream {
        let client_ttl =
            self.client_ttl_ms.map(|ms| quote!(.with_client_ttl(::core::time::Duration::from_millis(#ms))));
        let cdn_ttl = self.cdn_ttl_ms.map(|ms| quote!(.with_cdn_ttl(::core::time::Duration::from_millis(#ms))));
        let cdn_tags = self.cdn_tags.map(|header| match header {
            CdnTags::CacheTag => quote!(.with_cdn_tags(__rt::CdnTags::CacheTag)),
            CdnTags::SurrogateKey => quote!(.with_cdn_tags(__rt::CdnTags::SurrogateKey)),
        });
        quote!(#client_ttl #cdn_ttl #cdn_tags)
    }
}

/// Milliseconds that are whole seconds, because headers have no fractions.
fn seconds(item: &RawOption, usage: &str, without: &str, errors: &mut Errors) -> Option<u64> {
    let literal: Lit = item.value(usage, errors)?;
    let ms = optional_duration_ms(&literal, &item.name, without, errors)?;
    if ms.is_multiple_of(1000) {
        return Some(ms);
    }
    let (name, rounded) = (&item.name, ms.div_ceil(1000));
    errors.push(
        literal.span(),
        format!("`{name}` is sent as whole seconds (RFC 9111 §1.2.2); write `{name} = {rounded}`"),
    );
    None
}
