//! JSON bodies of requests and responses.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request, rejection::BytesRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::Value;

use super::{
    explain::{self, Scalars},
    rejection::Rejection,
    validation::{PointerStyle, Validated, parts::JsonText, validate},
};
use crate::{
    problem::Problem,
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
        if !is_json(request.headers()) {
            return Err(Rejection::MediaType(MEDIA_TYPE));
        }
        let bytes = read(request).await?;
        let value: T = serde_json::from_slice(&bytes).map_err(|_| refuse::<T>(&bytes))?;
        let mut input = serde_json::Deserializer::from_slice(&bytes);
        validate(&value, PointerStyle::JsonPointer, JsonText(&bytes), || &mut input)?;
        Ok(Self(value))
    }
}

/// Reads the whole body, within the route's `body_limit`.
pub(super) async fn read(request: Request) -> Result<Bytes, Rejection> {
    Bytes::from_request(request, &()).await.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(failure) if failure.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Rejection::TooLarge
        }
        _ => Rejection::Interrupted,
    })
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
fn refuse<T: Validated>(bytes: &[u8]) -> Rejection {
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => {
            return Rejection::Malformed(format!(
                "the body is not JSON (line {}, column {})",
                error.line(),
                error.column()
            ));
        }
    };
    let fault = explain::explain::<T>(&value, Scalars::Typed);
    let fault = fault.map(|fault| fault.into_field_error(|steps| PointerStyle::JsonPointer.write(steps)));
    Rejection::Shape(fault.unwrap_or_else(|| {
        // A duplicate name cannot be seen in a `Value`.
        crate::problem::FieldError::new("", "shape", "is not of the expected shape")
    }))
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
