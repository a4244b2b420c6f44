//! JSON bodies of requests and responses.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use serde::{Serialize, de::IgnoredAny};

use super::{
    place::PointerStyle,
    read_body::read_body,
    rejection::Rejection,
    tracked,
    validation::{Validated, validate, windows::JsonText},
};
use crate::{
    problem::{FieldError, Problem},
    route::{Describe, DescribeResponse, Input, NoPayload, Output},
};

/// Extracts and validates a JSON body. As a response, serialises a value as JSON.
///
/// Rejects media types other than `application/json` and `application/*+json` with 415, malformed JSON with 400, and
/// JSON that does not match `T` or breaks its rules with 422. `Option<Json<T>>` is `None` if the request has no
/// `Content-Type`. See the [module docs](crate::extract) for an example.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

wrapper!(Json);
body_extractor!(Json);

const MEDIA_TYPE: &str = "application/json";
/// The initial size of the buffer of a response, in bytes. Most documents fit.
const CAPACITY: usize = 1024;

impl<T: Validated> Json<T> {
    pub(super) async fn extract(request: Request) -> Result<Self, Rejection> {
        Self::parse(&read_body(request, accept).await?)
    }

    pub(super) fn parse(bytes: &Bytes) -> Result<Self, Rejection> {
        let value: T = serde_json::from_slice(bytes).map_err(|error| refuse::<T>(bytes, &error))?;
        let mut input = serde_json::Deserializer::from_slice(bytes);
        validate(&value, PointerStyle::JsonPointer, JsonText(bytes), || &mut input)?;
        Ok(Self(value))
    }
}

/// Rejects a body that is not JSON by its `Content-Type`.
pub(super) fn accept(headers: &HeaderMap) -> Result<(), Rejection> {
    if is_json(headers) { Ok(()) } else { Err(Rejection::MediaType(MEDIA_TYPE)) }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(essence) = essence(headers) else { return false };
    if essence == MEDIA_TYPE {
        return true;
    }
    let Some((kind, subtype)) = essence.split_once('/') else { return false };
    let suffix = subtype.rsplit_once('+').map_or(subtype, |(_, suffix)| suffix);
    kind.eq_ignore_ascii_case("application") && suffix.eq_ignore_ascii_case("json")
}

/// The media type without parameters, to be compared without regard to case (RFC 9110 §8.3.1).
pub(super) fn essence(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let end = value.bytes().position(|byte| byte == b';').unwrap_or(value.len());
    Some(value[..end].trim_ascii())
}

/// Explains why the bytes are not a `T`.
fn refuse<T: Validated>(bytes: &[u8], error: &serde_json::Error) -> Rejection {
    let malformed = |what: &str, error: &serde_json::Error| {
        Rejection::Malformed(format!("{what} (line {}, column {})", error.line(), error.column()))
    };
    // An error of syntax is reported even if a wrong value stands before it. `IgnoredAny` accepts any depth.
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return malformed("the body is not JSON", &error);
    }
    match TextFailure::of(error) {
        Some(TextFailure::Depth) => return malformed("the body is nested too deeply", error),
        Some(TextFailure::Unicode) => return malformed("the body is not JSON", error),
        None => {}
    }
    let mut input = serde_json::Deserializer::from_slice(bytes);
    let fault = tracked::explain::<T, _>(&mut input).map(|fault| fault.into_field_error(PointerStyle::JsonPointer));
    Rejection::Shape(fault.unwrap_or_else(|| FieldError::new("", "shape", "is not of the expected shape")))
}

/// An error of `serde_json` that is not about the type, in a text whose syntax is that of JSON.
enum TextFailure {
    /// Values that the type reads are nested too deeply.
    Depth,
    /// A string is not Unicode.
    Unicode,
}

impl TextFailure {
    fn of(error: &serde_json::Error) -> Option<Self> {
        if !error.is_syntax() {
            return None;
        }
        // `serde_json` has no codes for them.
        let text = error.to_string();
        let is = |failure: &str| text.starts_with(failure);
        if is("recursion limit exceeded") {
            Some(Self::Depth)
        } else if is("invalid unicode code point") || is("lone leading surrogate") || is("unexpected end of hex escape")
        {
            Some(Self::Unicode)
        } else {
            None
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut bytes = Vec::with_capacity(CAPACITY);
        match serde_json::to_writer(&mut bytes, &self.0) {
            Ok(()) => {
                let mut response = Response::new(Body::from(bytes));
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
                response
            }
            // A map whose keys are not strings, or a failing `Serialize`.
            Err(error) => Problem::internal(error).into_response(),
        }
    }
}

impl<T> Describe for Json<T> {
    type Payload = T;

    fn describe(input: &mut Input) {
        input.body(MEDIA_TYPE);
        [400, 415, 422].into_iter().for_each(|status| input.answers(status));
    }
}

impl<T> DescribeResponse for Json<T> {
    type Payload = T;
    type Error = NoPayload;

    fn describe(output: &mut Output) {
        output.status(200);
        output.content(MEDIA_TYPE);
    }
}
