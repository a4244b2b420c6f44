//! The responses to heads that the server refuses itself. hyper writes those to heads that it cannot parse.

use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};

use crate::edge::SecurityHeaders;

/// The start of the response to a head that is late (RFC 9110 §15.5.9).
const REQUEST_TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n";

/// Responses with the security headers of the listener, if it has some.
#[derive(Debug, Default)]
pub(in crate::app::server::connection) struct HeadRefusals(Option<SecurityHeaders>);

impl HeadRefusals {
    pub(in crate::app::server::connection) fn with(headers: SecurityHeaders) -> Self {
        Self(Some(headers))
    }

    /// The response to a request whose head is malformed.
    #[cold]
    pub(in crate::app::server::connection) fn bad_request<B>(&self, request: &Request<B>) -> Box<Response> {
        let mut response = StatusCode::BAD_REQUEST.into_response();
        if let Some(headers) = &self.0 {
            headers.add_to(&mut response, headers.is_exempt_host(request));
        }
        Box::new(response)
    }

    /// The bytes of the response to a head that is late.
    #[cold]
    pub(in crate::app::server::connection) fn request_timeout(&self) -> Vec<u8> {
        let mut response = StatusCode::REQUEST_TIMEOUT.into_response();
        if let Some(headers) = &self.0 {
            // The host may be localhost, which gets no `Strict-Transport-Security`.
            headers.add_to(&mut response, true);
        }
        let mut bytes = REQUEST_TIMEOUT.to_vec();
        for (name, value) in response.headers() {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes
    }
}
