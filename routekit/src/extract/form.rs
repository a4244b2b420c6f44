//! URL-encoded bodies.

use axum::{body::Bytes, extract::Request};
use http::HeaderMap;

use super::{
    json::essence,
    place::PointerStyle,
    query::{MOST_VALUES, tree},
    read_body::read_body,
    rejection::Rejection,
    text::pairs::parse_form,
    validation::{Validated, validate, windows::FormText},
};
use crate::route::{Describe, Input};

/// Extracts and validates an `application/x-www-form-urlencoded` body. Repeated names fill a list.
///
/// Rejects other media types with 415, and forms that do not match `T` or break its rules with 422. For the parameters
/// of a GET, use [`Query`](super::Query). `Option<Form<T>>` is `None` if the request has no `Content-Type`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Form<T>(pub T);

wrapper!(Form);
body_extractor!(Form);

const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

impl<T: Validated> Form<T> {
    pub(super) async fn extract(request: Request) -> Result<Self, Rejection> {
        Self::parse(&read_body(request, accept).await?)
    }

    pub(super) fn parse(bytes: &Bytes) -> Result<Self, Rejection> {
        let text = str::from_utf8(bytes).map_err(|_| Rejection::Malformed("the form is not UTF-8".to_owned()))?;
        let value: T =
            parse_form(text).map_err(|fault| Rejection::Shape(fault.into_field_error(PointerStyle::DottedName)))?;
        validate(&value, PointerStyle::DottedName, FormText(text), || tree(text, MOST_VALUES))?;
        Ok(Self(value))
    }
}

/// Rejects a body that is no form by its `Content-Type`.
pub(super) fn accept(headers: &HeaderMap) -> Result<(), Rejection> {
    let is_form = essence(headers).is_some_and(|essence| essence.eq_ignore_ascii_case(MEDIA_TYPE));
    if is_form { Ok(()) } else { Err(Rejection::MediaType(MEDIA_TYPE)) }
}

impl<T> Describe for Form<T> {
    type Payload = T;

    fn describe(input: &mut Input) {
        input.body(MEDIA_TYPE);
        [400, 415, 422].into_iter().for_each(|status| input.answers(status));
    }
}
