//! The description of a route's inputs, responses and dependencies.

use std::any::{TypeId, type_name};

#[cfg(feature = "schema")]
use super::rules::{DescribeRules, TypeRules};

/// An extractor that does not check the rules of its payload.
pub trait ChecksNoRules: Describe {
    /// The extractor that does.
    const CHECKED: &'static str;
}

/// An argument of a handler with a description of its source in the request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not describe itself",
    note = "implement `routekit::describe::Describe` for it; a route takes any axum extractor, described or not"
)]
pub trait Describe {
    /// The type of the content that the client sends; [`NoPayload`] if there is none.
    type Payload;

    /// Describes the source, the statuses of refusals, and the dependencies.
    fn describe(input: &mut Input);
}

/// A return type of a handler that describes its response.
pub trait DescribeResponse {
    /// The type of the content that the client receives; [`NoPayload`] if there is none.
    type Payload;
    /// The type of the failure; [`NoPayload`] if there is none.
    type Error;

    /// Describes the status and the content.
    fn describe(output: &mut Output);
}

/// No content, or content without a type.
#[derive(Debug, Clone, Copy)]
pub struct NoPayload;

/// The Rust type of some content, and its schema if there is one.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Payload {
    /// The Rust type; empty if unknown.
    pub type_name: &'static str,
    /// Adds the type's JSON Schema to a generator.
    #[cfg(feature = "schema")]
    pub schema: Option<fn(&mut schemars::SchemaGenerator) -> schemars::Schema>,
    /// Adds the rules that the extractor checks.
    #[cfg(feature = "schema")]
    pub(crate) rules: Option<fn(&mut TypeRules)>,
}

impl Payload {
    pub(crate) fn of<T>() -> Self {
        let type_name = if type_name::<T>() == type_name::<NoPayload>() { "" } else { type_name::<T>() };
        Self { type_name, ..Self::default() }
    }

    #[cfg(feature = "schema")]
    pub(crate) fn with_schema<T: schemars::JsonSchema>() -> Self {
        Self { type_name: type_name::<T>(), schema: Some(schemars::SchemaGenerator::subschema_for::<T>), rules: None }
    }

    #[cfg(feature = "schema")]
    pub(crate) fn with_rules<T: schemars::JsonSchema + DescribeRules>() -> Self {
        Self { rules: Some(T::describe_rules), ..Self::with_schema::<T>() }
    }
}

/// The inputs, outputs and dependencies of a route. As JSON: `inputs`, `outputs`, `needs`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Description {
    /// The arguments of the handler.
    pub inputs: Vec<Input>,
    /// The responses of the handler itself, without those of its policies.
    pub outputs: Vec<Output>,
    pub(crate) needs: Vec<Need>,
    pub(crate) path_values: Option<PathValues>,
}

/// An argument that takes all placeholders of the path, each as one value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PathValues {
    pub(crate) count: usize,
    pub(crate) type_name: &'static str,
}

/// A dependency, or an identity, that the app must provide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) kind: NeedKind,
    pub(crate) type_id: TypeId,
    pub(crate) type_name: &'static str,
}

/// How a needed type is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NeedKind {
    Dependency,
    State,
    /// An identified caller; not a type.
    Identity,
}

impl Description {
    /// Returns every status that the handler and its extractors are known to answer with, sorted.
    #[must_use]
    pub fn statuses(&self) -> Vec<u16> {
        let inputs = self.inputs.iter().flat_map(|input| input.statuses.iter().copied());
        let outputs = self.outputs.iter().filter_map(|output| output.status);
        let mut statuses: Vec<u16> = inputs.chain(outputs).collect();
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }

    /// Whether the handler needs an identified caller.
    pub(crate) fn needs_identity(&self) -> bool {
        self.needs.iter().any(|need| need.kind == NeedKind::Identity)
    }

    /// Whether the handler upgrades connections to WebSockets.
    pub(crate) fn upgrades(&self) -> bool {
        self.inputs.iter().any(|input| input.upgrades)
    }

    /// Whether the handler returns a stream of events.
    pub(crate) fn streams(&self) -> bool {
        self.outputs.iter().any(|output| output.media_type == Some("text/event-stream"))
    }

    /// For generated code: `state = Type`.
    #[doc(hidden)]
    pub fn needs_state<S: 'static>(&mut self) {
        self.needs.push(Need { kind: NeedKind::State, type_id: TypeId::of::<S>(), type_name: type_name::<S>() });
    }

    /// For generated code: `-> impl IntoResponse`.
    #[doc(hidden)]
    pub fn opaque_output(&mut self) {
        self.outputs.push(Output::opaque());
    }

    pub(crate) fn push_input(&mut self, mut input: Input) {
        self.needs.append(&mut input.needs);
        self.inputs.push(input);
    }

    /// Adds the dependencies of an input that is described elsewhere.
    pub(crate) fn push_needs(&mut self, mut input: Input) {
        self.needs.append(&mut input.needs);
    }
}

/// The source of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum InputSource {
    /// A placeholder of the path, or all of them.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// The body.
    Body,
    /// The app: a dependency or a state.
    App,
    /// The caller's identity.
    Identity,
    /// Other parts of the request.
    #[default]
    Opaque,
}

impl InputSource {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Body => "body",
            Self::App => "app",
            Self::Identity => "identity",
            Self::Opaque => "opaque",
        }
    }
}

/// A part of the request that a handler takes, and that the key of a cached response holds only if the route says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestPart {
    /// All headers: `HeaderMap`, `Parts` or `Request`.
    Headers,
    Cookies,
    /// `Identity` or `Claims`.
    Identity,
    /// What a layer has put into the request.
    Extension,
    /// The address of the client, which is in no header.
    Address,
}

