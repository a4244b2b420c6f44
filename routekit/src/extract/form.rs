//! URL-encoded bodies.

use axum::extract::Request;

use super::{
    json::{essence, read},
    place::PointerStyle,
    query::{MOST_VALUES, tree},
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
        if !essence(request.headers()).is_some_and(|essence| essence.eq_ignore_ascii_case(MEDIA_TYPE)) {
            return Err(Rejection::MediaType(MEDIA_TYPE));
        }
        let bytes = read(request).await?;
        let text = str::from_utf8(&bytes).map_err(|_| Rejection::Malformed("the form is not UTF-8".to_owned()))?;
        let value: T =
            parse_form(text).map_err(|fault| Rejection::Shape(fault.into_field_error(PointerStyle::DottedName)))?;
        validate(&value, PointerStyle::DottedName, FormText(text), || tree(text, MOST_VALUES))?;
        Ok(Self(value))
    }
}

impl<T> Describe for Form<T> {
    type Payload = T;

    fn describe(input: &mut Input) {
        input.body(MEDIA_TYPE);
        [400, 415, 422].into_iter().for_each(|status| input.answers(status));
    }
}
