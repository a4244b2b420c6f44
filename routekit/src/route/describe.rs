//! What a route says of itself, as data; see `docs/describe.md`.

use std::any::{TypeId, type_name};

/// An argument of a handler that says what it takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not describe itself",
    note = "implement `routekit::describe::Describe` for it; a route takes any axum extractor, described or not"
)]
pub trait Describe {
    /// The type of the content that the client sends; [`NoPayload`] if there is none to speak of.
    type Payload;

    /// Says what it takes, what it can answer, and what it needs.
    fn describe(input: &mut Input);
}

/// A return type of a handler that says what it gives.
pub trait DescribeResponse {
    /// The type of the content that the client gets; [`NoPayload`] if there is none to speak of.
    type Payload;
    /// The type of the failure; [`NoPayload`] if it cannot fail.
    type Error;

    /// Says what it gives.
    fn describe(output: &mut Output);
}

/// No content, or none that has a type.
#[derive(Debug, Clone, Copy)]
pub struct NoPayload;

/// The Rust type of some content, and its schema if it has one.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Payload {
    /// The Rust type; empty if unknown.
    pub type_name: &'static str,
    /// Adds the type's JSON Schema to a generator.
    #[cfg(feature = "schema")]
    pub schema: Option<fn(&mut schemars::SchemaGenerator) -> schemars::Schema>,
}

impl Payload {
    pub(crate) fn of<T>() -> Self {
        let type_name = if type_name::<T>() == type_name::<NoPayload>() { "" } else { type_name::<T>() };
        Self { type_name, ..Self::default() }
    }

    #[cfg(feature = "schema")]
    pub(crate) fn with_schema<T: schemars::JsonSchema>() -> Self {
        Self { type_name: type_name::<T>(), schema: Some(schemars::SchemaGenerator::subschema_for::<T>) }
    }
}

/// What a route takes, gives, needs and can answer. As JSON: `inputs`, `outputs`, `needs`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Description {
    /// The arguments of the handler.
    pub inputs: Vec<Input>,
    /// What it answers by itself; what its policies answer is not listed.
    pub outputs: Vec<Output>,
    pub(crate) needs: Vec<Need>,
}

/// Something an app must have provided.
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
    /// Not a type but somebody who is asking.
    Identity,
}

impl Description {
    /// Every status the handler and its extractors are known to answer, sorted.
    #[must_use]
    pub fn statuses(&self) -> Vec<u16> {
        let inputs = self.inputs.iter().flat_map(|input| input.statuses.iter().copied());
        let outputs = self.outputs.iter().filter_map(|output| output.status);
        let mut statuses: Vec<u16> = inputs.chain(outputs).collect();
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }

    /// Whether the handler cannot do without knowing who is asking.
    pub(crate) fn needs_identity(&self) -> bool {
        self.needs.iter().any(|need| need.kind == NeedKind::Identity)
    }

    /// What generated code calls for `state = Type`.
    #[doc(hidden)]
    pub fn needs_state<S: 'static>(&mut self) {
        self.needs.push(Need { kind: NeedKind::State, type_id: TypeId::of::<S>(), type_name: type_name::<S>() });
    }

    /// What generated code calls for `-> impl IntoResponse`.
    #[doc(hidden)]
    pub fn opaque_output(&mut self) {
        self.outputs.push(Output::opaque());
    }

    pub(crate) fn push_input(&mut self, mut input: Input) {
        self.needs.append(&mut input.needs);
        self.inputs.push(input);
    }
}

/// Where an input comes from.
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
    /// The app: a dependency, a state.
    App,
    /// Who is asking.
    Identity,
    /// The request in a way that is not described.
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

/// One argument of a handler.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Input {
    /// The name of the argument, of the placeholder, or of the header.
    pub name: &'static str,
    /// Where it comes from.
    pub source: InputSource,
    /// Whether a request without it is refused.
    pub required: bool,
    /// The media type of a body.
    pub media_type: Option<&'static str>,
    /// What the content is.
    pub payload: Payload,
    /// What it answers when it refuses, sorted.
    pub statuses: Vec<u16>,
    needs: Vec<Need>,
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
        }
    }

    /// It comes from the path; a value that does not parse is 400.
    pub fn path(&mut self) {
        self.source = InputSource::Path;
        self.answers(400);
    }

    /// It comes from the query string; one that does not parse is 400.
    pub fn query(&mut self) {
        self.source = InputSource::Query;
        self.answers(400);
    }

    /// It comes from this header.
    pub fn header(&mut self, name: &'static str) {
        self.source = InputSource::Header;
        self.name = name;
    }

    /// It is the body, of this media type; one that is too large is 413.
    pub fn body(&mut self, media_type: &'static str) {
        self.source = InputSource::Body;
        self.media_type = Some(media_type);
        self.answers(413);
    }

    /// It comes from the app and not from the request.
    pub fn app(&mut self) {
        self.source = InputSource::App;
    }

    /// It is, or comes from, the [`Identity`](crate::identity::Identity): the route must not let everybody in, which is
    /// checked at start-up.
    pub fn identity(&mut self) {
        self.source = InputSource::Identity;
        self.needs.push(Need { kind: NeedKind::Identity, type_id: TypeId::of::<()>(), type_name: "" });
        self.answers(401);
    }

    /// A request may come without it.
    pub fn optional(&mut self) {
        self.required = false;
    }

    /// It may refuse with this status.
    pub fn answers(&mut self, status: u16) {
        if let Err(place) = self.statuses.binary_search(&status) {
            self.statuses.insert(place, status);
        }
    }

    /// The app must have provided a `T`; checked at start-up.
    pub fn needs<T: ?Sized + 'static>(&mut self) {
        self.needs.push(Need { kind: NeedKind::Dependency, type_id: TypeId::of::<T>(), type_name: type_name::<T>() });
    }

    /// Takes back what was said of needs: `Option<Dep<T>>` needs no `T`, `Option<Identity>` nobody.
    pub(crate) fn forget_needs(&mut self) {
        self.forget_identity();
        self.needs.clear();
    }

    /// Takes back that somebody must be known: whoever takes it deals with nobody.
    pub(crate) fn forget_identity(&mut self) {
        if self.source == InputSource::Identity {
            self.needs.retain(|need| need.kind != NeedKind::Identity);
            self.statuses.retain(|status| *status != 401);
        }
    }
}

/// One answer of a handler.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Output {
    /// The status, if it is always the same.
    pub status: Option<u16>,
    /// Whether this is the answer of a failure.
    pub failure: bool,
    /// The media type of the content.
    pub media_type: Option<&'static str>,
    /// What the content is.
    pub payload: Payload,
    /// Whether nothing more is known of it.
    pub opaque: bool,
}

impl Output {
    pub(crate) fn opaque() -> Self {
        Self { opaque: true, ..Self::default() }
    }

    /// Always this status.
    pub fn status(&mut self, status: u16) {
        self.status = Some(status);
    }

    /// Some status, known only when it runs.
    pub fn any_status(&mut self) {
        self.status = None;
    }

    /// Content of this media type.
    pub fn content(&mut self, media_type: &'static str) {
        self.media_type = Some(media_type);
    }
}
