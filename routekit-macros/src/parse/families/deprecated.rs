//! `deprecated(since = "2026-01-31", sunset = "2026-12-31")`
//!
//! Both headers are built here, at compile time: `Deprecation` is a structured-field date (RFC 9745 §2.1), `Sunset` an
//! HTTP date (RFC 8594 §3).

use proc_macro2::{Span, TokenStream};
use quote::quote;
use routekit_grammar::calendar::Day;
use syn::{LitStr, Type};

use crate::{
    errors::{Errors, unknown},
    parse::{
        family::Family,
        raw::{self, Once, RawOption},
    },
};

/// The two headers, ready to send.
pub(crate) struct Deprecation {
    /// `@1769817600`
    since: String,
    /// `Thu, 31 Dec 2026 00:00:00 GMT`
    sunset: Option<String>,
}

const USAGE: &str = "`deprecated(since = \"2026-01-31\", sunset = \"2026-12-31\")`";

impl Family for Option<Deprecation> {
    fn names(&self) -> &'static [&'static str] {
        &["deprecated"]
    }

    fn parse(&mut self, option: &RawOption, errors: &mut Errors) {
        let Some(tokens) = option.list(USAGE, errors) else { return };
        let mut since = None;
        let mut sunset = None;
        let mut once = Once::default();
        for piece in raw::split(tokens) {
            let item = match piece.into_option() {
                Ok(item) => item,
                Err((span, message)) => {
                    errors.push(span, message);
                    continue;
                }
            };
            if !once.is_first(&item, errors) {
                continue;
            }
            match item.name.as_str() {
                "since" => since = date(&item, errors),
                "sunset" => sunset = date(&item, errors),
                other => errors.push(item.span, unknown("argument", other, &["since", "sunset"])),
            }
        }
        // An unknown argument may have been meant as `since`.
        if once.names().all(|name| name == "sunset") {
            errors.push(
                option.span,
                format!("`since` is missing; the header `Deprecation` needs a date (RFC 9745 §2.1); write {USAGE}"),
            );
        }
        let Some((since, _)) = since else { return };
        if let Some((sunset, span)) = sunset
            && sunset < since
        {
            errors.push(span, "`sunset` is before `since`; write a later date");
            return;
        }
        let since = format!("@{}", since.unix_seconds());
        *self = Some(Deprecation { since, sunset: sunset.map(|(day, _)| day.http_date()) });
    }

    fn policy(&self, _state: Option<&Type>) -> Option<TokenStream> {
        let Deprecation { since, sunset } = self.as_ref()?;
        let sunset = match sunset {
            Some(sunset) => quote!(::core::option::Option::Some(#sunset)),
            None => quote!(::core::option::Option::None),
        };
        Some(quote!(.with_deprecation(__rt::Deprecation::new(#since, #sunset))))
    }
}

/// The day that an argument names, and where it stands.
fn date(item: &RawOption, errors: &mut Errors) -> Option<(Day, Span)> {
    let text: LitStr = item.value(USAGE, errors)?;
    let day = Day::parse(&text.value());
    if day.is_none() {
        errors.push(text.span(), "not a date; write it as `\"2026-01-31\"`");
    }
    Some((day?, text.span()))
}
