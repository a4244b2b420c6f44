//! The methods that a route can have.

use std::{convert::Infallible, fmt};

use axum::{
    extract::Request,
    response::IntoResponse,
    routing::{MethodFilter, MethodRouter, any_service},
};
use tower_service::Service;

/// The method of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Method {
    /// GET. Also serves HEAD, unless the path has a HEAD route of its own.
    Get,
    /// HEAD
    Head,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
    /// OPTIONS
    Options,
    /// Every method that no other route of the path has, as axum's `any`.
    Any,
}

impl Method {
    /// Returns the name of the method, in capitals.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Any => "ANY",
        }
    }

    /// Whether a request to the route may change data: its method is not safe (RFC 9110 §9.2.1).
    pub(crate) const fn is_unsafe(self) -> bool {
        match self {
            Self::Get | Self::Head | Self::Options => false,
            Self::Post | Self::Put | Self::Patch | Self::Delete | Self::Any => true,
        }
    }

    /// The methods of the requests that the route serves. If it `upgrades` connections to WebSockets, a GET route also
    /// serves CONNECT, by which clients of HTTP/2 ask for that (RFC 8441 §4).
    pub(crate) fn served(self, upgrades: bool) -> ServedMethods {
        ServedMethods(Some(match self {
            Self::Get if upgrades => MethodFilter::GET.or(MethodFilter::CONNECT),
            Self::Get => MethodFilter::GET,
            Self::Head => MethodFilter::HEAD,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
            Self::Options => MethodFilter::OPTIONS,
            Self::Any => return ServedMethods(None),
        }))
    }
}

/// The methods of the requests that a route serves. `None` is every method that no other route of the path has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServedMethods(Option<MethodFilter>);

impl ServedMethods {
    /// Adds a route with these methods to those of its path.
    pub(crate) fn add<S>(self, methods: MethodRouter, service: S) -> MethodRouter
    where
        S: Service<Request, Error = Infallible, Response: IntoResponse, Future: Send> + Clone + Send + Sync + 'static,
    {
        match self.0 {
            Some(filter) => methods.on_service(filter, service),
            None => methods.merge(any_service(service)),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// [`Any`](Method::Any) becomes the extension method `ANY`, which no client sends.
impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Head => Self::HEAD,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
            Method::Options => Self::OPTIONS,
            Method::Any => Self::from_bytes(b"ANY").expect("`ANY` is a token"),
        }
    }
}
