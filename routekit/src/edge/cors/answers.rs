//! The CORS headers of responses, and the answers to preflights.

use std::{collections::BTreeMap, fmt, time::Duration};

use axum::response::Response;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode,
    header::{self, Entry},
};
use tower_http::cors::{AllowHeaders, AllowOrigin, Cors, CorsLayer};
use tower_layer::Layer as _;

use super::policy::CorsHeaders;
use crate::edge::{
    immediate::{Immediate, answer},
    vary::add_vary,
};

/// Methods that a hand-written router may have.
const COMMON: [Method; 6] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// The checked settings of CORS.
#[derive(Debug, Clone)]
pub(crate) struct CorsRules {
    /// `None` is any origin.
    pub(crate) origins: Option<Vec<HeaderValue>>,
    /// `None` is every method that a route declares.
    pub(crate) methods: Option<Vec<Method>>,
    pub(crate) headers: CorsHeaders,
    pub(crate) expose_headers: Vec<HeaderName>,
    pub(crate) credentials: bool,
    pub(crate) max_age: Option<Duration>,
}

/// The CORS policy of an app.
pub(crate) struct CorsAnswers {
    /// Names no methods. Made once, because tower-http panics at rules that no browser would follow.
    cors: Cors<Immediate>,
    is_any_origin: bool,
    /// `Access-Control-Allow-Methods` of each path that routes declare. `None` if the policy allows none of them.
    paths: matchit::Router<Option<HeaderValue>>,
    /// `Access-Control-Allow-Methods` of other paths, if hand-written routers may have some.
    others: Option<HeaderValue>,
}

/// What CORS adds to the response to one request.
#[derive(Debug)]
pub(crate) enum CorsOfRequest {
    /// CORS is off, or nothing depends on the origin.
    Nothing,
    /// The request has no `Origin`, but another response to it may have CORS headers.
    Vary,
    Headers(Box<HeaderMap>),
}

impl CorsAnswers {
    /// `routes` are the declared paths, each with a method that it serves; `None` stands for all methods.
    pub(crate) fn new<'a>(
        rules: CorsRules,
        routes: impl IntoIterator<Item = (&'a str, Option<Method>)>,
        has_hand_written: bool,
    ) -> Self {
        let is_allowed = |method: &Method| rules.methods.as_ref().is_none_or(|allowed| allowed.contains(method));
        let mut by_path: BTreeMap<&str, Vec<Method>> = BTreeMap::new();
        for (path, method) in routes {
            let methods = by_path.entry(path).or_default();
            let served = match method {
                Some(Method::GET) => vec![Method::GET, Method::HEAD],
                Some(method) => vec![method],
                None => COMMON.to_vec(),
            };
            for method in served.into_iter().filter(is_allowed) {
                if !methods.contains(&method) {
                    methods.push(method);
                }
            }
        }
        let mut paths = matchit::Router::new();
        for (path, methods) in by_path {
            // Conflicts are problems that `route::check` reports.
            let _ = paths.insert(path, listed(&methods));
        }
        let others = has_hand_written.then(|| listed(rules.methods.as_deref().unwrap_or(&COMMON))).flatten();
        let is_any_origin = rules.origins.is_none();
        Self { cors: layer(rules).layer(Immediate), is_any_origin, paths, others }
    }

    /// The answer to a preflight. `None` if the request is for the router.
    #[inline]
    pub(crate) fn preflight<B>(&self, request: &Request<B>) -> Option<Response> {
        if request.method() == Method::OPTIONS { self.answer(request) } else { None }
    }

    fn answer<B>(&self, request: &Request<B>) -> Option<Response> {
        let is_preflight = [header::ORIGIN, header::ACCESS_CONTROL_REQUEST_METHOD]
            .iter()
            .all(|name| request.headers().contains_key(name));
        if !is_preflight {
            return None;
        }
        let methods = match self.paths.at(request.uri().path()) {
            Ok(found) => found.value.as_ref(),
            Err(_) => Some(self.others.as_ref()?),
        };
        let mut headers = self.allowed(Method::OPTIONS, request.headers());
        if let Some(methods) = methods.filter(|_| headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods.clone());
        }
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        *response.headers_mut() = headers;
        Some(response)
    }

    /// The headers of the response to this request.
    #[inline]
    pub(crate) fn begin<B>(&self, request: &Request<B>) -> CorsOfRequest {
        match request.headers().contains_key(header::ORIGIN) {
            true => CorsOfRequest::Headers(Box::new(self.allowed(Method::GET, request.headers()))),
            false if self.is_any_origin => CorsOfRequest::Nothing,
            false => CorsOfRequest::Vary,
        }
    }

    /// The headers that tower-http adds to the response to `request`; OPTIONS is a preflight. If the origin is not
    /// allowed, they only say what they depend on.
    fn allowed(&self, method: Method, request: &HeaderMap) -> HeaderMap {
        let mut head = Request::new(());
        *head.method_mut() = method;
        let names = [header::ORIGIN, header::ACCESS_CONTROL_REQUEST_METHOD, header::ACCESS_CONTROL_REQUEST_HEADERS];
        for name in names {
            if let Some(value) = request.get(&name) {
                head.headers_mut().insert(name, value.clone());
            }
        }
        let mut headers = answer(self.cors.clone(), head).into_parts().0.headers;
        if !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            let vary = headers.remove(header::VARY);
            headers.clear();
            headers.extend(vary.map(|vary| (header::VARY, vary)));
        }
        headers
    }
}

impl CorsOfRequest {
    /// Adds what `response` does not have yet.
    #[inline]
    pub(crate) fn add_to(&mut self, response: &mut Response) {
        match self {
            Self::Nothing => {}
            Self::Vary => add_vary(response.headers_mut(), &header::ORIGIN),
            Self::Headers(headers) => add(response.headers_mut(), std::mem::take(&mut **headers)),
        }
    }
}

#[cold]
fn add(headers: &mut HeaderMap, all: HeaderMap) {
    for (name, value) in all {
        match name {
            Some(name) if name == header::VARY => add_vary(headers, &header::ORIGIN),
            Some(name) => {
                // A map with the most headers that it can have stays as it is.
                if let Ok(Entry::Vacant(entry)) = headers.try_entry(name) {
                    let _ = entry.try_insert(value);
                }
            }
            None => {}
        }
    }
}

/// The methods as `Access-Control-Allow-Methods` lists them.
fn listed(methods: &[Method]) -> Option<HeaderValue> {
    let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    HeaderValue::try_from(names.join(",")).ok().filter(|value| !value.is_empty())
}

/// tower-http's layer, without methods.
fn layer(rules: CorsRules) -> CorsLayer {
    let CorsRules { origins, methods: _, headers, expose_headers, credentials, max_age } = rules;
    let layer = match origins {
        None => CorsLayer::new().allow_origin(AllowOrigin::any()).vary([]),
        Some(origins) => CorsLayer::new().allow_origin(origins).vary([header::ORIGIN]),
    };
    let layer = match headers {
        CorsHeaders::Any => layer.allow_headers(AllowHeaders::mirror_request()),
        CorsHeaders::List(names) => layer.allow_headers(names),
    };
    let layer = layer.expose_headers(expose_headers).allow_credentials(credentials);
    match max_age {
        Some(max_age) => layer.max_age(max_age),
        None => layer,
    }
}

impl fmt::Debug for CorsAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CorsAnswers").field("cors", &self.cors).finish_non_exhaustive()
    }
}