/// One argument of a handler.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Input {
    /// The name of the argument, of the placeholder, or of the header.
    pub name: &'static str,
    /// The source of the value.
    pub source: InputSource,
    /// Whether requests without the value are rejected.
    pub required: bool,
    /// The media type of a body.
    pub media_type: Option<&'static str>,
    /// The type of the content.
    pub payload: Payload,
    /// The statuses of rejections, sorted.
    pub statuses: Vec<u16>,
    needs: Vec<Need>,
    part: Option<RequestPart>,
    /// The extractor that checks the rules of the payload, if this one does not.
    pub(crate) unchecked: Option<&'static str>,
    upgrades: bool,
}

impl Input {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            source: InputSource::Opaque,
            required: true,
            media_type: None,
            payload: Payload::default(),
            statuses: Vec::new(),
            needs: Vec::new(),
            part: None,
            unchecked: None,
            upgrades: false,
        }
    }

    /// Takes a part of the request as a whole.
    pub(crate) fn takes(&mut self, part: RequestPart) {
        self.part = Some(part);
    }

    /// The part of the request that it takes as a whole. Jars of cookies are known by their names only.
    pub(crate) fn part(&self) -> Option<RequestPart> {
        let opaque = || (self.source == InputSource::Opaque).then_some(self.payload.type_name);
        let is_jar =
            |name: &str| ["CookieJar", "PrivateCookieJar", "SignedCookieJar", "Cookies"].contains(&last_name(name));
        self.part.or_else(|| opaque().filter(|name| is_jar(name)).map(|_| RequestPart::Cookies))
    }

    /// Declares that the argument reads the path. A value that cannot be parsed is rejected with 400.
    pub fn path(&mut self) {
        self.source = InputSource::Path;
        self.answers(400);
    }

    /// Declares that the argument reads the query string, and rejects an invalid one with 400.
    pub fn query(&mut self) {
        self.source = InputSource::Query;
        self.answers(400);
    }

    /// Declares that the argument reads this header.
    pub fn header(&mut self, name: &'static str) {
        self.source = InputSource::Header;
        self.name = name;
    }

    /// Declares that the argument reads a body of this media type, and rejects one that is too large with 413.
    pub fn body(&mut self, media_type: &'static str) {
        self.source = InputSource::Body;
        self.media_type = Some(media_type);
        self.answers(413);
    }

    /// Declares that the value comes from the app and not from the request.
    pub fn app(&mut self) {
        self.source = InputSource::App;
    }

    /// Declares that the argument reads the [`Identity`](crate::identity::Identity). The route must only admit
    /// identified callers, which is checked at start-up.
    pub fn identity(&mut self) {
        self.source = InputSource::Identity;
        self.takes(RequestPart::Identity);
        self.needs.push(Need { kind: NeedKind::Identity, type_id: TypeId::of::<()>(), type_name: "" });
        self.answers(401);
    }

    /// Declares that the argument upgrades the connection to a WebSocket. A GET route then also serves the extended
    /// CONNECT requests of HTTP/2 clients (RFC 8441).
    pub fn upgrades_to_websocket(&mut self) {
        self.upgrades = true;
    }

    /// Declares that requests without the value are accepted.
    pub fn optional(&mut self) {
        self.required = false;
    }

    /// Declares that the argument may reject a request with this status.
    pub fn answers(&mut self, status: u16) {
        if let Err(place) = self.statuses.binary_search(&status) {
            self.statuses.insert(place, status);
        }
    }

    /// Declares a dependency `T`. The app must provide it, which is checked at start-up.
    pub fn needs<T: ?Sized + 'static>(&mut self) {
        self.needs.push(Need { kind: NeedKind::Dependency, type_id: TypeId::of::<T>(), type_name: type_name::<T>() });
    }

    /// Removes all dependencies: `Option<Dep<T>>` does not require a `T`, nor `Option<Identity>` an identity.
    pub(crate) fn forget_needs(&mut self) {
        self.forget_identity();
        self.needs.clear();
    }

    /// Removes the requirement of an identity: the argument accepts callers without one.
    pub(crate) fn forget_identity(&mut self) {
        if self.source == InputSource::Identity {
            self.needs.retain(|need| need.kind != NeedKind::Identity);
            self.statuses.retain(|status| *status != 401);
        }
    }
}

/// `CookieJar` of `axum_extra::extract::cookie::CookieJar`, also within an `Option` or with arguments.
fn last_name(type_name: &str) -> &str {
    let inner = type_name.strip_prefix("core::option::Option<").unwrap_or(type_name);
    let path = inner.split(['<', '>']).next().unwrap_or_default();
    path.rsplit("::").next().unwrap_or_default()
}

/// One response of a handler.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Output {
    /// The status, if it is constant.
    pub status: Option<u16>,
    /// Whether this is the response of a failure.
    pub failure: bool,
    /// The media type of the content.
    pub media_type: Option<&'static str>,
    /// The type of the content.
    pub payload: Payload,
    /// Whether nothing else is known about the response.
    pub opaque: bool,
    /// The first digit of the status, if only that is known.
    pub(crate) class: Option<u8>,
}

impl Output {
    pub(crate) fn opaque() -> Self {
        Self { opaque: true, ..Self::default() }
    }

    /// Declares the status of the response.
    pub fn status(&mut self, status: u16) {
        self.status = Some(status);
    }

    /// Declares that the status is only known at run time.
    pub fn any_status(&mut self) {
        self.status = None;
    }

    /// Declares a redirection, whose status is only known at run time.
    pub(crate) fn redirects(&mut self) {
        self.status = None;
        self.class = Some(3);
    }

    /// Declares content of this media type.
    pub fn content(&mut self, media_type: &'static str) {
        self.media_type = Some(media_type);
    }
}
