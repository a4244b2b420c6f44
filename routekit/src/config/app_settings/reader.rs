//! A deserialiser of values with places.

use std::{cell::RefCell, collections::BTreeSet};

use serde::{
    de::{DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};

use super::{
    enumeration::EnumReader,
    error::{UnreadableKind, UnreadableSetting, expectation, one_of},
    node::{AppNode, AppPlace, AppTable, AppValue, PlaceSource, merge_into},
    substitute::Substitute,
};

type ReadResult<T> = Result<T, UnreadableSetting>;

/// One attempt to read the settings.
#[derive(Default)]
pub(super) struct ReadAttempt {
    /// The settings that earlier attempts could not read, by name. A substitute takes their place.
    pub(super) unreadable: BTreeSet<String>,
    /// Keys that the type does not have, with the keys that it has.
    pub(super) unknown: RefCell<Vec<(AppPlace, &'static [&'static str])>>,
}

/// Reads one value.
pub(super) struct NodeReader<'a> {
    pub(super) node: &'a AppNode,
    pub(super) attempt: &'a ReadAttempt,
    /// The key of the value, and all fields of the type that it belongs to. `None` for a part of a map or a list.
    pub(super) field: Option<(&'a str, &'static [&'static str])>,
}

impl<'a> NodeReader<'a> {
    pub(super) fn new(node: &'a AppNode, attempt: &'a ReadAttempt) -> Self {
        Self { node, attempt, field: None }
    }

    fn unexpected<T>(&self, expected: &str) -> ReadResult<T> {
        let found = match &self.node.value {
            AppValue::Text(_) => None,
            other => Some(other.kind()),
        };
        Err(UnreadableSetting::new(UnreadableKind::Unexpected { found, expected: expectation(expected) }))
    }

    fn visit_table<'de, V: Visitor<'de>>(
        &self,
        table: &AppTable,
        fields: &'static [&'static str],
        visitor: V,
    ) -> ReadResult<V::Value> {
        let table = with_field_names(table, fields);
        let path = &self.node.place.key;
        let is_unreadable = |key: &String| self.attempt.unreadable.contains(key);
        let (unreadable, readable): (Vec<_>, Vec<_>) =
            table.iter().partition(|(_, node)| is_unreadable(&node.place.key));
        // A key that the type refuses has no substitute.
        let refused = |key: &str| !fields.is_empty() && !fields.contains(&key);
        let unreadable = unreadable.into_iter().filter(|(key, _)| !refused(key));
        let unreadable = unreadable.map(|(key, node)| (key.as_str(), TableEntry::Unreadable(node.place.key.clone())));
        let missing = fields.iter().filter(|field| !table.contains_key(**field)).filter_map(|field| {
            let key = format!("{path}.{field}");
            is_unreadable(&key).then_some((*field, TableEntry::Unreadable(key)))
        });
        // Substitutes come last, because reading may end with them.
        let readable = readable.into_iter().map(|(key, node)| (key.as_str(), TableEntry::Readable(node)));
        let entries: Vec<_> = readable.chain(unreadable).chain(missing).collect();
        visitor.visit_map(TableReader { entries: entries.into_iter(), next: None, attempt: self.attempt, fields })
    }

    fn visit_list<'de, V: Visitor<'de>>(&self, items: &[AppNode], visitor: V) -> ReadResult<V::Value> {
        visitor.visit_seq(ListReader { items: items.iter(), attempt: self.attempt })
    }

    fn parse<T: std::str::FromStr>(&self, text: &str, expected: &str) -> ReadResult<T> {
        text.trim().parse().or_else(|_| self.unexpected(expected))
    }
}

/// The table with the keys of variables as the type spells them: `DATABASE_URL` may be `databaseUrl`.
fn with_field_names(table: &AppTable, fields: &[&str]) -> AppTable {
    let letters = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let mut named = AppTable::new();
    let (of_variables, others): (Vec<_>, Vec<_>) = table
        .iter()
        .partition(|(_, node)| matches!(node.place.source, PlaceSource::Variable(_) | PlaceSource::Implied));
    named.extend(others.into_iter().map(|(key, node)| (key.clone(), node.clone())));
    for (key, node) in of_variables {
        let field = if fields.contains(&key.as_str()) {
            None
        } else {
            fields.iter().find(|field| letters(field) == letters(key))
        };
        merge_into(&mut named, field.map_or_else(|| key.clone(), |field| (*field).to_owned()), node.clone());
    }
    named
}

/// Text of a variable, of a type that only the value shows.
fn visit_guessed<'de, V: Visitor<'de>>(text: &str, visitor: V) -> ReadResult<V::Value> {
    if let Ok(number) = text.parse() {
        return visit_integer(number, visitor);
    }
    match (text, text.parse()) {
        ("true", _) => visitor.visit_bool(true),
        ("false", _) => visitor.visit_bool(false),
        (_, Ok(number)) if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => visitor.visit_f64(number),
        _ => visitor.visit_str(text),
    }
}

fn visit_integer<'de, V: Visitor<'de>>(number: i128, visitor: V) -> ReadResult<V::Value> {
    if let Ok(number) = i64::try_from(number) {
        visitor.visit_i64(number)
    } else if let Ok(number) = u64::try_from(number) {
        visitor.visit_u64(number)
    } else {
        visitor.visit_i128(number)
    }
}

macro_rules! integers {
    ($($method:ident: $number:ident,)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
            match &self.node.value {
                AppValue::Text(text) => {
                    let number: i128 = self.parse(text, stringify!($number))?;
                    let read = visit_integer(number, visitor);
                    read.map_err(|error| error.at(self.node))
                }
                AppValue::Integer(number) => visit_integer(*number, visitor).map_err(|error| error.at(self.node)),
                _ => self.unexpected(stringify!($number)),
            }
        })+
    };
}

