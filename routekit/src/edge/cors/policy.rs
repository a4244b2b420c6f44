//! The CORS settings of a program.

use std::{fmt, time::Duration};

use http::{HeaderName, Method};

/// The CORS settings of an app, for [`App::cors`](crate::App::cors). See the [module docs](crate::edge::cors).
#[derive(Debug, Clone)]
#[must_use]
pub struct CorsPolicy {
    pub(crate) origins: Vec<String>,
    pub(crate) methods: Option<Vec<Method>>,
    pub(crate) headers: CorsHeaders,
    pub(crate) expose_headers: Vec<HeaderName>,
    pub(crate) credentials: bool,
    pub(crate) max_age: Option<Duration>,
}

/// The request headers that a page of another origin may set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CorsHeaders {
    /// Every header that the page asks for.
    Any,
    /// These headers.
    List(Vec<HeaderName>),
}

impl CorsPolicy {
    /// Creates a policy for pages of these origins, such as `https://app.example.com`.
    ///
    /// An origin with a path or without a scheme, `null`, and an empty list are errors at start-up.
    pub fn origins<O: Into<String>>(origins: impl IntoIterator<Item = O>) -> Self {
        Self {
            origins: origins.into_iter().map(Into::into).collect(),
            methods: None,
            headers: CorsHeaders::default(),
            expose_headers: Vec::new(),
            credentials: false,
            max_age: Some(DEFAULT_MAX_AGE),
        }
    }

    /// Creates a policy for pages of any origin. Cannot be combined with [`credentials`](Self::credentials).
    pub fn any_origin() -> Self {
        Self::origins(["*"])
    }

    /// Sets the methods that pages may use, of those that routes declare. Defaults to all of them.
    ///
    /// A method that is not in the registry of IANA, such as `get` in lower case, and one that no browser sends for a
    /// page (`CONNECT`, `TRACE`), are errors at start-up.
    pub fn methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.methods = Some(methods.into_iter().collect());
        self
    }

    /// Sets the request headers that pages may set, in addition to those that the Fetch Standard always allows.
    /// Defaults to `Authorization` and `Content-Type`.
    pub fn headers(mut self, headers: impl IntoIterator<Item = HeaderName>) -> Self {
        self.headers = CorsHeaders::List(headers.into_iter().collect());
        self
    }

    /// Lets pages set any request header.
    pub fn any_headers(mut self) -> Self {
        self.headers = CorsHeaders::Any;
        self
    }

    /// Sets the response headers that pages may read, in addition to those that the Fetch Standard always allows.
    /// Defaults to none.
    pub fn expose_headers(mut self, headers: impl IntoIterator<Item = HeaderName>) -> Self {
        self.expose_headers = headers.into_iter().collect();
        self
    }

    /// Lets pages send cookies and other credentials, and read the responses. Defaults to false.
    pub fn credentials(mut self) -> Self {
        self.credentials = true;
        self
    }

    /// Sets how long a browser may keep the answer to a preflight. Defaults to ten minutes; `None` leaves it to the
    /// browser.
    pub fn max_age(mut self, max_age: impl Into<Option<Duration>>) -> Self {
        self.max_age = max_age.into();
        self
    }
}

pub(crate) const DEFAULT_MAX_AGE: Duration = Duration::from_secs(600);

impl Default for CorsHeaders {
    fn default() -> Self {
        Self::List(vec![http::header::AUTHORIZATION, http::header::CONTENT_TYPE])
    }
}

/// `*`, or the names.
impl fmt::Display for CorsHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::List(names) if names.is_empty() => f.write_str("none"),
            Self::List(names) => f.write_str(&names.iter().map(HeaderName::as_str).collect::<Vec<_>>().join(", ")),
        }
    }
}
