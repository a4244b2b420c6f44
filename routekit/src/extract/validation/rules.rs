//! Collects the broken rules of one value. Called by code that `#[derive(Validate)]` generates.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, hash_map::Entry},
};

use serde::Serialize;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::{budget, messages, names::without_aliases};

/// The key of the rules about a whole value.
pub(super) const WHOLE: &str = "__all__";
/// The key of the errors of a list that is not a field.
pub(super) const LIST: &str = "_tmp_validator";

/// The key of the answer to a probe.
const PROBED: &str = "_observes_the_budget";

type ErrorMap = HashMap<Cow<'static, str>, ValidationErrorsKind>;
/// The errors of a list's items.
pub(super) type ItemErrors = BTreeMap<usize, Box<ValidationErrors>>;

/// A rule of `validator` that a value breaks.
#[derive(Debug)]
pub struct BrokenRule {
    rule: &'static str,
    error: ValidationError,
}

impl BrokenRule {
    /// A broken rule, with the code and the message of its attribute.
    #[must_use]
    pub fn new(rule: &'static str, code: Option<&'static str>, message: Option<&'static str>) -> Self {
        let mut error = ValidationError::new(code.unwrap_or(rule));
        error.message = message.map(Cow::Borrowed);
        Self { rule, error }
    }

    /// Adds a parameter of the rule, such as `max`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &impl Serialize) -> Self {
        self.error.add_param(Cow::Borrowed(name), value);
        self
    }

    fn into_error(mut self) -> ValidationError {
        // The message is found by the code, so it is decided here if the code is the program's own.
        if self.error.message.is_none() && self.error.code != self.rule {
            self.error.message = Some(messages::of_rule(self.rule, &self.error.params).into());
        }
        self.error
    }
}

/// The broken rules of one value, by the names that serde uses.
#[derive(Debug, Default)]
pub struct RuleCheck {
    errors: ErrorMap,
    /// The field that is checked now.
    field: &'static str,
    /// Whether that field breaks a rule of `validator`.
    field_is_broken: bool,
    /// Whether a field is broken, also if its error was not kept.
    any_is_broken: bool,
}

impl RuleCheck {
    /// Starts without a broken rule.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The following calls are about this field, which may have aliases. `__all__` is a field without a name of its
    /// own.
    pub fn field(&mut self, names: &'static str) {
        self.field = key(names);
        self.field_is_broken = false;
    }

    /// Adds an error of the field.
    pub fn broken(&mut self, rule: BrokenRule) {
        self.field_is_broken = true;
        self.any_is_broken = true;
        if budget::spend() {
            self.add(self.field, rule.into_error());
        }
    }

    /// Adds the error of a custom function of the field.
    pub fn custom(
        &mut self,
        result: Result<(), ValidationError>,
        code: Option<&'static str>,
        message: Option<&'static str>,
    ) {
        let Err(error) = result else { return };
        self.any_is_broken = true;
        if budget::spend() {
            self.add(self.field, overridden(error, code, message));
        }
    }

    /// Checks the rules of the field's own type. Those of a list that breaks a rule itself, such as `length`, are not
    /// checked.
    pub fn nested(&mut self, check: impl FnOnce() -> Result<(), ValidationErrors>) {
        if self.field_is_broken || budget::is_spent() {
            return;
        }
        let Err(ValidationErrors(mut found)) = check() else { return };
        self.any_is_broken = true;
        if self.field == WHOLE {
            found.into_iter().for_each(|(name, kind)| insert(&mut self.errors, name, kind));
            return;
        }
        let field = Cow::Borrowed(self.field);
        if let Some(ValidationErrorsKind::Field(own)) = self.errors.remove(self.field) {
            insert(&mut found, Cow::Borrowed(WHOLE), ValidationErrorsKind::Field(own));
        }
        let list = if found.len() == 1 { found.remove(LIST) } else { None };
        let kind = list.unwrap_or_else(|| ValidationErrorsKind::Struct(Box::new(ValidationErrors(found))));
        insert(&mut self.errors, field, kind);
    }

    /// Checks a rule about the whole value.
    pub fn schema(
        &mut self,
        skip_on_field_errors: bool,
        check: impl FnOnce() -> Result<(), ValidationError>,
        code: Option<&'static str>,
        message: Option<&'static str>,
    ) {
        if budget::is_spent() || (skip_on_field_errors && self.any_is_broken) {
            return;
        }
        if let Err(error) = check()
            && budget::spend()
        {
            self.add(WHOLE, overridden(error, code, message));
        }
    }

    /// Moves all errors into a field, which is that of an enum's variant and may have aliases.
    pub fn inside(&mut self, names: &'static str) {
        if !self.errors.is_empty() {
            let errors = ValidationErrors(std::mem::take(&mut self.errors));
            self.errors.insert(Cow::Borrowed(key(names)), ValidationErrorsKind::Struct(Box::new(errors)));
        }
    }

