//! A response in a test.

use axum::{body::Bytes, response::Response};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
#[cfg(feature = "test-schema")]
use {super::test_app::TestApp, http::Method};

/// A response that was read to its end.
#[derive(Debug, Clone)]
pub struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    #[cfg(feature = "test-schema")]
    origin: Option<(TestApp, Method, String)>,
}

impl TestResponse {
    pub(super) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("the response body ended with an error").to_bytes();
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
            #[cfg(feature = "test-schema")]
            origin: None,
        }
    }

    /// Remembers the app, the method and the path that were called.
    #[cfg(feature = "test-schema")]
    pub(super) fn from(self, app: TestApp, (method, path): (Method, String)) -> Self {
        Self { origin: Some((app, method, path)), ..self }
    }

    #[cfg(feature = "test-schema")]
    pub(super) fn origin(&self) -> Option<(&TestApp, &Method, &str)> {
        self.origin.as_ref().map(|(app, method, path)| (app, method, path.as_str()))
    }

    /// Returns the status code.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns all headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the first header with this name, if its value is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the body.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// Returns the body as text.
    ///
    /// # Panics
    /// If the body is not UTF-8.
    #[must_use]
    #[track_caller]
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("the body is not UTF-8")
    }

    /// Deserialises the body from JSON.
    ///
    /// # Panics
    /// If the body does not match the type; the message includes the body.
    #[must_use]
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        match serde_json::from_slice(&self.body) {
            Ok(content) => content,
            Err(error) => panic!("{error} in {} {}", self.status, String::from_utf8_lossy(&self.body)),
        }
    }
}