impl<'de> serde::Deserializer<'de> for NodeReader<'_> {
    type Error = UnreadableSetting;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        match &self.node.value {
            AppValue::Table(table) => self.visit_table(table, &[], visitor),
            AppValue::List(items) => self.visit_list(items, visitor),
            AppValue::String(text) => visitor.visit_str(text),
            AppValue::Text(text) => visit_guessed(text, visitor),
            AppValue::Integer(number) => visit_integer(*number, visitor),
            AppValue::Float(number) => visitor.visit_f64(*number),
            AppValue::Boolean(on) => visitor.visit_bool(*on),
        }
    }

    integers! {
        deserialize_u8: u8,
        deserialize_u16: u16,
        deserialize_u32: u32,
        deserialize_u64: u64,
        deserialize_u128: u128,
        deserialize_i8: i8,
        deserialize_i16: i16,
        deserialize_i32: i32,
        deserialize_i64: i64,
        deserialize_i128: i128,
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        match &self.node.value {
            AppValue::Text(text) => {
                let number = self.parse(text, "f64")?;
                visitor.visit_f64(number)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        match &self.node.value {
            AppValue::Text(text) => match text.trim() {
                "true" | "on" => visitor.visit_bool(true),
                "false" | "off" => visitor.visit_bool(false),
                _ => self.unexpected("a boolean"),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        match &self.node.value {
            AppValue::Text(text) => visitor.visit_str(text),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> ReadResult<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    /// A variable has the items of a list separated by commas.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        match &self.node.value {
            AppValue::List(items) => self.visit_list(items, visitor),
            AppValue::Text(text) => {
                let item = |item: &str| AppNode {
                    place: self.node.place.clone(),
                    value: AppValue::Text(item.trim().to_owned()),
                };
                self.visit_list(&text.split(',').map(item).collect::<Vec<_>>(), visitor)
            }
            _ => self.unexpected("a list"),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> ReadResult<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> ReadResult<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        match &self.node.value {
            AppValue::Table(table) => self.visit_table(table, &[], visitor),
            _ => self.unexpected("a map"),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> ReadResult<V::Value> {
        match &self.node.value {
            AppValue::Table(table) => self.visit_table(table, fields, visitor),
            _ => self.unexpected("a map"),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> ReadResult<V::Value> {
        match &self.node.value {
            AppValue::String(text) | AppValue::Text(text) => {
                visitor.visit_enum(EnumReader::<Self> { variant: text, content: None })
            }
            AppValue::Table(table) if table.len() == 1 => {
                let (variant, content) = table.iter().next().ok_or_else(|| UnreadableSetting::custom("empty"))?;
                let reader = NodeReader::new(content, self.attempt);
                visitor.visit_enum(EnumReader { variant, content: Some((reader, content)) })
            }
            _ => self.unexpected(&one_of(variants)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> ReadResult<V::Value> {
        if let Some((_, fields)) = self.field.filter(|(key, fields)| !fields.is_empty() && !fields.contains(key)) {
            let mut unknown = self.attempt.unknown.borrow_mut();
            if self.node.place.source == PlaceSource::Implied {
                // The table consists of variables: each is named.
                self.node.places(&mut |AppPlace { source, .. }| {
                    unknown.push((AppPlace { key: self.node.place.key.clone(), source: source.clone() }, fields));
                });
            } else {
                unknown.push((self.node.place.clone(), fields));
            }
        }
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct }
}

/// An entry of a table.
enum TableEntry<'a> {
    Readable(&'a AppNode),
    /// A setting of this name that an earlier attempt could not read.
    Unreadable(String),
}

/// Reads the entries of a table.
struct TableReader<'a, I> {
    entries: I,
    next: Option<(&'a str, TableEntry<'a>)>,
    attempt: &'a ReadAttempt,
    fields: &'static [&'static str],
}

impl<'de, 'a, I> MapAccess<'de> for TableReader<'a, I>
where
    I: Iterator<Item = (&'a str, TableEntry<'a>)>,
{
    type Error = UnreadableSetting;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> ReadResult<Option<K::Value>> {
        let Some((key, entry)) = self.entries.next() else { return Ok(None) };
        let name: StrDeserializer<'_, UnreadableSetting> = key.into_deserializer();
        let read = seed.deserialize(name).map_err(|error| match &entry {
            TableEntry::Readable(node) => error.at(node),
            TableEntry::Unreadable(key) => error.again(key),
        });
        self.next = Some((key, entry));
        read.map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> ReadResult<V::Value> {
        match self.next.take() {
            Some((key, TableEntry::Readable(node))) => {
                let field = Some((key, self.fields));
                let reader = NodeReader { node, attempt: self.attempt, field };
                seed.deserialize(reader).map_err(|error| error.at(node))
            }
            Some((_, TableEntry::Unreadable(key))) => {
                seed.deserialize(Substitute::new()).map_err(|error| error.again(&key))
            }
            None => Err(UnreadableSetting::custom("a value was read before its key")),
        }
    }
}

struct ListReader<'a> {
    items: std::slice::Iter<'a, AppNode>,
    attempt: &'a ReadAttempt,
}

impl<'de> SeqAccess<'de> for ListReader<'_> {
    type Error = UnreadableSetting;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> ReadResult<Option<T::Value>> {
        let Some(node) = self.items.next() else { return Ok(None) };
        let key = &node.place.key;
        if self.attempt.unreadable.contains(key) {
            return seed.deserialize(Substitute::new()).map(Some).map_err(|error| error.again(key));
        }
        seed.deserialize(NodeReader::new(node, self.attempt)).map(Some).map_err(|error| error.at(node))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}
