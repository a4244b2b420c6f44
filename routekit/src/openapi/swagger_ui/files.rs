//! The files of Swagger UI, as they are stored or decompressed.

use std::{io::Read, sync::OnceLock};

use axum::{
    extract::{Path, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use routekit_swagger_ui::{FILES, File};

use crate::{
    cache::none_match,
    content_coding::accepts_gzip,
    problem::{Problem, Result},
};

/// The name of a file holds its version, so that a client need not ask again.
const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000, immutable");

/// What clients receive that do not accept gzip, once one has asked.
static PLAIN: [OnceLock<Bytes>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];

/// `GET /docs/swagger/{file}`.
pub(in crate::openapi) async fn file(
    name: Result<Path<String>, PathRejection>,
    request: HeaderMap,
) -> Result<Response> {
    let known = name.ok().and_then(|Path(name)| FILES.iter().position(|file| file.name == name));
    let index = known.ok_or_else(|| Problem::not_found("Swagger UI has no file with this name"))?;
    let file = FILES[index];
    let is_gzip = accepts_gzip(&request);
    let etag = etag(file, is_gzip);
    let is_known = none_match(&request, Some(&etag)) == Some(true);
    // Those of a 304 too (RFC 9110 §15.4.5).
    let headers = [
        (header::CACHE_CONTROL, FOR_A_YEAR),
        (header::ETAG, etag),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let body = if is_gzip { Bytes::from_static(file.gzip) } else { PLAIN[index].get_or_init(|| plain(file)).clone() };
    let of_content = [
        (header::CONTENT_TYPE, HeaderValue::from_static(file.content_type)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    let coding = is_gzip.then(|| [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
    Ok((headers, of_content, HeaderMap::from_iter(coding.into_iter().flatten()), body).into_response())
}

/// Each coding of a file has a tag of its own (RFC 9110 §8.8.3).
fn etag(file: &File, is_gzip: bool) -> HeaderValue {
    let coding = if is_gzip { "-gzip" } else { "" };
    let text = format!("\"{}{coding}\"", file.integrity);
    text.parse().expect("base64 is visible ASCII without quotes")
}

fn plain(file: &File) -> Bytes {
    let mut plain = Vec::with_capacity(file.length);
    // A test of its crate decompresses every file.
    GzDecoder::new(file.gzip).read_to_end(&mut plain).expect("the file is one member of gzip");
    plain.into()
}
