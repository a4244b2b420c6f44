//! Detects at compile time whether a type has a description.
//!
//! Generated code calls `(&&&Probe::<T>::new()).describe_…(…)` with all traits of this module in scope. Method lookup
//! selects the impl for the most references whose bounds hold: `&&Probe` if the type describes itself and its payload
//! has a schema, `&Probe` if it describes itself, `Probe` for any type (opaque). For arguments, `&&&Probe` is selected
//! if the rules of the payload are known, too, and `&&&&&Probe` and `&&&&Probe` for extractors that do not check them.

use std::marker::PhantomData;

use super::description::{ChecksNoRules, Describe, DescribeResponse, Description, Input, NoPayload, Output, Payload};
#[cfg(feature = "schema")]
use super::rules::DescribeRules;

/// A type that may describe itself.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<fn() -> T>);

impl<T> Probe<T> {
    /// Creates the probe of `T`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code only")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

fn placeholder(description: &mut Description, name: &'static str, payload: Payload) {
    let mut input = Input::new(name);
    input.path();
    input.payload = payload;
    description.push_input(input);
}

fn input<T: Describe>(description: &mut Description, name: &'static str, payload: Payload) {
    let mut input = Input::new(name);
    T::describe(&mut input);
    input.payload = payload;
    description.push_input(input);
}

fn unchecked_input<T: ChecksNoRules>(description: &mut Description, name: &'static str, payload: Payload) {
    let mut input = Input::new(name);
    T::describe(&mut input);
    input.payload = payload;
    input.unchecked = Some(T::CHECKED);
    description.push_input(input);
}

fn output<T: DescribeResponse>(description: &mut Description, failure: bool, payload: Payload) {
    let mut output = Output { failure, ..Output::default() };
    T::describe(&mut output);
    output.failure = failure;
    output.payload = payload;
    description.outputs.push(output);
}

/// Arguments that ignore the rules of their content, which has a schema.
#[cfg(feature = "schema")]
pub trait DescribeUncheckedWithSchema {
    /// Adds the argument.
    fn describe_input(&self, description: &mut Description, name: &'static str);
}

#[cfg(feature = "schema")]
impl<T> DescribeUncheckedWithSchema for &&&&&Probe<T>
where
    T: ChecksNoRules,
    T::Payload: validator::Validate + schemars::JsonSchema,
{
    fn describe_input(&self, description: &mut Description, name: &'static str) {
        unchecked_input::<T>(description, name, Payload::with_schema::<T::Payload>());
    }
}

/// Arguments that ignore the rules of their content.
pub trait DescribeUnchecked {
    /// Adds the argument.
    fn describe_input(&self, description: &mut Description, name: &'static str);
}

impl<T> DescribeUnchecked for &&&&Probe<T>
where
    T: ChecksNoRules,
    T::Payload: validator::Validate,
{
    fn describe_input(&self, description: &mut Description, name: &'static str) {
        unchecked_input::<T>(description, name, Payload::of::<T::Payload>());
    }
}

/// Arguments that describe themselves and whose content has a schema and rules.
#[cfg(feature = "schema")]
pub trait DescribeWithRules {
    /// Adds the argument.
    fn describe_input(&self, description: &mut Description, name: &'static str);
}

#[cfg(feature = "schema")]
impl<T> DescribeWithRules for &&&Probe<T>
where
    T: Describe,
    T::Payload: schemars::JsonSchema + DescribeRules,
{
    fn describe_input(&self, description: &mut Description, name: &'static str) {
        input::<T>(description, name, Payload::with_rules::<T::Payload>());
    }
}

/// Arguments that describe themselves and whose content has a schema.
#[cfg(feature = "schema")]
pub trait DescribeWithSchema {
    /// Adds the argument.
    fn describe_input(&self, description: &mut Description, name: &'static str);
}

#[cfg(feature = "schema")]
impl<T> DescribeWithSchema for &&Probe<T>
where
    T: Describe,
    T::Payload: schemars::JsonSchema,
{
    fn describe_input(&self, description: &mut Description, name: &'static str) {
        input::<T>(description, name, Payload::with_schema::<T::Payload>());
    }
}

/// Arguments that describe themselves.
pub trait DescribeWithoutSchema {
    /// Adds the argument.
    fn describe_input(&self, description: &mut Description, name: &'static str);
}

impl<T: Describe> DescribeWithoutSchema for &Probe<T> {
    fn describe_input(&self, description: &mut Description, name: &'static str) {
        input::<T>(description, name, Payload::of::<T::Payload>());
    }
}

/// Arguments that do not describe themselves.
pub trait DescribeOpaque {
    /// Adds the argument.
    fn describe_input(&self, description: &mut Description, name: &'static str);
}

impl<T> DescribeOpaque for Probe<T> {
    fn describe_input(&self, description: &mut Description, name: &'static str) {
        let mut input = Input::new(name);
        input.payload = Payload::of::<T>();
        description.push_input(input);
    }
}

/// Placeholders whose type has a schema.
#[cfg(feature = "schema")]
pub trait PlaceholderWithSchema {
    /// Adds the placeholder.
    fn describe_placeholder(&self, description: &mut Description, name: &'static str);
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> PlaceholderWithSchema for &Probe<T> {
    fn describe_placeholder(&self, description: &mut Description, name: &'static str) {
        placeholder(description, name, Payload::with_schema::<T>());
    }
}

/// Placeholders whose type has no schema.
pub trait PlaceholderWithoutSchema {
    /// Adds the placeholder.
    fn describe_placeholder(&self, description: &mut Description, name: &'static str);
}

impl<T> PlaceholderWithoutSchema for Probe<T> {
    fn describe_placeholder(&self, description: &mut Description, name: &'static str) {
        placeholder(description, name, Payload::of::<T>());
    }
}

/// Extractors with the name of a placeholder that describe themselves.
pub trait NeedsOfExtractor {
    /// Adds the dependencies of the extractor.
    fn describe_needs(&self, description: &mut Description);
}

impl<T: Describe> NeedsOfExtractor for &Probe<T> {
    fn describe_needs(&self, description: &mut Description) {
        let mut input = Input::new("");
        T::describe(&mut input);
        description.push_needs(input);
    }
}

/// All other types with the name of a placeholder.
pub trait NeedsNothing {
    /// Adds nothing.
    fn describe_needs(&self, _description: &mut Description) {}
}

impl<T> NeedsNothing for Probe<T> {}

/// Responses that describe themselves and whose content has a schema.
#[cfg(feature = "schema")]
pub trait RespondWithSchema {
    /// Adds the response.
    fn describe_output(&self, description: &mut Description);
    /// Adds the response as a failure.
    fn describe_error(&self, description: &mut Description);
}

#[cfg(feature = "schema")]
impl<T> RespondWithSchema for &&Probe<T>
where
    T: DescribeResponse,
    T::Payload: schemars::JsonSchema,
{
    fn describe_output(&self, description: &mut Description) {
        output::<T>(description, false, Payload::with_schema::<T::Payload>());
    }

    fn describe_error(&self, description: &mut Description) {
        output::<T>(description, true, Payload::with_schema::<T::Payload>());
    }
}

/// Responses that describe themselves.
pub trait RespondWithoutSchema {
    /// The type of the failure.
    type Error;
    /// Adds the response.
    fn describe_output(&self, description: &mut Description);
    /// Adds the response as a failure.
    fn describe_error(&self, description: &mut Description);
    /// The probe of the failure's type.
    fn error(&self) -> Probe<Self::Error>;
}

impl<T: DescribeResponse> RespondWithoutSchema for &Probe<T> {
    type Error = T::Error;

    fn describe_output(&self, description: &mut Description) {
        output::<T>(description, false, Payload::of::<T::Payload>());
    }

    fn describe_error(&self, description: &mut Description) {
        output::<T>(description, true, Payload::of::<T::Payload>());
    }

    fn error(&self) -> Probe<T::Error> {
        Probe::new()
    }
}

/// Responses that do not describe themselves.
pub trait RespondOpaque {
    /// Adds the response.
    fn describe_output(&self, description: &mut Description);
    /// Adds the response as a failure, if there is one.
    fn describe_error(&self, description: &mut Description);
    /// A probe of nothing: no failure is known.
    fn error(&self) -> Probe<NoPayload>;
}

impl<T> RespondOpaque for Probe<T> {
    fn describe_output(&self, description: &mut Description) {
        let mut output = Output::opaque();
        output.payload = Payload::of::<T>();
        description.outputs.push(output);
    }

    fn describe_error(&self, description: &mut Description) {
        let payload = Payload::of::<T>();
        if !payload.type_name.is_empty() {
            let mut output = Output::opaque();
            output.failure = true;
            output.payload = payload;
            description.outputs.push(output);
        }
    }

    fn error(&self) -> Probe<NoPayload> {
        Probe::new()
    }
}
