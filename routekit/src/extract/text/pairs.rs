//! A serde deserialiser for named texts: the pairs of a query or a form, or the placeholders of a path.

use std::{borrow::Cow, rc::Rc};

use axum::extract::RawPathParams;
use indexmap::{IndexMap, map};
use serde::{
    de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor, value::SeqDeserializer},
    forward_to_deserialize_any,
};

use super::{TextItems, TextRules, TextScalar};
use crate::extract::{
    fault::{Fault, FaultSubject},
    fields::{DeclaredFields, Fields},
    place::PlaceStep,
    tracked::{self, Elements},
};

/// Parses the pairs of a query or a form.
pub(in crate::extract) fn parse_form<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    let pairs = || form_urlencoded::parse(text.as_bytes());
    TextRules::of_forms().read(|rules| T::deserialize(TextPairs { pairs: pairs(), rules }))
}

/// Reads some of the pairs of a query or a form.
pub(in crate::extract) fn read_form<T: DeserializeOwned>(text: &str, elements: &Rc<Elements>) -> Result<T, Fault> {
    let pairs = || form_urlencoded::parse(text.as_bytes());
    TextRules::of_forms().read(|rules| tracked::read(TextPairs { pairs: pairs(), rules }, elements))
}

/// Parses the placeholders of a path.
pub(in crate::extract) fn parse_path<T: DeserializeOwned>(params: &RawPathParams) -> Result<T, Fault> {
    let pairs = || params.iter().map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value)));
    TextRules::of_paths().read(|rules| T::deserialize(TextPairs { pairs: pairs(), rules }))
}

/// Named texts, in their order.
struct TextPairs<'r, I> {
    pairs: I,
    rules: &'r TextRules,
}

impl<'de, I: Iterator<Item = (Cow<'de, str>, Cow<'de, str>)>> TextPairs<'_, I> {
    fn visit_fields<V: Visitor<'de>>(self, declared: DeclaredFields, visitor: V) -> Result<V::Value, Fault> {
        let mut grouped = IndexMap::<Cow<'de, str>, Texts<'de>>::new();
        for (name, text) in self.pairs {
            match grouped.entry(name) {
                map::Entry::Vacant(entry) => drop(entry.insert(Texts { first: text, more: Vec::new() })),
                map::Entry::Occupied(mut entry) => entry.get_mut().more.push(text),
            }
        }
        let fields = Fields::new(declared);
        let entries = NamedTexts { entries: grouped.into_iter(), current: None, fields: &fields, rules: self.rules };
        visitor.visit_map(entries).map_err(|fault| fields.locate(fault, Vec::new))
    }
}

macro_rules! only_value {
    ($($method:ident)*) => {$(
        /// The only placeholder of a path. A form is never a scalar.
        fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
            match (self.rules.is_form, self.pairs.next(), self.pairs.next()) {
                (false, Some((name, text)), None) => {
                    let place = || vec![PlaceStep::Field(name.into_owned())];
                    TextScalar { text, rules: self.rules }.$method(visitor).map_err(|fault| fault.here(place))
                }
                _ => Err(Fault::unexpected("type", &visitor)),
            }
        }
    )*};
}

impl<'de, I: Iterator<Item = (Cow<'de, str>, Cow<'de, str>)>> Deserializer<'de> for TextPairs<'_, I> {
    type Error = Fault;

    only_value! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.visit_fields(DeclaredFields::Nothing, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.visit_fields(DeclaredFields::Buffered, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.visit_fields(DeclaredFields::Names(fields), visitor)
    }

    /// The pairs of a form, or the values of a path.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(PairItems { pairs: self.pairs, rules: self.rules })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        if self.rules.is_form { self.deserialize_any(visitor) } else { self.deserialize_seq(visitor) }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fault> {
        match self.pairs.next() {
            Some(_) => Err(Fault::unexpected("type", &visitor)),
            None => visitor.visit_unit(),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match (self.rules.is_form, self.pairs.next(), self.pairs.next()) {
            (false, Some((param, text)), None) => {
                let value = TextScalar { text, rules: self.rules };
                let place = || vec![PlaceStep::Field(param.into_owned())];
                value.deserialize_enum(name, variants, visitor).map_err(|fault| fault.here(place))
            }
            _ => Err(Fault::unexpected("type", &visitor)),
        }
    }

    forward_to_deserialize_any! { option unit_struct identifier ignored_any }
}

/// The texts of one name.
struct Texts<'de> {
    first: Cow<'de, str>,
    more: Vec<Cow<'de, str>>,
}

/// Names with their values.
struct NamedTexts<'de, 'r> {
    entries: map::IntoIter<Cow<'de, str>, Texts<'de>>,
    current: Option<(Cow<'de, str>, Texts<'de>)>,
    fields: &'r Fields,
    rules: &'r TextRules,
}

