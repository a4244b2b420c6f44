//! The problem document.

use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::field::FieldError;
use crate::base::failure_cause::{CauseKind, FailureCause};

/// An error response, as the client sees it (RFC 9457). See the [module docs](crate::problem).
///
/// `Display` prints the title and the detail. The cause, which is only logged, is the [`source`](Error::source).
#[doc(alias = "rfc 9457")]
#[doc(alias = "rfc 7807")]
#[derive(Clone)]
pub struct Problem(Arc<ProblemFields>);

#[derive(Clone)]
struct ProblemFields {
    status: StatusCode,
    kind: Cow<'static, str>,
    title: Option<Cow<'static, str>>,
    detail: Option<Cow<'static, str>>,
    instance: Option<String>,
    correlation_id: Option<String>,
    errors: Vec<FieldError>,
    members: serde_json::Map<String, Value>,
    headers: HeaderMap,
    source: Option<Arc<dyn Error + Send + Sync>>,
    /// The cause of a response, which is not logged yet.
    cause: Option<FailureCause>,
}

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");
/// The headers that describe the content of a response, apart from its media type.
const OF_CONTENT: [HeaderName; 4] =
    [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::ETAG, header::CONTENT_RANGE];
/// The members that a problem writes itself.
const STANDARD: [&str; 7] = ["type", "title", "status", "detail", "instance", "correlationId", "errors"];
/// The type of problems that have no meaning beyond their status (RFC 9457 §4.2.1).
const BLANK: &str = "about:blank";

/// The headers of a response with this status that describe its content. `Content-Range` of a 416 does not: it states
/// the length of what the client asked for (RFC 9110 §15.5.17).
pub(super) fn of_content(status: StatusCode) -> impl Iterator<Item = &'static HeaderName> {
    let is_told =
        move |name: &&HeaderName| **name == header::CONTENT_RANGE && status == StatusCode::RANGE_NOT_SATISFIABLE;
    OF_CONTENT.iter().filter(move |name| !is_told(name))
}

