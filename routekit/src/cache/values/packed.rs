//! The layout of a stored value.
//!
//! 1. One byte: the version of this layout.
//! 2. One byte: the format, and whether the value is compressed.
//! 3. If the key is hashed: the text that it was computed from, after its length in four bytes. Readers compare it.
//! 4. If the value is compressed: its original length, in eight bytes.
//! 5. The value.

use std::{error::Error, fmt};

use serde::{Serialize, de::DeserializeOwned};

#[cfg(feature = "cache-compression")]
use crate::cache::values::compression;
use crate::cache::values::options::Format;

const LAYOUT: u8 = 1;
const JSON: u8 = 0;
#[cfg(feature = "cache-messagepack")]
const MESSAGE_PACK: u8 = 1;
const COMPRESSED: u8 = 0x80;

/// The reason why a stored value cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    Layout,
    Compression,
    Json {
        line: usize,
        column: usize,
    },
    #[cfg(feature = "cache-messagepack")]
    MessagePack,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layout => f.write_str("it was stored in another layout, or in a format whose feature is off"),
            Self::Compression => {
                f.write_str("its compressed form is broken, or the feature `cache-compression` is off")
            }
            Self::Json { line, column } => {
                write!(f, "the stored JSON does not match the type at line {line}, column {column}")
            }
            #[cfg(feature = "cache-messagepack")]
            Self::MessagePack => f.write_str("the stored MessagePack does not match the type"),
        }
    }
}

/// Serialises a value, and compresses it if it is longer than `threshold` and compression makes it smaller.
pub(super) fn pack<T: Serialize + ?Sized>(
    value: &T,
    format: Format,
    threshold: Option<u64>,
    whole: Option<&[u8]>,
) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let (kind, value) = match format {
        Format::Json => (JSON, serde_json::to_vec(value)?),
        #[cfg(feature = "cache-messagepack")]
        Format::MessagePack => (MESSAGE_PACK, rmp_serde::to_vec_named(value)?),
    };
    let length = (value.len() as u64).to_le_bytes();
    let compressed = threshold
        .filter(|threshold| value.len() as u64 > *threshold)
        .and_then(|_| compressed(&value))
        .filter(|compressed| compressed.len() + length.len() < value.len());

    let mut packed = vec![LAYOUT, kind | if compressed.is_some() { COMPRESSED } else { 0 }];
    if let Some(whole) = whole {
        let length = u32::try_from(whole.len()).map_err(|_| "the key is longer than 4 GiB")?;
        packed.extend_from_slice(&length.to_le_bytes());
        packed.extend_from_slice(whole);
    }
    match compressed {
        Some(compressed) => {
            packed.extend_from_slice(&length);
            packed.extend_from_slice(&compressed);
        }
        None => packed.extend_from_slice(&value),
    }
    Ok(packed)
}

#[cfg(feature = "cache-compression")]
fn compressed(value: &[u8]) -> Option<Vec<u8>> {
    Some(compression::compressed(value))
}

#[cfg(not(feature = "cache-compression"))]
fn compressed(_: &[u8]) -> Option<Vec<u8>> {
    None
}

#[cfg(feature = "cache-compression")]
fn expanded(frame: &[u8], length: u64) -> Option<Vec<u8>> {
    compression::expanded(frame, length)
}

#[cfg(not(feature = "cache-compression"))]
fn expanded(_: &[u8], _: u64) -> Option<Vec<u8>> {
    None
}

/// A stored value, taken apart.
struct PackedValue<'a> {
    kind: u8,
    whole: Option<&'a [u8]>,
    rest: &'a [u8],
}