impl<'de> MapAccess<'de> for NamedTexts<'de, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.fields.touch();
        let Some((name, texts)) = self.entries.next() else { return Ok(None) };
        if self.rules.explains {
            self.fields.read_name(Some(name.clone().into_owned()));
        }
        let key = seed.deserialize(TextScalar { text: name.clone(), rules: self.rules });
        let key = key.map_err(|fault| match fault.unplaced() {
            Some(FaultSubject::Name) => fault.field(&name, Vec::new),
            _ => fault.key(Vec::new),
        })?;
        self.current = Some((name, texts));
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (name, texts) = self.current.take().expect("serde asks for a key first");
        self.fields.take_name();
        let value = seed.deserialize(TextsOfName { texts, rules: self.rules });
        value.map_err(|fault| fault.here(|| vec![PlaceStep::Field(name.into_owned())]))
    }
}

/// The values of a name: a scalar, or a list.
struct TextsOfName<'de, 'r> {
    texts: Texts<'de>,
    rules: &'r TextRules,
}

impl<'de, 'r> TextsOfName<'de, 'r> {
    fn one(self) -> Result<TextScalar<'de, 'r>, Fault> {
        match self.texts.more.as_slice() {
            [] => Ok(TextScalar { text: self.texts.first, rules: self.rules }),
            _ => Err(Fault::repeated()),
        }
    }
}

macro_rules! one {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.one()?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for TextsOfName<'de, '_> {
    type Error = Fault;

    one! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit
        deserialize_identifier deserialize_map
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.texts.more.is_empty() { self.one()?.deserialize_any(visitor) } else { self.deserialize_seq(visitor) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Self { texts, rules } = self;
        if !rules.is_form {
            return TextScalar { text: texts.first, rules }.deserialize_seq(visitor);
        }
        visitor.visit_seq(TextItems { items: std::iter::once(texts.first).chain(texts.more), rules })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.texts.more.is_empty() { self.one()?.deserialize_option(visitor) } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.one()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.one()?.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        self.one()?.deserialize_tuple(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.one()?.deserialize_tuple_struct(name, length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.one()?.deserialize_struct(name, fields, visitor)
    }
}

/// The pairs as the items of a list.
struct PairItems<'r, I> {
    pairs: I,
    rules: &'r TextRules,
}

impl<'de, I: Iterator<Item = (Cow<'de, str>, Cow<'de, str>)>> SeqAccess<'de> for PairItems<'_, I> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((name, text)) = self.pairs.next() else { return Ok(None) };
        if !self.rules.is_form {
            let value = seed.deserialize(TextScalar { text, rules: self.rules });
            return value.map(Some).map_err(|fault| fault.here(|| vec![PlaceStep::Field(name.into_owned())]));
        }
        let pair = SeqDeserializer::new([name, text].into_iter().map(|text| TextScalar { text, rules: self.rules }));
        // The name may be the wrong value, which is not repeated.
        seed.deserialize(pair).map(Some).map_err(|fault| fault.inside(Vec::new))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Deserialize;

    use super::parse_form;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Colour {
        Red,
        Blue,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(i8);

    #[derive(Debug, PartialEq, Deserialize)]
    struct Kinds {
        a: Option<u8>,
        b: Option<String>,
        #[serde(default)]
        c: Vec<i8>,
        #[serde(default)]
        d: bool,
        e: Option<bool>,
        f: Option<Vec<String>>,
        #[serde(default)]
        g: Vec<Option<u8>>,
        h: Option<Colour>,
        #[serde(alias = "j")]
        i: Option<Wrapped>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(tag = "a", rename_all = "lowercase")]
    enum Tagged {
        Red { b: String },
        Blue,
    }

    /// What `serde_html_form` accepts has the same value here.
    fn agrees<T: serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(text: &str) {
        if let Ok(expected) = serde_html_form::from_str::<T>(text) {
            assert_eq!(parse_form::<T>(text).ok(), Some(expected), "{text}");
        }
    }

    proptest! {
        #[test]
        fn forms_are_read_as_by_serde_html_form(
            pairs in prop::collection::vec(("[a-j]", "(|1|-1|300|true|on|red|%C3%A4+x|blue)"), 0..6),
        ) {
            let text = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
            agrees::<Kinds>(&text);
            agrees::<Tagged>(&text);
            agrees::<BTreeMap<String, Vec<String>>>(&text);
            agrees::<BTreeMap<char, u8>>(&text);
            agrees::<Vec<(String, String)>>(&text);
            agrees::<Vec<(char, Option<u8>)>>(&text);
            agrees::<(String, String)>(&text);
            agrees::<()>(&text);
        }
    }
}
