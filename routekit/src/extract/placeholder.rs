//! Arguments with the name of a placeholder of the path.

use std::{
    pin::pin,
    task::{self, Poll, Waker},
};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::{rejection::Rejection, text::parse_scalar};
use crate::problem::Problem;

/// The decoded placeholders of a request, for generated code.
#[derive(Debug)]
pub(crate) struct Placeholders(RawPathParams);

impl Placeholders {
    /// Decodes the placeholders of the request.
    ///
    /// # Errors
    /// 400 if one is not UTF-8 after percent-decoding.
    pub(super) fn of(parts: &mut Parts) -> Result<Self, Rejection> {
        raw(parts).map(Self)
    }

    /// Parses the placeholder `name` as a `T`.
    ///
    /// # Errors
    /// 400 that names the placeholder and the expected type.
    #[expect(clippy::result_large_err, reason = "rejections are responses, as in axum")]
    pub(crate) fn parse<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, Response> {
        let Some((_, value)) = self.0.iter().find(|(param, _)| *param == name) else {
            let missing = format!("the matched path has no placeholder `{{{name}}}`");
            return Err(Problem::internal(missing).into_response());
        };
        parse(name, value)
    }

    /// Parses the only placeholder as a `T`.
    ///
    /// # Errors
    /// 400 that names the placeholder and the expected type. 500 if the path has several placeholders or none.
    #[expect(clippy::result_large_err, reason = "rejections are responses, as in axum")]
    pub(super) fn parse_only<T: DeserializeOwned>(&self) -> Result<T, Response> {
        let mut params = self.0.iter();
        match (params.next(), params.next()) {
            (Some((name, value)), None) => parse(name, value),
            _ => {
                let ty = std::any::type_name::<T>();
                let names: Vec<_> = self.0.iter().map(|(name, _)| format!("`{{{name}}}`")).collect();
                let text = format!(
                    "`Path<{ty}>` takes the only placeholder of a path, and this path has {}: name each argument like \
                     its placeholder",
                    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
                );
                Err(Problem::internal(text).into_response())
            }
        }
    }
}

#[expect(clippy::result_large_err, reason = "rejections are responses, as in axum")]
fn parse<T: DeserializeOwned>(name: &str, value: &str) -> Result<T, Response> {
    parse_scalar(value).map_err(|fault| Rejection::Parameter(fault.into_error_of(name)).into_response())
}

/// Decodes the placeholders.
pub(super) fn raw(parts: &mut Parts) -> Result<RawPathParams, Rejection> {
    use axum::extract::rejection::RawPathParamsRejection;
    // The extractor waits for nothing, so one poll is enough.
    let decoded = pin!(RawPathParams::from_request_parts(parts, &()));
    match decoded.poll(&mut task::Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(params)) => Ok(params),
        Poll::Ready(Err(RawPathParamsRejection::InvalidUtf8InPathParam(_))) => {
            Err(Rejection::Malformed("the path is not UTF-8 after percent-decoding".to_owned()))
        }
        _ => Err(Rejection::Malformed("the path has no placeholders".to_owned())),
    }
}
