//! A request of a test.

use std::fmt;

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request, header};
use serde::Serialize;

use super::{response::TestResponse, test_app::TestApp};
use crate::identity::Identity;

/// A request that is about to be sent.
#[must_use = "a request does nothing until it is sent"]
pub struct TestRequest {
    app: TestApp,
    request: Request<Body>,
}

impl fmt::Debug for TestRequest {
    /// Without headers, which may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestRequest({} {})", self.request.method(), self.request.uri().path())
    }
}

/// Methods that start a request.
impl TestApp {
    /// Starts a GET request for this path and query.
    pub fn get(&self, path: &str) -> TestRequest {
        self.request(Method::GET, path)
    }

    /// Starts a POST request for this path and query.
    pub fn post(&self, path: &str) -> TestRequest {
        self.request(Method::POST, path)
    }

    /// Starts a PUT request for this path and query.
    pub fn put(&self, path: &str) -> TestRequest {
        self.request(Method::PUT, path)
    }

    /// Starts a PATCH request for this path and query.
    pub fn patch(&self, path: &str) -> TestRequest {
        self.request(Method::PATCH, path)
    }

    /// Starts a DELETE request for this path and query.
    pub fn delete(&self, path: &str) -> TestRequest {
        self.request(Method::DELETE, path)
    }

    /// Starts a request with this method, for this path and query.
    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest::new(self.clone(), method, path)
    }
}

impl TestRequest {
    #[track_caller]
    fn new(app: TestApp, method: Method, path: &str) -> Self {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().expect("a test asks for a path such as `/users?page=2`");
        Self { app, request }
    }

    /// Adds a header.
    ///
    /// # Panics
    /// If the name or the value is invalid.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        let value: HeaderValue = value.parse().expect("a header value");
        self.request.headers_mut().append(name, value);
        self
    }

    /// Sets the identity, like a layer that has verified it.
    pub fn identity(mut self, identity: &Identity) -> Self {
        self.request.extensions_mut().insert(identity.clone());
        self
    }

    /// Sets the body to this value as JSON.
    ///
    /// # Panics
    /// If the value cannot be serialised.
    #[track_caller]
    pub fn json(self, content: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(content).expect("what a test sends can be serialised");
        self.content("application/json", bytes)
    }

    /// Sets the body to this value as a URL-encoded form.
    ///
    /// # Panics
    /// If the value cannot be serialised.
    #[track_caller]
    pub fn form(self, content: &impl Serialize) -> Self {
        let text = serde_html_form::to_string(content).expect("what a test sends can be serialised");
        self.content("application/x-www-form-urlencoded", text)
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    fn content(mut self, media_type: &'static str, body: impl Into<Body>) -> Self {
        self.request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        self.body(body)
    }

    /// Sends the request, and reads the response to its end.
    pub async fn send(self) -> TestResponse {
        #[cfg(feature = "test-schema")]
        let origin = (self.request.method().clone(), self.request.uri().path().to_owned());
        let response = TestResponse::read(self.app.call(self.request).await).await;
        #[cfg(feature = "test-schema")]
        let response = response.from(self.app, origin);
        response
    }
}
