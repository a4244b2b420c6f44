//! Explains why an input was rejected, in the client's terms.
//!
//! The fast deserialisers quote the value in their messages and do not report its position. This one is slow and runs
//! only for 4xx responses: it deserialises a [`Value`] again, tracks the current path, and learns from serde what is
//! expected there. It also records the field names that serde uses at each path, for rules that use Rust's names.

use std::{cell::RefCell, collections::BTreeMap};

use serde::{
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer, MapAccess,
        SeqAccess, Unexpected, VariantAccess, Visitor,
    },
    forward_to_deserialize_any,
};
use serde_json::Value;

use super::{fault::Fault, text::TextScalar};

/// Whether strings can represent numbers and booleans, as in a query string.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalars {
    /// Values have JSON types.
    Typed,
    /// Every value is text.
    Text,
}

/// The field names that serde uses, by path. Indices are omitted, because all items of a list have one type.
pub(super) type FieldNames = BTreeMap<Vec<String>, &'static [&'static str]>;

/// Explains why `value` is not a `T`; `None` if it is one.
pub(super) fn explain<T: DeserializeOwned>(value: &Value, scalars: Scalars) -> Option<Fault> {
    run::<T>(value, scalars).0
}

/// The field names that serde uses at each path of `value`.
pub(super) fn names<T: DeserializeOwned>(value: &Value, scalars: Scalars) -> FieldNames {
    run::<T>(value, scalars).1
}

fn run<T: DeserializeOwned>(value: &Value, scalars: Scalars) -> (Option<Fault>, FieldNames) {
    let names = RefCell::new(FieldNames::new());
    let place = InputPath::Root;
    let fault = T::deserialize(Explainer { value, place: &place, scalars, names: &names }).err();
    (fault.map(|fault| fault.at(Vec::new)), names.into_inner())
}

/// A path from the root, as a linked list on the stack.
enum InputPath<'p> {
    Root,
    In(&'p InputPath<'p>, InputStep<'p>),
}

#[derive(Clone, Copy)]
enum InputStep<'p> {
    Key(&'p str),
    Index(usize),
}

impl InputPath<'_> {
    /// The path without indices, because all items of a list have one type.
    fn keys(&self) -> Vec<String> {
        match self {
            InputPath::Root => Vec::new(),
            InputPath::In(parent, step) => {
                let mut keys = parent.keys();
                if let InputStep::Key(key) = step {
                    keys.push((*key).to_owned());
                }
                keys
            }
        }
    }

    fn steps(&self) -> Vec<String> {
        match self {
            InputPath::Root => Vec::new(),
            InputPath::In(parent, step) => {
                let mut steps = parent.steps();
                steps.push(match step {
                    InputStep::Key(key) => (*key).to_owned(),
                    InputStep::Index(index) => index.to_string(),
                });
                steps
            }
        }
    }
}

/// Deserialises `value`, which is at `place`.
#[derive(Clone, Copy)]
struct Explainer<'de, 'p> {
    value: &'de Value,
    place: &'p InputPath<'p>,
    scalars: Scalars,
    names: &'p RefCell<FieldNames>,
}

impl<'de> Explainer<'de, '_> {
    /// Deserialises a value one step deeper.
    fn descend<T: DeserializeSeed<'de>>(
        self,
        value: &'de Value,
        step: InputStep<'_>,
        seed: T,
    ) -> Result<T::Value, Fault> {
        let place = InputPath::In(self.place, step);
        seed.deserialize(Explainer { value, place: &place, scalars: self.scalars, names: self.names })
            .map_err(|fault| fault.at(|| place.steps()))
    }

    /// Returns the value as text, if text can represent scalars.
    fn text(self) -> Option<TextScalar<'de>> {
        match (self.scalars, self.value) {
            (Scalars::Text, Value::String(text)) => Some(TextScalar(text)),
            _ => None,
        }
    }

    fn locate<T>(self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.at(|| self.place.steps()))
    }
}

