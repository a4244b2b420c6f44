//! A deserialiser around another one, with its visitors, lists and objects, which refer to each other.

use std::{fmt, marker::PhantomData};

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, Expected, IgnoredAny, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::{
    elements::ElementKind,
    notes::Notes,
    path::{InputPath, InputStep},
};
use crate::extract::{
    fault::{Fault, FaultSubject},
    fields::{DeclaredFields, Fields},
};

/// The deserialiser of a value at a place.
#[derive(Clone, Copy)]
pub(super) struct Tracked<'p, D> {
    pub(super) input: D,
    pub(super) place: &'p InputPath<'p>,
    pub(super) notes: &'p Notes,
}

impl<'p, D> Tracked<'p, D> {
    fn wrap<V>(&self, visitor: V, declared: DeclaredFields) -> Visited<'p, V> {
        Visited { visitor, declared, place: self.place, notes: self.notes }
    }

    /// Calls the deserialiser. `expected` is what it expects if it does not say so itself.
    fn run<V, T, E>(
        self,
        visitor: V,
        declared: DeclaredFields,
        expected: impl FnOnce(bool) -> Fault,
        call: impl FnOnce(D, Visited<'p, V>) -> Result<T, E>,
    ) -> Result<T, Fault> {
        let Self { place, notes, .. } = self;
        let visitor = self.wrap(visitor, declared);
        let visits = notes.visits.get();
        notes.reveal(call(self.input, visitor), |said| {
            let fault = match said {
                Some(said) => Fault::unexpected("type", &said.as_str()),
                None => expected(notes.visits.get() != visits),
            };
            notes.place(fault, place)
        })
    }
}