impl Problem {
    /// Creates a problem with this status and nothing else.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self(Arc::new(ProblemFields {
            status,
            kind: Cow::Borrowed(BLANK),
            title: None,
            detail: None,
            instance: None,
            correlation_id: None,
            errors: Vec::new(),
            members: serde_json::Map::new(),
            headers: HeaderMap::new(),
            source: None,
            cause: None,
        }))
    }

    /// Creates a 400 with a detail for the client.
    #[must_use]
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST).with_detail(detail)
    }

    /// Creates a 401 with a detail for the client. Also add `WWW-Authenticate`, which a 401 must have (RFC 9110
    /// §15.5.2).
    #[must_use]
    pub fn unauthorized(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED).with_detail(detail)
    }

    /// Creates a 403 with a detail for the client.
    #[must_use]
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN).with_detail(detail)
    }

    /// Creates a 404 with a detail for the client.
    #[must_use]
    pub fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND).with_detail(detail)
    }

    /// Creates a 409 with a detail for the client.
    #[must_use]
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT).with_detail(detail)
    }

    /// Creates a 422 with a detail for the client.
    #[must_use]
    pub fn unprocessable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY).with_detail(detail)
    }

    /// Creates a 500 that is caused by `source`, which is logged and not sent to the client.
    ///
    /// ```
    /// # fn load() -> std::io::Result<String> { Ok(String::new()) }
    /// fn handler() -> routekit::Result<String> {
    ///     load().map_err(routekit::Problem::internal)
    /// }
    /// ```
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR).with_source(source)
    }

    /// Sets the URI that identifies the type of problem (member `type`). Defaults to `about:blank`.
    #[must_use]
    pub fn with_kind(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.fields().kind = uri.into();
        self
    }

    /// Sets the short summary of the type of problem. Defaults to the reason phrase of the status.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.fields().title = Some(title.into());
        self
    }

    /// Sets the explanation of this occurrence of the problem. Defaults to none.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.fields().detail = Some(detail.into());
        self
    }

    /// Sets the URI of this occurrence. Defaults to the path of the request.
    #[must_use]
    pub fn with_instance(mut self, uri: impl Into<String>) -> Self {
        self.fields().instance = Some(uri.into());
        self
    }

    /// Adds errors of fields (member `errors`).
    #[must_use]
    pub fn with_errors(mut self, errors: impl IntoIterator<Item = FieldError>) -> Self {
        self.fields().errors.extend(errors);
        self
    }

    /// Adds an extension member (RFC 9457 §3.2).
    ///
    /// A name of a standard member (`type`, `title`, `status`, `detail`, `instance`, `correlationId`, `errors`) is a
    /// mistake in the program, since each has a method of its own: the member is left out, and an error is logged.
    ///
    /// # Panics
    ///
    /// With debug assertions, if the name is that of a standard member.
    #[must_use]
    #[track_caller]
    pub fn with_member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let name = name.into();
        if STANDARD.contains(&name.as_str()) {
            debug_assert!(false, "`{name}` is a standard member of a problem: use the method for it");
            let location = std::panic::Location::caller();
            tracing::error!(%location, "`{name}` is a standard member of a problem, and cannot be set as an extension");
            return self;
        }
        self.fields().members.insert(name, value.into());
        self
    }

    /// Adds a header to the response.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.fields().headers.append(name, value);
        self
    }

    /// Sets the cause, which is only logged.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.fields().source = Some(Arc::from(source.into()));
        self
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Returns the explanation of this occurrence, if any.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// Returns the URI that identifies the type of problem.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Returns the errors of fields.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// Returns the URI of this occurrence. In [`App::problems`](crate::App::problems), this is at least the path of the
    /// request.
    #[must_use]
    pub fn instance(&self) -> Option<&str> {
        self.0.instance.as_deref()
    }

    /// Returns the correlation id of the request, which only [`App::problems`](crate::App::problems) sees.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// Returns the extension members.
    #[must_use]
    pub fn members(&self) -> &serde_json::Map<String, Value> {
        &self.0.members
    }

    fn fields(&mut self) -> &mut ProblemFields {
        Arc::make_mut(&mut self.0)
    }

    /// Returns the cause of a response, which its log line includes.
    pub(crate) fn cause(&self) -> Option<&FailureCause> {
        self.0.cause.as_ref()
    }

    /// Sets the cause of a response, which is logged and not sent to the client.
    pub(crate) fn caused_by(mut self, kind: CauseKind) -> Self {
        let cause = FailureCause::new(self.0.status.as_u16(), kind);
        self.fields().cause = Some(cause);
        self
    }

    fn response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.0.status;
        *response.headers_mut() = self.0.headers.clone();
        self.write_into(&mut response);
        response
    }

    /// Returns a copy without the source. A [cause](Self::cause) that is logged holds nothing.
    pub(crate) fn without_source(&self) -> Self {
        let mut problem = self.clone();
        if problem.0.source.is_some() {
            problem.fields().source = None;
        }
        problem
    }

    /// Sets the status of the response that is sent (RFC 9457 §3.1.2).
    pub(super) fn sent_as(mut self, status: StatusCode) -> Self {
        if self.0.status != status {
            self.fields().status = status;
        }
        self
    }

    /// Adds the members that only the outermost layer can set.
    pub(super) fn answers(mut self, path: &str, correlation_id: &str) -> Self {
        let fields = self.fields();
        fields.instance.get_or_insert_with(|| path.to_owned());
        fields.correlation_id = Some(correlation_id.to_owned());
        self
    }

    /// Returns the title, or the reason phrase of the status.
    #[must_use]
    pub fn title(&self) -> &str {
        match &self.0.title {
            Some(title) => title,
            None => self.0.status.canonical_reason().unwrap_or("Error"),
        }
    }

    /// Replaces the content of `response` with this document. Keeps its status and its other headers.
    pub(super) fn write_into(self, response: &mut Response) {
        let json = serde_json::to_vec(&self).expect("strings, numbers and JSON values always serialise");
        let headers = response.headers_mut();
        // A map with the most headers that it can have stays as it is.
        let _ = headers.try_insert(header::CONTENT_TYPE, MEDIA_TYPE);
        // Remove the headers that describe the old content.
        for name in of_content(self.0.status) {
            headers.remove(name);
        }
        response.extensions_mut().insert(self);
        *response.body_mut() = Body::from(json);
    }

    /// Whether the content of a response with these headers is still a problem document.
    pub(super) fn is_content_of(headers: &HeaderMap) -> bool {
        headers.get(header::CONTENT_TYPE) == Some(&MEDIA_TYPE)
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ProblemFields { status, kind, detail, instance, correlation_id, errors, members, .. } = &*self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", kind)?;
        map.serialize_entry("title", self.title())?;
        map.serialize_entry("status", &status.as_u16())?;
        if let Some(detail) = detail {
            map.serialize_entry("detail", detail)?;
        }
        if let Some(instance) = instance {
            map.serialize_entry("instance", instance)?;
        }
        if let Some(id) = correlation_id {
            map.serialize_entry("correlationId", id)?;
        }
        if !errors.is_empty() {
            map.serialize_entry("errors", errors)?;
        }
        for (name, value) in members {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self.0.source.clone().filter(|_| self.0.status.is_server_error()) {
            Some(source) => self.caused_by(CauseKind::Error(source)).response(),
            None => self.response(),
        }
    }
}

impl From<StatusCode> for Problem {
    fn from(status: StatusCode) -> Self {
        Self::new(status)
    }
}

/// Has the status of the error: 413 if the upload is too large, 400 if it is malformed.
#[cfg(feature = "multipart")]
impl From<axum::extract::multipart::MultipartError> for Problem {
    fn from(error: axum::extract::multipart::MultipartError) -> Self {
        Self::new(error.status()).with_detail("the multipart body could not be read").with_source(error)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())?;
        match &self.0.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProblemFields { status, kind, detail, errors, source, .. } = &*self.0;
        f.debug_struct("Problem")
            .field("status", status)
            .field("kind", kind)
            .field("detail", detail)
            .field("errors", errors)
            .field("source", source)
            .finish_non_exhaustive()
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