impl<'a> PackedValue<'a> {
    fn of(packed: &'a [u8], is_hashed: bool) -> Option<Self> {
        let ([LAYOUT, kind], rest) = packed.split_first_chunk::<2>()? else { return None };
        if !is_hashed {
            return Some(Self { kind: *kind, whole: None, rest });
        }
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (whole, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        Some(Self { kind: *kind, whole: Some(whole), rest })
    }
}

/// The text that the hashed key of a stored value was computed from.
pub(super) fn whole(packed: &[u8]) -> Option<&[u8]> {
    PackedValue::of(packed, true)?.whole
}

/// Deserialises a value; `None` if it belongs to another key with the same hash.
pub(super) fn unpack<T: DeserializeOwned>(packed: &[u8], whole: Option<&[u8]>) -> Result<Option<T>, Unreadable> {
    let packed = PackedValue::of(packed, whole.is_some()).ok_or(Unreadable::Layout)?;
    if packed.whole != whole {
        return Ok(None);
    }
    let bytes;
    let value = if packed.kind & COMPRESSED == 0 {
        packed.rest
    } else {
        let (length, frame) = packed.rest.split_first_chunk::<8>().ok_or(Unreadable::Layout)?;
        bytes = expanded(frame, u64::from_le_bytes(*length)).ok_or(Unreadable::Compression)?;
        &bytes
    };
    match packed.kind & !COMPRESSED {
        JSON => serde_json::from_slice(value)
            .map(Some)
            .map_err(|error| Unreadable::Json { line: error.line(), column: error.column() }),
        #[cfg(feature = "cache-messagepack")]
        MESSAGE_PACK => from_message_pack(value).map(Some).ok_or(Unreadable::MessagePack),
        _ => Err(Unreadable::Layout),
    }
}

/// Reads all bytes: a value that is followed by more bytes has another type.
#[cfg(feature = "cache-messagepack")]
fn from_message_pack<T: DeserializeOwned>(value: &[u8]) -> Option<T> {
    let mut rest = value;
    let read = T::deserialize(&mut rmp_serde::Deserializer::new(&mut rest)).ok()?;
    rest.is_empty().then_some(read)
}

#[cfg(all(test, feature = "cache-compression", feature = "cache-messagepack"))]
mod tests {
    use proptest::{collection::vec, prelude::any, sample::Index};

    use super::*;
    use crate::base::property::check;

    #[test]
    fn a_packed_value_is_unpacked_as_it_was() {
        let values =
            ["", "short", &"long ".repeat(1000), &(0..5000).map(|n| char::from(n as u8 % 94 + 33)).collect::<String>()];
        for value in values {
            for format in [Format::Json, Format::MessagePack] {
                for (threshold, whole) in
                    [(None, None), (Some(0), None), (Some(1024), Some(&b"whole"[..])), (Some(u64::MAX), Some(b""))]
                {
                    let packed = pack(value, format, threshold, whole).unwrap();
                    assert_eq!(unpack::<String>(&packed, whole), Ok(Some(value.to_owned())));
                    assert_eq!(super::whole(&packed).filter(|_| whole.is_some()), whole);
                    if whole.is_some() {
                        assert_eq!(unpack::<String>(&packed, Some(b"another")), Ok(None));
                    }
                }
            }
        }
    }

    #[test]
    fn a_value_is_compressed_above_the_threshold_if_that_makes_it_smaller() {
        let same = "a".repeat(1023);
        let is_compressed =
            |value: &str, threshold| pack(value, Format::Json, threshold, None).unwrap()[1] & COMPRESSED > 0;
        assert!(!is_compressed(&same, None), "compression is off");
        assert!(!is_compressed(&same, Some(1025)));
        assert!(is_compressed(&same, Some(1024)));
        let mut random = fastrand::Rng::with_seed(1);
        let noise: Vec<u8> = (0..4096).map(|_| random.u8(..)).collect();
        let packed = pack(serde_bytes(&noise), Format::MessagePack, Some(1024), None).unwrap();
        assert!(packed[1] & COMPRESSED == 0 && packed.len() < 4200, "noise does not become smaller");
    }

    /// Written as MessagePack bytes.
    fn serde_bytes(bytes: &[u8]) -> &AsBytes {
        // A slice of a transparent wrapper would need `unsafe`; the leak ends with the test.
        Box::leak(Box::new(AsBytes(bytes.to_vec())))
    }

    struct AsBytes(Vec<u8>);

    impl Serialize for AsBytes {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }

    #[test]
    fn random_bytes_do_not_panic() {
        let long = "long ".repeat(1000);
        let written = [Format::Json, Format::MessagePack]
            .map(|format| [None, Some(&b"whole"[..])].map(|whole| pack(&long, format, Some(1024), whole).unwrap()));
        let bytes = vec((any::<Index>(), any::<u8>()), 1..4);
        check(1_000, &(0..2_usize, any::<bool>(), bytes, any::<Index>()), |(format, is_whole, bytes, end)| {
            let whole = is_whole.then_some(&b"whole"[..]);
            let mut packed = written[format][usize::from(is_whole)].clone();
            for (at, byte) in bytes {
                let at = at.index(packed.len().min(32));
                packed[at] = byte;
            }
            packed.truncate(end.index(packed.len() + 1));
            let _ = (unpack::<String>(&packed, whole), unpack::<Vec<u64>>(&packed, whole), super::whole(&packed));
            Ok(())
        });
        assert_eq!(unpack::<String>(b"", None), Err(Unreadable::Layout));
        assert_eq!(unpack::<String>(&[2, 0, b'1'], None), Err(Unreadable::Layout));
        assert_eq!(unpack::<u8>(&[1, 1, 7, 7], None), Err(Unreadable::MessagePack), "more bytes follow");
    }
}
