//! The rules of a type as data, for its JSON Schema. `#[derive(Validate)]` generates them.

use std::marker::PhantomData;

use serde::Serialize;
use serde_json::{Map, Value};

/// A type whose rules are known as data.
pub trait DescribeRules {
    /// Adds the rules of the type.
    fn describe_rules(rules: &mut TypeRules);
}

impl<T: DescribeRules + ?Sized> DescribeRules for Box<T> {
    fn describe_rules(rules: &mut TypeRules) {
        T::describe_rules(rules);
    }
}

/// The rules of a struct, or of an enum as far as they concern the whole value.
#[derive(Debug, Clone, Default)]
pub struct TypeRules {
    pub(crate) fields: Vec<RulesOfField>,
    /// Rules about the whole value, in words.
    pub(crate) notes: Vec<String>,
}

/// The rules of a field.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "schema"), expect(dead_code, reason = "only the OpenAPI document reads it"))]
pub(crate) struct RulesOfField {
    pub(crate) place: FieldPlace,
    pub(crate) rules: Vec<FieldRule>,
    /// Adds the rules of the field's own type. Of a list or a map, that is the type of its items or values.
    pub(crate) nested: Option<fn(&mut TypeRules)>,
}

/// Where the value of a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldPlace {
    /// Under the name that serde reads.
    Named(&'static str),
    /// It is the value that contains the field: `transparent`, or a newtype.
    Whole,
    /// Its fields are beside those of the value that contains it: `flatten`.
    Flattened,
}

/// A rule, as its attribute names it.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "schema"), expect(dead_code, reason = "only the OpenAPI document reads it"))]
pub(crate) struct FieldRule {
    pub(crate) name: &'static str,
    pub(crate) message: Option<&'static str>,
    pub(crate) params: Map<String, Value>,
}

/// Stands between a name and its aliases.
const SEPARATOR: char = '\0';
/// The name of a field that is written like the value that contains it.
const WHOLE: &str = "__all__";

impl TypeRules {
    /// Collects the rules of a type.
    #[cfg(feature = "schema")]
    pub(crate) fn of(describe: fn(&mut Self)) -> Self {
        let mut rules = Self::default();
        describe(&mut rules);
        rules
    }

    /// The following calls are about this field, which may have aliases.
    pub fn field(&mut self, names: &'static str) {
        let name = names.split(SEPARATOR).next().filter(|name| *name != WHOLE);
        let place = name.map_or(FieldPlace::Whole, FieldPlace::Named);
        self.fields.push(RulesOfField { place, rules: Vec::new(), nested: None });
    }

    /// The following calls are about a field with `#[serde(flatten)]`.
    pub fn flattened(&mut self) {
        self.fields.push(RulesOfField { place: FieldPlace::Flattened, rules: Vec::new(), nested: None });
    }

    /// Adds a rule of the field, with the message of its attribute.
    pub fn rule(&mut self, name: &'static str, message: Option<&'static str>) {
        if let Some(field) = self.fields.last_mut() {
            field.rules.push(FieldRule { name, message, params: Map::new() });
        }
    }

    /// Adds a parameter of the rule, such as `max`.
    pub fn with(&mut self, name: &'static str, value: &impl Serialize) {
        let rule = self.fields.last_mut().and_then(|field| field.rules.last_mut());
        if let (Some(rule), Ok(value)) = (rule, serde_json::to_value(value)) {
            rule.params.insert(name.to_owned(), value);
        }
    }

    /// Adds the rules of the field's own type.
    pub fn nested(&mut self, describe: fn(&mut Self)) {
        if let Some(field) = self.fields.last_mut() {
            field.nested = Some(describe);
        }
    }

    /// Adds a rule about the whole value, in words.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}

/// The rules of a type that may have some: `RulesOf::<T>::describe`, with [`NoRules`] in scope.
#[derive(Debug)]
pub struct RulesOf<T: ?Sized>(PhantomData<T>);

impl<T: DescribeRules + ?Sized> RulesOf<T> {
    /// Adds the rules of the type.
    pub fn describe(rules: &mut TypeRules) {
        T::describe_rules(rules);
    }
}

/// Types without rules that are known as data.
pub trait NoRules {
    /// Adds nothing.
    fn describe(_: &mut TypeRules) {}
}

impl<T: ?Sized> NoRules for RulesOf<T> {}
