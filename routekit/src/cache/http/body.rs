//! Bodies of answers.

use axum::{
    body::{Body, Bytes, HttpBody},
    response::{IntoResponse, Response},
};
use http::header;
use http_body_util::{BodyExt, Limited};

use crate::{observe::Failure, problem::Problem};

/// Reads a body whose length is known. There is none of one that is longer than it said or than `most`, brings trailers, or breaks off;
/// the latter is answered with 500, as there is time for that.
pub(in crate::cache) async fn read(response: Response, most: u64) -> (Response, Option<Bytes>) {
    let Some(length) = response.body().size_hint().exact().filter(|length| *length <= most) else {
        return (response, None);
    };
    let (parts, body) = response.into_parts();
    // One byte of room, by which a body that is too long is told.
    let limit = usize::try_from(length).map_or(usize::MAX, |length| length.saturating_add(1));
    match Limited::new(body, limit).collect().await {
        Ok(collected) => {
            if collected.trailers().is_some() {
                return (Response::from_parts(parts, Body::new(collected)), None);
            }
            let bytes = collected.to_bytes();
            let kept = (bytes.len() as u64 == length).then(|| bytes.clone());
            (Response::from_parts(parts, Body::from(bytes)), kept)
        }
        Err(error) => {
            let mut response = Problem::internal(error).into_response();
            response.extensions_mut().insert(Failure::Body);
            (response, None)
        }
    }
}

/// The head of an answer alone (RFC 9110 §9.3.2).
pub(in crate::cache) fn strip(response: &mut Response) {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    *response.body_mut() = Body::empty();
}