    /// Returns the errors of a value of type `T`.
    ///
    /// # Errors
    /// A rule is broken.
    pub fn finish<T: OurRules>(self) -> Result<(), ValidationErrors> {
        if budget::is_probing() && T::all_are_ours(&mut Vec::new()) {
            let answer = ValidationErrorsKind::Field(Vec::new());
            return Err(ValidationErrors(HashMap::from([(Cow::Borrowed(PROBED), answer)])));
        }
        if self.errors.is_empty() { Ok(()) } else { Err(ValidationErrors(self.errors)) }
    }

    fn add(&mut self, name: &'static str, error: ValidationError) {
        insert(&mut self.errors, Cow::Borrowed(name), ValidationErrorsKind::Field(vec![error]));
    }
}

/// The key of the errors of a field. An extractor keeps the aliases, since the input shows which name is used.
fn key(names: &'static str) -> &'static str {
    if budget::left().is_some() { names } else { without_aliases(names) }
}

fn overridden(
    mut error: ValidationError,
    code: Option<&'static str>,
    message: Option<&'static str>,
) -> ValidationError {
    if let Some(code) = code {
        error.code = Cow::Borrowed(code);
    }
    if let Some(message) = message {
        error.message = Some(Cow::Borrowed(message));
    }
    error
}

/// Inserts the errors of a field beside those that are there.
fn insert(errors: &mut ErrorMap, name: Cow<'static, str>, kind: ValidationErrorsKind) {
    match errors.entry(name) {
        Entry::Vacant(entry) => drop(entry.insert(kind)),
        Entry::Occupied(mut entry) => match (entry.get_mut(), kind) {
            (ValidationErrorsKind::Field(errors), ValidationErrorsKind::Field(more)) => errors.extend(more),
            (ValidationErrorsKind::Struct(errors), ValidationErrorsKind::Struct(more)) => {
                more.0.into_iter().for_each(|(name, kind)| insert(&mut errors.0, name, kind));
            }
            (there, kind) => *there = kind,
        },
    }
}

/// Checks the rules of the items of a list or of the values of a map, until no more errors are kept.
///
/// `validator`'s own `Validate` of a list keeps the errors of all items.
///
/// # Errors
/// An item breaks a rule.
pub fn items<'a, T: 'a>(
    items: impl IntoIterator<Item = &'a T>,
    check: impl Fn(&'a T) -> Result<(), ValidationErrors>,
) -> Result<(), ValidationErrors> {
    let mut found = ItemErrors::new();
    for (index, item) in items.into_iter().enumerate() {
        if budget::is_spent() {
            break;
        }
        let left = budget::left();
        if let Err(errors) = check(item) {
            // A type with `validator`'s own derive knows no budget.
            if budget::left() == left {
                budget::take(count(&errors));
            }
            found.insert(index, Box::new(errors));
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(ValidationErrors(HashMap::from([(Cow::Borrowed(LIST), ValidationErrorsKind::List(found))])))
}

/// The number of errors.
pub(super) fn count(errors: &ValidationErrors) -> usize {
    let kinds = errors.errors().values();
    kinds
        .map(|kind| match kind {
            ValidationErrorsKind::Field(errors) => errors.len(),
            ValidationErrorsKind::Struct(errors) => count(errors),
            ValidationErrorsKind::List(items) => items.values().map(|errors| count(errors)).sum(),
        })
        .sum()
}

/// Whether these are the answer of a type with our derive, or of a list of them, to a probe.
pub(super) fn is_answer(ValidationErrors(errors): &ValidationErrors) -> bool {
    match errors.get(LIST) {
        Some(ValidationErrorsKind::List(items)) => items.values().all(|errors| is_answer(errors)),
        _ => errors.contains_key(PROBED),
    }
}

/// Types with our derive, which observe the limit.
pub trait OurRules {
    /// Whether all types with rules inside this one have our derive, too. `seen` are the names of those that were
    /// asked.
    fn all_are_ours(seen: &mut Vec<&'static str>) -> bool;
}

impl<T: OurRules + ?Sized> OurRules for Box<T> {
    fn all_are_ours(seen: &mut Vec<&'static str>) -> bool {
        T::all_are_ours(seen)
    }
}

/// Whether a type and those inside it have our derive: `AreOurs::<T>::all(…)`, with [`NotOurs`] in scope.
#[derive(Debug)]
pub struct AreOurs<T: ?Sized>(std::marker::PhantomData<T>);

impl<T: OurRules + ?Sized> AreOurs<T> {
    /// Asks the type, unless it was asked already.
    pub fn all(seen: &mut Vec<&'static str>) -> bool {
        let name = std::any::type_name::<T>();
        if seen.contains(&name) {
            return true;
        }
        seen.push(name);
        T::all_are_ours(seen)
    }
}

/// The answer of all other types.
pub trait NotOurs {
    /// Not.
    fn all(_: &mut Vec<&'static str>) -> bool {
        false
    }
}

impl<T: ?Sized> NotOurs for AreOurs<T> {}

/// Whether the text is a card number: 12 to 19 digits with a valid check digit (ISO/IEC 7812-1).
pub fn is_card_number(text: impl AsRef<str>) -> bool {
    let text = text.as_ref();
    if !(12..=19).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let digits = text.bytes().rev().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits
        .enumerate()
        .map(|(index, digit)| match (index % 2, digit * 2) {
            (0, _) => digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}
