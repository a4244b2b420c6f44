//! Stands in for a setting that cannot be read, so that reading goes on to the next problem.
//!
//! What is read with a substitute is never given to the program.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor, value::StrDeserializer,
};

use super::error::UnreadableSetting;

type SubstituteResult<T> = Result<T, UnreadableSetting>;

/// Substitutes may contain each other to this depth.
const MAX_DEPTH: u8 = 16;

/// A value of whatever type is asked for: zero, an empty text or list, the first variant.
#[derive(Clone, Copy)]
pub(super) struct Substitute {
    depth: u8,
}

impl Substitute {
    pub(super) const fn new() -> Self {
        Self { depth: 0 }
    }

    /// A substitute within this one.
    fn inner(self) -> SubstituteResult<Self> {
        if self.depth == MAX_DEPTH {
            return Err(UnreadableSetting::custom("too deep"));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

macro_rules! zero {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> SubstituteResult<V::Value> {
            visitor.visit_u64(0)
        })+
    };
}

macro_rules! empty_text {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> SubstituteResult<V::Value> {
            visitor.visit_str("")
        })+
    };
}

impl<'de> Deserializer<'de> for Substitute {
    type Error = UnreadableSetting;

    zero! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_f32 deserialize_f64
    }

    empty_text! { deserialize_str deserialize_string deserialize_identifier deserialize_bytes deserialize_byte_buf }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> SubstituteResult<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> SubstituteResult<V::Value> {
        visitor.visit_bool(false)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> SubstituteResult<V::Value> {
        visitor.visit_char(' ')
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> SubstituteResult<V::Value> {
        visitor.visit_none()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> SubstituteResult<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> SubstituteResult<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> SubstituteResult<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> SubstituteResult<V::Value> {
        visitor.visit_newtype_struct(self.inner()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> SubstituteResult<V::Value> {
        visitor.visit_seq(Several { names: &[], left: 0, each: self })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> SubstituteResult<V::Value> {
        visitor.visit_seq(Several { names: &[], left: len, each: self.inner()? })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> SubstituteResult<V::Value> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> SubstituteResult<V::Value> {
        visitor.visit_map(Several { names: &[], left: 0, each: self })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> SubstituteResult<V::Value> {
        visitor.visit_map(Several { names: fields, left: 0, each: self.inner()? })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> SubstituteResult<V::Value> {
        let variant = variants.first().copied().unwrap_or_default();
        visitor.visit_enum(FirstVariant { variant, content: self.inner()? })
    }
}

/// The fields of a struct or the items of a tuple.
struct Several {
    names: &'static [&'static str],
    left: usize,
    each: Substitute,
}

impl<'de> MapAccess<'de> for Several {
    type Error = UnreadableSetting;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> SubstituteResult<Option<K::Value>> {
        let Some((name, rest)) = self.names.split_first() else { return Ok(None) };
        self.names = rest;
        let name: StrDeserializer<'_, UnreadableSetting> = (*name).into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> SubstituteResult<V::Value> {
        seed.deserialize(self.each)
    }
}

impl<'de> SeqAccess<'de> for Several {
    type Error = UnreadableSetting;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> SubstituteResult<Option<T::Value>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(self.each).map(Some)
    }
}

struct FirstVariant {
    variant: &'static str,
    content: Substitute,
}

impl<'de> EnumAccess<'de> for FirstVariant {
    type Error = UnreadableSetting;
    type Variant = Substitute;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> SubstituteResult<(V::Value, Substitute)> {
        let name: StrDeserializer<'_, UnreadableSetting> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Substitute {
    type Error = UnreadableSetting;

    fn unit_variant(self) -> SubstituteResult<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> SubstituteResult<T::Value> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> SubstituteResult<V::Value> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> SubstituteResult<V::Value> {
        self.deserialize_struct("", fields, visitor)
    }
}
