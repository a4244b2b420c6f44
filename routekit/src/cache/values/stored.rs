//! What is kept of a value: what it is, and then the value.
//!
//! 1. One byte: this layout, so that what another one wrote is not misread.
//! 2. One byte: the format, and whether it is compressed.
//! 3. Where the key is hashed, all of it, with its length before it: what it was made from is compared, and patterns are about it.
//! 4. Where it is compressed, its length before that, in eight bytes.
//! 5. The value.

use std::{error::Error, fmt};

use serde::{Serialize, de::DeserializeOwned};

use super::{Format, zstd};

const LAYOUT: u8 = 1;
const JSON: u8 = 0;
const MESSAGE_PACK: u8 = 1;
const COMPRESSED: u8 = 0x80;

/// Why what is kept cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    Layout,
    Compression,
    Json { line: usize, column: usize },
    MessagePack,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layout => f.write_str("it is kept in another way"),
            Self::Compression => f.write_str("its compression is broken"),
            Self::Json { line, column } => write!(f, "its JSON is other from line {line}, column {column} on"),
            Self::MessagePack => f.write_str("its MessagePack is other"),
        }
    }
}

/// Writes a value; compressed if it is longer than `threshold`, and that makes it smaller.
pub(super) fn pack<T: Serialize + ?Sized>(
    value: &T,
    format: Format,
    threshold: Option<u64>,
    whole: Option<&[u8]>,
) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let (kind, value) = match format {
        Format::Json => (JSON, serde_json::to_vec(value)?),
        Format::MessagePack => (MESSAGE_PACK, rmp_serde::to_vec_named(value)?),
    };
    let length = (value.len() as u64).to_le_bytes();
    let compressed = threshold
        .filter(|threshold| value.len() as u64 > *threshold)
        .map(|_| zstd::compressed(&value))
        .filter(|compressed| compressed.len() + length.len() < value.len());

    let mut packed = vec![LAYOUT, kind | if compressed.is_some() { COMPRESSED } else { 0 }];
    if let Some(whole) = whole {
        let length = u32::try_from(whole.len()).map_err(|_| "its key is longer than 4 GiB")?;
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

/// What is kept, taken apart; the key where that is hashed.
struct Packed<'a> {
    kind: u8,
    whole: Option<&'a [u8]>,
    rest: &'a [u8],
}

impl<'a> Packed<'a> {
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

/// What a hashed key was made from.
pub(super) fn whole(packed: &[u8]) -> Option<&[u8]> {
    Packed::of(packed, true)?.whole
}

/// Reads a value; there is none if it is that of another key with the same hash.
pub(super) fn unpack<T: DeserializeOwned>(packed: &[u8], whole: Option<&[u8]>) -> Result<Option<T>, Unreadable> {
    let packed = Packed::of(packed, whole.is_some()).ok_or(Unreadable::Layout)?;
    if packed.whole != whole {
        return Ok(None);
    }
    let expanded;
    let value = if packed.kind & COMPRESSED == 0 {
        packed.rest
    } else {
        let (length, frame) = packed.rest.split_first_chunk::<8>().ok_or(Unreadable::Layout)?;
        expanded = zstd::expanded(frame, u64::from_le_bytes(*length)).ok_or(Unreadable::Compression)?;
        &expanded
    };
    match packed.kind & !COMPRESSED {
        JSON => serde_json::from_slice(value)
            .map(Some)
            .map_err(|error| Unreadable::Json { line: error.line(), column: error.column() }),
        MESSAGE_PACK => from_message_pack(value).map(Some).ok_or(Unreadable::MessagePack),
        _ => Err(Unreadable::Layout),
    }
}

/// All of it: one that goes on is of another type.
fn from_message_pack<T: DeserializeOwned>(value: &[u8]) -> Option<T> {
    let mut rest = value;
    let read = T::deserialize(&mut rmp_serde::Deserializer::new(&mut rest)).ok()?;
    rest.is_empty().then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked() {
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
    fn it_is_compressed_above_the_threshold_if_that_makes_it_smaller() {
        let same = "a".repeat(1023);
        let is_compressed =
            |value: &str, threshold| pack(value, Format::Json, threshold, None).unwrap()[1] & COMPRESSED > 0;
        assert!(!is_compressed(&same, None), "with its quotes it has 1,025 bytes");
        assert!(!is_compressed(&same, Some(1025)));
        assert!(is_compressed(&same, Some(1024)));
        let mut random = fastrand::Rng::with_seed(1);
        let noise: Vec<u8> = (0..4096).map(|_| random.u8(..)).collect();
        let packed = pack(serde_bytes(&noise), Format::MessagePack, Some(1024), None).unwrap();
        assert!(packed[1] & COMPRESSED == 0 && packed.len() < 4200, "noise stays as it is");
    }

    /// Bytes as MessagePack writes them.
    fn serde_bytes(bytes: &[u8]) -> &Bytes {
        // A slice of a transparent wrapper would need `unsafe`; leaking one test's bytes does not hurt.
        Box::leak(Box::new(Bytes(bytes.to_vec())))
    }

    struct Bytes(Vec<u8>);

    impl Serialize for Bytes {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }

    #[test]
    fn nonsense_is_no_panic() {
        let mut random = fastrand::Rng::with_seed(3);
        let long = "long ".repeat(1000);
        for _ in 0..5000 {
            let format = if random.bool() { Format::Json } else { Format::MessagePack };
            let whole = random.bool().then_some(&b"whole"[..]);
            let mut packed = pack(&long, format, Some(1024), whole).unwrap();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..packed.len().min(32));
                packed[at] = random.u8(..);
            }
            packed.truncate(random.usize(..=packed.len()));
            let _ = (unpack::<String>(&packed, whole), unpack::<Vec<u64>>(&packed, whole), super::whole(&packed));
        }
        assert_eq!(unpack::<String>(b"", None), Err(Unreadable::Layout));
        assert_eq!(unpack::<String>(&[2, 0, b'1'], None), Err(Unreadable::Layout));
        assert_eq!(unpack::<u8>(&[1, 1, 7, 7], None), Err(Unreadable::MessagePack), "it goes on");
    }
}
