//! `vary("accept-language")`

use syn::LitStr;

use crate::{
    errors::Errors,
    parse::raw::{RawOption, distinct},
};

/// The names, in lower case.
pub(super) fn headers(item: &RawOption, errors: &mut Errors) -> Vec<LitStr> {
    let headers: Vec<LitStr> = item
        .strings("`vary(\"accept-language\")`", errors)
        .into_iter()
        .map(|header| LitStr::new(&header.value().to_ascii_lowercase(), header.span()))
        .collect();
    for header in &headers {
        if header.value() == "*" {
            errors.push(
                header.span(),
                "with `*` every request is different, so no stored response would ever be served; name the headers \
                 that matter",
            );
        } else if !header.value().bytes().all(is_token) {
            errors.push(header.span(), "not a header name (RFC 9110 §5.6.2); write one such as `\"accept-language\"`");
        }
    }
    distinct(&headers, errors);
    headers
}

/// `tchar` of RFC 9110 §5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