macro_rules! scalars {
    ($($method:ident $expected:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let expected = |_| Fault::unexpected("value", &$expected);
            self.run(visitor, DeclaredFields::Nothing, expected, |input, visitor| input.$method(visitor))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Tracked<'_, D> {
    type Error = Fault;

    scalars! {
        deserialize_any "valid";
        deserialize_bool "a boolean";
        deserialize_i8 "i8";
        deserialize_i16 "i16";
        deserialize_i32 "i32";
        deserialize_i64 "i64";
        deserialize_i128 "i128";
        deserialize_u8 "u8";
        deserialize_u16 "u16";
        deserialize_u32 "u32";
        deserialize_u64 "u64";
        deserialize_u128 "u128";
        deserialize_f32 "a number that is not too large";
        deserialize_f64 "a number that is not too large";
        deserialize_char "a character";
        deserialize_str "a string";
        deserialize_string "a string";
        deserialize_bytes "a string";
        deserialize_byte_buf "a string";
        deserialize_option "valid";
        deserialize_unit "null";
        deserialize_identifier "a string";
        deserialize_ignored_any "valid";
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        let expected = |_| Fault::unexpected("value", &"null");
        self.run(visitor, DeclaredFields::Nothing, expected, |input, visitor| {
            input.deserialize_unit_struct(name, visitor)
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        let expected = |_| Fault::unexpected("value", &"valid");
        self.run(visitor, DeclaredFields::Nothing, expected, |input, visitor| {
            input.deserialize_newtype_struct(name, visitor)
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let expected = |_| Fault::unexpected("length", &"a shorter list");
        self.run(visitor, DeclaredFields::Buffered, expected, |input, visitor| input.deserialize_seq(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        let expected = |_| too_long(length);
        self.run(visitor, NO_FIELDS, expected, |input, visitor| input.deserialize_tuple(length, visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let expected = |_| too_long(length);
        self.run(visitor, NO_FIELDS, expected, |input, visitor| input.deserialize_tuple_struct(name, length, visitor))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let expected = |_| Fault::unexpected("value", &"an object");
        self.run(visitor, DeclaredFields::Buffered, expected, |input, visitor| input.deserialize_map(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.notes.note_names(self.place, fields);
        let expected = |_| too_long(fields.len());
        self.run(visitor, DeclaredFields::Names(fields), expected, |input, visitor| {
            input.deserialize_struct(name, fields, visitor)
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let expected = |is_visited| match is_visited {
            true => Fault::unexpected("type", &"an object with one field"),
            false => Fault::unexpected("type", &"one of the known variants"),
        };
        self.run(visitor, DeclaredFields::Nothing, expected, |input, visitor| {
            input.deserialize_enum(name, variants, visitor)
        })
    }

    fn is_human_readable(&self) -> bool {
        self.input.is_human_readable()
    }
}

/// The error of a list or an object that the deserialiser cannot read further.
fn broken() -> Fault {
    Fault::unexpected("value", &"valid")
}

/// A list of known length has no fields.
const NO_FIELDS: DeclaredFields = DeclaredFields::Names(&[]);

/// The error of a list with more values than its type.
fn too_long(length: usize) -> Fault {
    Fault::unexpected("length", &format!("a tuple of size {length}").as_str())
}

/// The visitor of a value at a place.
struct Visited<'p, V> {
    visitor: V,
    declared: DeclaredFields,
    place: &'p InputPath<'p>,
    notes: &'p Notes,
}

impl<V> Visited<'_, V> {
    fn run<T, E: Error>(self, visit: impl FnOnce(V) -> Result<T, Fault>) -> Result<T, E> {
        let Self { visitor, place, notes, .. } = self;
        notes.visits.set(notes.visits.get() + 1);
        notes.hide(visit(visitor).map_err(|fault| notes.place(fault, place)))
    }
}

macro_rules! visits {
    ($($method:ident $ty:ty;)*) => {$(
        fn $method<E: Error>(self, value: $ty) -> Result<V::Value, E> {
            self.run(|visitor| visitor.$method(value))
        }
    )*};
}

macro_rules! visits_integer {
    ($($method:ident $ty:ty;)*) => {$(
        fn $method<E: Error>(self, value: $ty) -> Result<V::Value, E> {
            self.notes.note_key(value);
            self.run(|visitor| visitor.$method(value))
        }
    )*};
}

macro_rules! visits_text {
    ($($method:ident $ty:ty;)*) => {$(
        fn $method<E: Error>(self, text: $ty) -> Result<V::Value, E> {
            self.notes.note_key(&text);
            if self.notes.elements.is_some() {
                return self.run(|visitor| visitor.$method(text));
            }
            // A type that parses text itself says what it expects, but its own error may quote the text.
            let expected = (&self.visitor as &dyn Expected).to_string();
            self.run(|visitor| visitor.$method(text).map_err(|fault: Fault| fault.or_expected(&expected.as_str())))
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Visited<'_, V> {
    type Value = V::Value;

    /// Called for errors of the deserialiser itself.
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = (&self.visitor as &dyn Expected).to_string();
        f.write_str(&expected)?;
        self.notes.expected.set(Some(expected));
        Ok(())
    }

    visits_integer! {
        visit_i8 i8;
        visit_i16 i16;
        visit_i32 i32;
        visit_i64 i64;
        visit_i128 i128;
        visit_u8 u8;
        visit_u16 u16;
        visit_u32 u32;
        visit_u64 u64;
        visit_u128 u128;
    }

    visits! {
        visit_bool bool;
        visit_f32 f32;
        visit_f64 f64;
        visit_char char;
        visit_bytes &[u8];
        visit_borrowed_bytes &'de [u8];
        visit_byte_buf Vec<u8>;
    }

    visits_text! {
        visit_str &str;
        visit_borrowed_str &'de str;
        visit_string String;
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.run(Visitor::visit_none)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.run(Visitor::visit_unit)
    }

    fn visit_some<D: Deserializer<'de>>(self, input: D) -> Result<V::Value, D::Error> {
        let value = Tracked { input, place: self.place, notes: self.notes };
        let Self { place, notes, .. } = self;
        self.run(|visitor| visitor.visit_some(value).map_err(|fault| notes.place_inside(fault, place)))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, input: D) -> Result<V::Value, D::Error> {
        let value = Tracked { input, place: self.place, notes: self.notes };
        let Self { place, notes, .. } = self;
        self.run(|visitor| visitor.visit_newtype_struct(value).map_err(|fault| notes.place_inside(fault, place)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        let kind = match self.declared {
            DeclaredFields::Names(_) => ElementKind::Field,
            DeclaredFields::Nothing => ElementKind::Buffered,
            DeclaredFields::Buffered => ElementKind::Item,
        };
        let items = Items { items, next: 0, kind, place: self.place, notes: self.notes };
        self.run(|visitor| visitor.visit_seq(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        let fields = Fields::new(self.declared);
        let kind = match self.declared {
            DeclaredFields::Names(_) => ElementKind::Field,
            DeclaredFields::Nothing => ElementKind::Buffered,
            DeclaredFields::Buffered => ElementKind::Entry,
        };
        let (place, notes) = (self.place, self.notes);
        let entries = TrackedEntries { entries, fields: &fields, next: 0, kind, number: None, place, notes };
        let place = self.place;
        self.run(|visitor| visitor.visit_map(entries).map_err(|fault| fields.locate(fault, || place.steps())))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, choice: A) -> Result<V::Value, A::Error> {
        let choice = Choice { choice, place: self.place, notes: self.notes };
        self.run(|visitor| visitor.visit_enum(choice))
    }
}

/// A seed whose value is at a place.
struct Seed<'p, T> {
    seed: T,
    place: &'p InputPath<'p>,
    notes: &'p Notes,
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<T::Value, D::Error> {
        let Self { seed, place, notes } = self;
        let value = seed.deserialize(Tracked { input, place, notes });
        notes.hide(value.map_err(|fault| notes.place_inside(fault, place)))
    }
}

/// The items of a list at a place.
struct Items<'p, A> {
    items: A,
    next: usize,
    kind: ElementKind,
    place: &'p InputPath<'p>,
    notes: &'p Notes,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Items<'_, A> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Self { items, kind, place: list, notes, .. } = self;
        let elements = notes.elements.as_deref();
        while elements.is_some_and(|elements| elements.skips(*kind, self.next)) {
            self.next += 1;
            let skipped = items.next_element_seed(PhantomData::<IgnoredAny>);
            if notes.reveal(skipped, |_| broken().here(|| list.steps()))?.is_none() {
                return Ok(None);
            }
        }
        let number = elements.and_then(|elements| elements.enter(*kind));
        let place = InputPath::In(list, InputStep::Item(self.next));
        self.next += 1;
        let item = items.next_element_seed(Seed { seed, place: &place, notes });
        let item = notes.reveal(item, |_| broken().here(|| list.steps()))?;
        if let (Some(elements), Some(_)) = (elements, &item) {
            elements.leave(number);
        }
        Ok(item)
    }

    fn size_hint(&self) -> Option<usize> {
        self.items.size_hint()
    }
}

/// The fields of an object, or the entries of a map, at a place.
struct TrackedEntries<'p, A> {
    entries: A,
    fields: &'p Fields,
    next: usize,
    kind: ElementKind,
    /// The number of the entry that is read.
    number: Option<usize>,
    place: &'p InputPath<'p>,
    notes: &'p Notes,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for TrackedEntries<'_, A> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Self { entries, fields, kind, place, notes, .. } = self;
        fields.touch();
        let elements = notes.elements.as_deref();
        while elements.is_some_and(|elements| elements.skips(*kind, self.next)) {
            self.next += 1;
            let skipped = entries.next_entry_seed(PhantomData::<IgnoredAny>, PhantomData::<IgnoredAny>);
            if notes.reveal(skipped, |_| broken().here(|| place.steps()))?.is_none() {
                return Ok(None);
            }
        }
        self.next += 1;
        self.number = elements.and_then(|elements| elements.enter(*kind));
        notes.reads_key.set(true);
        let key = entries.next_key_seed(Seed { seed, place, notes });
        notes.reads_key.set(false);
        let name = notes.key.take();
        let key = notes.reveal(key, |_| broken());
        let key = key.map_err(|fault| match (fault.unplaced(), &name) {
            (Some(FaultSubject::Name), Some(name)) => fault.field(name, || place.steps()),
            _ => fault.key(|| place.steps()),
        })?;
        if key.is_some() {
            fields.read_name(name);
        }
        Ok(key)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let name = self.fields.take_name();
        let step = name.as_deref().map_or(InputStep::Unnamed, InputStep::Field);
        let place = InputPath::In(self.place, step);
        let value = self.entries.next_value_seed(Seed { seed, place: &place, notes: self.notes });
        let value = self.notes.reveal(value, |_| broken().here(|| place.steps()))?;
        if let Some(elements) = &self.notes.elements {
            elements.leave(self.number.take());
        }
        Ok(value)
    }

    fn size_hint(&self) -> Option<usize> {
        self.entries.size_hint()
    }
}

/// The variant of an enum at a place.
struct Choice<'p, A> {
    choice: A,
    place: &'p InputPath<'p>,
    notes: &'p Notes,
}

impl<'de, 'p, A: EnumAccess<'de>> EnumAccess<'de> for Choice<'p, A> {
    type Error = Fault;
    type Variant = Variant<'p, A::Variant>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Fault> {
        let Self { choice, place, notes } = self;
        let is_key = notes.reads_key.replace(true);
        let chosen = choice.variant_seed(Seed { seed, place, notes });
        notes.reads_key.set(is_key);
        let chosen = notes.reveal(chosen, |_| Fault::unexpected("value", &"one of the known variants"));
        // The name of the variant of a key is the key.
        let name = if is_key { None } else { notes.key.take() };
        let (value, content) = chosen.map_err(|fault| notes.place(fault, place))?;
        Ok((value, Variant { content, name, place, notes }))
    }
}

/// The content of a variant, in serde's default representation: `{"variant": content}`.
struct Variant<'p, A> {
    content: A,
    name: Option<String>,
    place: &'p InputPath<'p>,
    notes: &'p Notes,
}

impl<'p, A> Variant<'p, A> {
    /// Reads the content. A string has none, so an error that no visitor knows of is about the enum itself.
    fn read<T, E>(
        self,
        expected: impl FnOnce() -> Fault,
        read: impl FnOnce(A, &InputPath<'_>) -> Result<T, E>,
    ) -> Result<T, Fault> {
        let Self { content, name, place, notes } = self;
        let step = name.as_deref().map_or(InputStep::Unnamed, InputStep::Field);
        let inside = InputPath::In(place, step);
        let visits = notes.visits.get();
        notes.reveal(read(content, &inside), |said| match said {
            Some(said) => Fault::unexpected("type", &said.as_str()).here(|| inside.steps()),
            None if notes.visits.get() != visits => expected().here(|| inside.steps()),
            None => Fault::unexpected("type", &"an object with one field").here(|| place.steps()),
        })
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Variant<'_, A> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        let Self { content, name, place, notes } = self;
        let step = name.as_deref().map_or(InputStep::Unnamed, InputStep::Field);
        let null = || Fault::unexpected("type", &"null");
        notes.reveal(content.unit_variant(), |_| null().here(|| InputPath::In(place, step).steps()))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        let notes = self.notes;
        let expected = || Fault::unexpected("value", &"valid");
        self.read(expected, |content, place| content.newtype_variant_seed(Seed { seed, place, notes }))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fault> {
        let notes = self.notes;
        let declared = NO_FIELDS;
        self.read(
            || too_long(length),
            |content, place| content.tuple_variant(length, Visited { visitor, declared, place, notes }),
        )
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        let notes = self.notes;
        let declared = DeclaredFields::Names(fields);
        self.read(
            || too_long(fields.len()),
            |content, place| content.struct_variant(fields, Visited { visitor, declared, place, notes }),
        )
    }
}
