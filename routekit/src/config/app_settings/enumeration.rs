//! Reads enums: the name of a variant, or a table with one.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor, value::StrDeserializer,
};

use super::{
    error::{UnreadableKind, UnreadableSetting},
    node::AppNode,
};

type VariantResult<T> = Result<T, UnreadableSetting>;

/// An enum whose content `C` reads.
pub(super) struct EnumReader<'a, C> {
    pub(super) variant: &'a str,
    /// `None` for a name alone.
    pub(super) content: Option<(C, &'a AppNode)>,
}

impl<'de, C: Deserializer<'de, Error = UnreadableSetting>> EnumAccess<'de> for EnumReader<'_, C> {
    type Error = UnreadableSetting;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> VariantResult<(V::Value, Self)> {
        let name: StrDeserializer<'_, UnreadableSetting> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<C> EnumReader<'_, C> {
    /// Reads the content of a variant that has some.
    fn read<T>(self, read: impl FnOnce(C) -> VariantResult<T>) -> VariantResult<T> {
        let (content, node) = self.content.ok_or_else(|| unexpected("a table whose key is the name of the variant"))?;
        read(content).map_err(|error| error.at(node))
    }
}

fn unexpected(expected: &str) -> UnreadableSetting {
    UnreadableSetting::new(UnreadableKind::Unexpected { found: None, expected: expected.to_owned() })
}

impl<'de, C: Deserializer<'de, Error = UnreadableSetting>> VariantAccess<'de> for EnumReader<'_, C> {
    type Error = UnreadableSetting;

    fn unit_variant(self) -> VariantResult<()> {
        match self.content {
            None => Ok(()),
            Some((_, node)) => Err(unexpected("the name of the variant alone").at(node)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> VariantResult<T::Value> {
        self.read(|content| seed.deserialize(content))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> VariantResult<V::Value> {
        self.read(|content| content.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> VariantResult<V::Value> {
        self.read(|content| content.deserialize_struct("", fields, visitor))
    }
}
