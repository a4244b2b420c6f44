//! The errors of axum's own extractors, with the field that axum names and without the value that it quotes.

use std::{any::Any, error::Error};

use axum::extract::{
    path::ErrorKind,
    rejection::{BytesRejection, FormRejection, JsonRejection, PathRejection, QueryRejection, StringRejection},
};
use http::StatusCode;
use serde::de::value;
use serde_path_to_error::Segment;

use super::{
    fault::Fault,
    place::{PlaceStep, PointerStyle},
    rejection::Rejection,
};
use crate::{
    base::{message::late_body::LateBody, printable::Printable},
    problem::{FieldError, Problem},
};

/// The problem of a rejection by one of axum's extractors that quotes a value, or of a body that is late.
pub(super) fn problem(rejection: &dyn Any) -> Option<Problem> {
    if is_late(rejection) {
        return Some(Rejection::Late.into());
    }
    if let Some(rejection @ JsonRejection::JsonDataError(_)) = rejection.downcast_ref() {
        let pointer = PointerStyle::JsonPointer.write(&place::<serde_json::Error>(rejection)?);
        return Some(of_shape(rejection.status(), &rejection.body_text(), pointer));
    }
    let name = |rejection: &dyn Error| Some(PointerStyle::DottedName.write(&place::<value::Error>(rejection)?));
    if let Some(rejection) = rejection.downcast_ref::<QueryRejection>() {
        return Some(of_shape(rejection.status(), &rejection.body_text(), name(rejection)?));
    }
    if let Some(rejection) = rejection.downcast_ref::<FormRejection>() {
        return Some(of_shape(rejection.status(), &rejection.body_text(), name(rejection)?));
    }
    of_path(rejection.downcast_ref()?).map(|error| Rejection::Parameter(error).into())
}

/// Whether the client sent the body too slowly.
fn is_late(rejection: &dyn Any) -> bool {
    fn cause<R: Error + 'static>(rejection: &dyn Any) -> bool {
        rejection.downcast_ref::<R>().is_some_and(|rejection| LateBody::is_cause_of(rejection))
    }
    [cause::<BytesRejection>, cause::<StringRejection>, cause::<JsonRejection>, cause::<FormRejection>]
        .into_iter()
        .any(|cause| cause(rejection))
}

/// axum's "Failed to deserialize …: …" quotes the value after its colon.
fn of_shape(status: StatusCode, text: &str, pointer: String) -> Problem {
    tracing::debug!(status = status.as_u16(), error = %Printable(&text), "extractor rejected the request");
    let message = text.split_once(": ").map_or(text, |(message, _)| message).to_owned();
    let error = FieldError::new(pointer, "shape", "is not of the expected shape");
    Problem::new(status).with_detail(message).with_errors([error])
}

/// The path to the error in the causes of a rejection.
fn place<E: Error + 'static>(rejection: &dyn Error) -> Option<Vec<PlaceStep>> {
    let mut causes = std::iter::successors(rejection.source(), |cause| (*cause).source());
    let path = causes.find_map(|cause| cause.downcast_ref::<serde_path_to_error::Error<E>>())?.path();
    let steps = path.iter().map_while(|segment| match segment {
        Segment::Map { key: name } | Segment::Enum { variant: name } => Some(PlaceStep::Field(name.clone())),
        Segment::Seq { index } => Some(PlaceStep::Item(*index)),
        Segment::Unknown => None,
    });
    Some(steps.collect())
}

fn of_path(rejection: &PathRejection) -> Option<FieldError> {
    let PathRejection::FailedToDeserializePathParams(failure) = rejection else { return None };
    let unparsed = |name: &str, expected: &&str| Fault::unexpected("type", expected).into_error_of(name);
    match failure.kind() {
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => Some(unparsed(key, expected_type)),
        ErrorKind::ParseErrorAtIndex { index, expected_type, .. } => Some(unparsed(&index.to_string(), expected_type)),
        ErrorKind::ParseError { expected_type, .. } => Some(unparsed("", expected_type)),
        ErrorKind::DeserializeError { key, .. } => Some(FieldError::new(key, "invalid", "is not valid")),
        ErrorKind::Message(_) => Some(FieldError::new("", "invalid", "is not valid")),
        // Mistakes of the program, and texts without a value.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        Form, Json,
        body::{Body, Bytes},
        extract::{FromRequest, Request},
    };
    use futures_util::stream;
    use http::header;

    use super::*;

    /// The status for a request whose body is late.
    async fn status<T: FromRequest<(), Rejection: 'static>>(media_type: &str) -> Option<StatusCode> {
        let body = Body::from_stream(stream::iter([Err::<Bytes, _>(LateBody)]));
        let request = Request::post("/").header(header::CONTENT_TYPE, media_type).body(body).unwrap();
        problem(&T::from_request(request, &()).await.err()?).map(|problem| problem.status())
    }

    #[tokio::test]
    async fn late_body_is_408_with_each_extractor() {
        let expected = Some(StatusCode::REQUEST_TIMEOUT);
        assert_eq!(status::<Bytes>("text/plain").await, expected);
        assert_eq!(status::<String>("text/plain").await, expected);
        assert_eq!(status::<Json<u8>>("application/json").await, expected);
        assert_eq!(status::<Form<Vec<(String, String)>>>("application/x-www-form-urlencoded").await, expected);
    }
}