/// Formats the expectation of a visitor before the visitor is consumed.
fn expectation<'de, V: Visitor<'de>>(visitor: &V) -> String {
    (visitor as &dyn Expected).to_string()
}

macro_rules! scalar {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let expected = expectation(&visitor);
            let result = match self.text() {
                Some(text) => text.$method(visitor),
                None if self.scalars == Scalars::Text && self.value.is_array() => Err(Fault::repeated()),
                None => self.visit(visitor),
            };
            self.locate(result.map_err(|fault| fault.expected(&expected.as_str())))
        }
    )*};
}

impl<'de> Explainer<'de, '_> {
    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (_, _, Some(value)) => visitor.visit_f64(value),
                _ => Err(Fault::invalid_type(Unexpected::Other("number"), &visitor)),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Array(items) => visitor.visit_seq(Items { explainer: self, items, next: 0 }),
            Value::Object(fields) => {
                visitor.visit_map(Entries { explainer: self, entries: fields.iter(), current: None })
            }
        }
    }
}

impl<'de> Deserializer<'de> for Explainer<'de, '_> {
    type Error = Fault;

    scalar! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        // As in a query string, where an empty value is `None`.
        let none = self.value.is_null() || self.text().is_some_and(|text| text.0.is_empty());
        let result = if none { visitor.visit_none() } else { visitor.visit_some(self) };
        self.locate(result)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.locate(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let one = std::slice::from_ref(self.value);
        let result = match self.value {
            // A single value can represent a list: `?tag=a`.
            Value::String(_) if self.scalars == Scalars::Text => {
                visitor.visit_seq(Items { explainer: self, items: one, next: 0 })
            }
            _ => self.visit(visitor),
        };
        self.locate(result)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.names.borrow_mut().insert(self.place.keys(), fields);
        self.locate(self.visit(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let result = match self.value {
            Value::String(variant) => visitor.visit_enum(variant.as_str().into_deserializer()),
            Value::Object(fields) => match fields.iter().next() {
                Some((variant, content)) if fields.len() == 1 => {
                    visitor.visit_enum(Variant { explainer: self, variant, content })
                }
                _ => Err(Fault::invalid_type(Unexpected::Map, &"an object with one field")),
            },
            _ => Err(Fault::invalid_type(Unexpected::Other("value"), &"enum ")),
        };
        self.locate(result)
    }

    forward_to_deserialize_any! { unit_struct tuple tuple_struct map identifier ignored_any }
}

struct Items<'de, 'p> {
    explainer: Explainer<'de, 'p>,
    items: &'de [Value],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(value) = self.items.get(self.next) else { return Ok(None) };
        let step = InputStep::Index(self.next);
        self.next += 1;
        self.explainer.descend(value, step, seed).map(Some)
    }
}

struct Entries<'de, 'p> {
    explainer: Explainer<'de, 'p>,
    entries: serde_json::map::Iter<'de>,
    current: Option<(&'de str, &'de Value)>,
}

impl<'de> MapAccess<'de> for Entries<'de, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.current = Some((key, value));
        // The keys of a map are text even if its values are not: `HashMap<u32, T>`.
        seed.deserialize(TextScalar(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (key, value) = self.current.take().expect("serde asks for a key first");
        self.explainer.descend(value, InputStep::Key(key), seed)
    }
}

/// An enum variant in serde's default representation: `{"variant": content}`.
struct Variant<'de, 'p> {
    explainer: Explainer<'de, 'p>,
    variant: &'de str,
    content: &'de Value,
}

impl<'de> EnumAccess<'de> for Variant<'de, '_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        Ok((seed.deserialize(TextScalar(self.variant))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de, '_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        self.descend(std::marker::PhantomData)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.descend(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.descend(VariantContent(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.descend(VariantContent(visitor))
    }
}

impl<'de> Variant<'de, '_> {
    fn descend<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.explainer.descend(self.content, InputStep::Key(self.variant), seed)
    }
}

/// Deserialises any content for a visitor.
struct VariantContent<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for VariantContent<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_any(self.0)
    }
}
