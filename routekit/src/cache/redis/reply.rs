//! What scripts reply.

use redis::Value;

use super::{envelope::Nonce, timeline::EpochId};

/// The clock of Redis, as a script read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClockReading {
    pub(super) epoch: EpochId,
    pub(super) number: u64,
    /// The time of the server, in microseconds since 1970.
    pub(super) time: i64,
}

/// What a script found out about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CheckedEntry {
    pub(super) is_valid: bool,
    pub(super) nonce: Nonce,
    /// The milliseconds that are left to it; negative if it has no expiry or is gone.
    pub(super) left: i64,
    /// The bans that must be compared with it.
    pub(super) bans: Vec<u8>,
}

/// The reply of the scripts that read the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StateReply {
    /// The state cannot be trusted.
    Lost,
    /// The server was out of memory, so that everything was invalidated.
    Forgotten,
    State(ClockReading, Option<CheckedEntry>),
}

impl StateReply {
    /// `None` if it is no reply of a script.
    pub(super) fn parse(value: Value) -> Option<Self> {
        let Value::Array(fields) = value else { return None };
        let mut fields = fields.into_iter();
        match integer(&fields.next()?)? {
            0 => return Some(Self::Lost),
            1 => {}
            2 => return Some(Self::Forgotten),
            _ => return None,
        }
        let epoch = bytes(fields.next()?)?.try_into().ok()?;
        let number = u64::try_from(integer(&fields.next()?)?).ok()?;
        let reading = ClockReading { epoch, number, time: integer(&fields.next()?)? };
        let Some(is_valid) = fields.next() else { return Some(Self::State(reading, None)) };
        let entry = CheckedEntry {
            is_valid: integer(&is_valid)? == 1,
            nonce: bytes(fields.next()?)?.try_into().ok()?,
            left: integer(&fields.next()?)?,
            bans: bytes(fields.next()?)?,
        };
        Some(Self::State(reading, Some(entry)))
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    }
}
