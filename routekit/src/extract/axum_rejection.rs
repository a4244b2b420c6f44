//! The errors of axum's own extractors, with the field that axum names and without the value that it quotes.

use std::{any::Any, error::Error};

use axum::extract::{
    path::ErrorKind,
    rejection::{FormRejection, JsonRejection, PathRejection, QueryRejection},
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
    base::printable::Printable,
    problem::{FieldError, Problem},
};

/// The problem of a rejection by one of axum's extractors that quotes a value.
pub(super) fn problem(rejection: &dyn Any) -> Option<Problem> {
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
