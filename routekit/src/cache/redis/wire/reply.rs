//! What scripts reply.

use redis::Value;

use super::envelope::Nonce;
use crate::cache::redis::timeline::EpochId;

/// The clock of Redis, as a script read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cache::redis) struct ClockReading {
    pub(in crate::cache::redis) epoch: EpochId,
    pub(in crate::cache::redis) number: u64,
    /// The time of the server, in microseconds since 1970.
    pub(in crate::cache::redis) time: i64,
}

/// What a script found out about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cache::redis) struct CheckedEntry {
    pub(in crate::cache::redis) is_valid: bool,
    pub(in crate::cache::redis) nonce: Nonce,
    /// The milliseconds that are left to it; negative if it has no expiry or is gone.
    pub(in crate::cache::redis) left: i64,
    /// The bans that must be compared with it.
    pub(in crate::cache::redis) bans: Vec<u8>,
}

/// The reply of the scripts that read the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cache::redis) enum StateReply {
    /// The state cannot be trusted.
    Lost,
    /// The server was out of memory, so that everything was invalidated.
    Forgotten,
    State(ClockReading, Option<CheckedEntry>),
}

impl StateReply {
    /// `None` if it is no reply of a script.
    pub(in crate::cache::redis) fn parse(value: Value) -> Option<Self> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &[u8]) -> Value {
        Value::BulkString(text.to_vec())
    }

    #[test]
    fn replies_of_scripts_are_read() {
        let reading = ClockReading { epoch: [1; 16], number: 1_764_499_000_000_001, time: 1_764_499_000_000_000 };
        let clock = [Value::Int(1), text(&[1; 16]), Value::Int(1_764_499_000_000_001), Value::Int(reading.time)];
        let entry = [Value::Int(1), text(&[2; 8]), Value::Int(59_000), text(b"")];
        let parse = |fields: &[Value]| StateReply::parse(Value::Array(fields.to_vec()));
        assert_eq!(parse(&[Value::Int(0)]), Some(StateReply::Lost));
        assert_eq!(parse(&[Value::Int(2)]), Some(StateReply::Forgotten));
        assert_eq!(parse(&clock), Some(StateReply::State(reading, None)));
        let checked = CheckedEntry { is_valid: true, nonce: [2; 8], left: 59_000, bans: Vec::new() };
        let both = [&clock[..], &entry].concat();
        assert_eq!(parse(&both), Some(StateReply::State(reading, Some(checked))));
        for wrong in [&[][..], &[Value::Int(3)], &both[..3], &both[..6], &both[4..]] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
        assert_eq!(StateReply::parse(Value::Okay), None);
    }
}
