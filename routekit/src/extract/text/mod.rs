//! A serde deserialiser for text that represents a scalar: a placeholder of the path, or a value of a query or form.

use std::{any::type_name, borrow::Cow, cell::RefCell};

use serde::{
    de::{DeserializeOwned, DeserializeSeed, Deserializer, Expected, IntoDeserializer, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

use super::fault::Fault;

pub(super) mod pairs;

/// How text represents values.
#[derive(Debug, Default)]
pub(super) struct TextRules {
    /// Whether the text is of a form or a query: `on` is `true`, an empty value may be `None`, and a single value may
    /// be a list.
    is_form: bool,
    /// Whether errors say what is expected. Costs time for each value.
    explains: bool,
    /// The optional types whose content cannot be empty text.
    never_empty: RefCell<Vec<&'static str>>,
}

impl TextRules {
    pub(super) fn of_paths() -> Self {
        Self::default()
    }

    pub(super) fn of_forms() -> Self {
        Self { is_form: true, ..Self::default() }
    }

    /// Deserialises with these rules, as often as needed.
    ///
    /// An `Option` that is empty text is `None` if its content cannot be empty, which shows when serde tries it. serde
    /// cannot go back, so the input is read again for each such type. A type counts as one by its name, as it may
    /// borrow and thus has no `TypeId`. An input that is rejected is read once more, to explain why.
    pub(super) fn read<T>(mut self, read: impl Fn(&Self) -> Result<T, Fault>) -> Result<T, Fault> {
        loop {
            let known = self.never_empty.borrow().len();
            let result = read(&self);
            if result.is_ok() || (self.explains && self.never_empty.borrow().len() == known) {
                return result;
            }
            self.explains |= self.never_empty.borrow().len() == known;
        }
    }
}

/// Parses a scalar.
pub(super) fn parse_scalar<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    TextRules::of_paths().read(|rules| T::deserialize(TextScalar { text: text.into(), rules }))
}

/// Text that is parsed into the scalar that the visitor expects.
#[derive(Clone)]
pub(super) struct TextScalar<'de, 'r> {
    text: Cow<'de, str>,
    rules: &'r TextRules,
}

impl<'de> TextScalar<'de, '_> {
    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let expected = self.rules.explains.then(|| (&visitor as &dyn Expected).to_string());
        let result = match self.text {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        };
        // A type that parses text itself says what it expects, but its own error may quote the text.
        result.map_err(|fault: Fault| match expected {
            Some(expected) => fault.or_expected(&expected.as_str()),
            None => fault,
        })
    }
}

impl<'de> IntoDeserializer<'de, Fault> for TextScalar<'de, '_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident $ty:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.text.parse::<$ty>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(Fault::unexpected("type", &visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for TextScalar<'de, '_> {
    type Error = Fault;

    parsed! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
        deserialize_char visit_char char;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &*self.text {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            // The value of a checked box in HTML.
            "on" if self.rules.is_form => visitor.visit_bool(true),
            _ => Err(Fault::unexpected("type", &visitor)),
        }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.visit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if !self.rules.is_form || !self.text.is_empty() {
            return visitor.visit_some(self);
        }
        let (ty, rules) = (type_name::<V::Value>(), self.rules);
        if rules.never_empty.borrow().contains(&ty) {
            return visitor.visit_none();
        }
        let result = visitor.visit_some(self);
        if result.is_err() {
            rules.never_empty.borrow_mut().push(ty);
        }
        result
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.text.is_empty() { visitor.visit_unit() } else { self.visit(visitor) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(self.text.into_deserializer())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if !self.rules.is_form {
            return self.visit(visitor);
        }
        visitor.visit_seq(TextItems { items: std::iter::once(self.text), rules: self.rules })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { str string bytes byte_buf unit_struct tuple tuple_struct map struct identifier }
}

/// A list of scalars.
struct TextItems<'r, I> {
    items: I,
    rules: &'r TextRules,
}

impl<'de, I: Iterator<Item = Cow<'de, str>>> SeqAccess<'de> for TextItems<'_, I> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(text) = self.items.next() else { return Ok(None) };
        seed.deserialize(TextScalar { text, rules: self.rules }).map(Some)
    }
}
