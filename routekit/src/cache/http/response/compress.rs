//! Decides which responses are stored compressed.

use axum::response::Response;
use http::header;

use crate::{
    cache::store::compressed::gzip_body::GzipBody,
    content_coding::{is_compressible, may_change},
    problem::Problem,
};

/// The compressed body of a response with this body, if it is stored so: from `min_bytes` on, of a compressible type,
/// without headers that forbid another form, and no error. `None` also if compression does not make it smaller.
pub(in crate::cache) fn compressed(response: &Response, body: &[u8], min_bytes: u64) -> Option<GzipBody> {
    let headers = response.headers();
    // Outer layers write the text of errors anew.
    let is_error = response.status().is_client_error() || response.extensions().get::<Problem>().is_some();
    let is_eligible = body.len() as u64 >= min_bytes
        && !is_error
        && headers.get(header::CONTENT_TYPE).is_some_and(is_compressible)
        && may_change(headers);
    is_eligible.then(|| GzipBody::compress(body)).flatten()
}
