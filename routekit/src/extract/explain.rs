//! A second look at an input that was refused, to say where and why in the client's words.
//!
//! The fast deserialisers answer with messages that repeat the value, and without a place. This one is slow and runs
//! only for answers of 4xx: it deserialises a [`Value`] again, knows the place it is at, and hears from serde what was
//! expected there. It also notes the field names that serde knows at each place, for rules that are keyed by Rust's.

use std::{cell::RefCell, collections::BTreeMap};

use serde::{
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer, MapAccess,
        SeqAccess, Unexpected, VariantAccess, Visitor,
    },
    forward_to_deserialize_any,
};
use serde_json::Value;

use super::{fault::Fault, text::Text};

/// Whether strings may stand for numbers and booleans, as they do in a query string.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalars {
    /// A number is a number.
    Typed,
    /// Everything is text.
    Text,
}

/// The field names that serde knows, by place; the places in lists are left out, as all items are of one type.
pub(super) type Names = BTreeMap<Vec<String>, &'static [&'static str]>;

/// Why `value` is no `T`; `None` if it is one after all.
pub(super) fn explain<T: DeserializeOwned>(value: &Value, scalars: Scalars) -> Option<Fault> {
    run::<T>(value, scalars).0
}

/// The field names that serde uses at each place of `value`.
pub(super) fn names<T: DeserializeOwned>(value: &Value, scalars: Scalars) -> Names {
    run::<T>(value, scalars).1
}

fn run<T: DeserializeOwned>(value: &Value, scalars: Scalars) -> (Option<Fault>, Names) {
    let names = RefCell::new(Names::new());
    let place = Place::Root;
    let fault = T::deserialize(Explainer { value, place: &place, scalars, names: &names }).err();
    (fault.map(|fault| fault.at(Vec::new)), names.into_inner())
}

/// The way from the root, on the stack.
enum Place<'p> {
    Root,
    In(&'p Place<'p>, Step<'p>),
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

impl Place<'_> {
    /// The way without the places in lists, whose items are all of one type.
    fn keys(&self) -> Vec<String> {
        match self {
            Place::Root => Vec::new(),
            Place::In(parent, step) => {
                let mut keys = parent.keys();
                if let Step::Key(key) = step {
                    keys.push((*key).to_owned());
                }
                keys
            }
        }
    }

    fn steps(&self) -> Vec<String> {
        match self {
            Place::Root => Vec::new(),
            Place::In(parent, step) => {
                let mut steps = parent.steps();
                steps.push(match step {
                    Step::Key(key) => (*key).to_owned(),
                    Step::Index(index) => index.to_string(),
                });
                steps
            }
        }
    }
}

/// Deserialises `value`, which stands at `place`.
#[derive(Clone, Copy)]
struct Explainer<'de, 'p> {
    value: &'de Value,
    place: &'p Place<'p>,
    scalars: Scalars,
    names: &'p RefCell<Names>,
}

impl<'de> Explainer<'de, '_> {
    /// The same one step deeper, for as long as `seed` runs.
    fn descend<T: DeserializeSeed<'de>>(self, value: &'de Value, step: Step<'_>, seed: T) -> Result<T::Value, Fault> {
        let place = Place::In(self.place, step);
        seed.deserialize(Explainer { value, place: &place, scalars: self.scalars, names: self.names })
            .map_err(|fault| fault.at(|| place.steps()))
    }

    /// The text, where text stands for scalars.
    fn text(self) -> Option<Text<'de>> {
        match (self.scalars, self.value) {
            (Scalars::Text, Value::String(text)) => Some(Text(text)),
            _ => None,
        }
    }

    fn locate<T>(self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.at(|| self.place.steps()))
    }
}

/// Remembers what a visitor expects before it is consumed.
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
        // As in a query string, where nothing is none.
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
            // One value where a list is asked for: `?tag=a`.
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
        let step = Step::Index(self.next);
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
        // A map's keys are text even where its values are not: `HashMap<u32, T>`.
        seed.deserialize(Text(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (key, value) = self.current.take().expect("serde asks for a key first");
        self.explainer.descend(value, Step::Key(key), seed)
    }
}

/// The content of an enum's variant, in serde's default representation: `{"variant": content}`.
struct Variant<'de, 'p> {
    explainer: Explainer<'de, 'p>,
    variant: &'de str,
    content: &'de Value,
}

impl<'de> EnumAccess<'de> for Variant<'de, '_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        Ok((seed.deserialize(Text(self.variant))?, self))
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
        self.descend(Content(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.descend(Content(visitor))
    }
}

impl<'de> Variant<'de, '_> {
    fn descend<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        self.explainer.descend(self.content, Step::Key(self.variant), seed)
    }
}

/// Deserialises whatever is there for a visitor.
struct Content<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Content<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_any(self.0)
    }
}
