//! A lookup that calls no script. A script takes the server 15 µs, a `GET` 0.3 µs.
//!
//! The process remembers the tags of an entry ([`KnownTags`]). With these, it sends the commands of [`commands`] in one
//! round trip and decides by the rules of `check.lua`. Whatever is not decided here ([`PlainDecision::NeedsScript`]) is
//! asked again, from the script: the entry has other tags, the state is missing, damaged or not the one that the
//! process knows, the numbers of the period before matter, or a pattern was invalidated since.
//!
//! **Order.** Redis runs the commands one after the other, and those of other clients in between. So the order decides:
//!
//! 1. `PTTL` before `GET`. If another entry is put in between, the new one seems to have less time left than it has, so
//!    that it is taken for older than it is. The other way round, an old entry would seem to be new.
//! 2. `GET` before `HMGET`. An entry that is valid by numbers read after it was valid when it was read, since nothing
//!    becomes valid again within an epoch. So the outcome is that of a script at the time of the `GET`. The other way
//!    round, an entry that is put too late, after the invalidation that it misses, would be taken for valid.
//! 3. `HMGET` reads one hash, so the epoch, the floor and all numbers belong together. If a period ends in between, the
//!    hash is the new one: it begins after the stamp of the entry, and the script decides. If an epoch begins or the
//!    state is lost, its epoch is not the one that is known. If the data goes back to an old copy, its clock is behind
//!    a reading that the process knows, or behind the stamp of the entry.
//! 4. `TIME` after `HMGET`. If the time is set back in between, it is behind the clock, which the script finds, too, or
//!    behind what the process knows.

use bytes::Bytes;
use redis::{Pipeline, Value};

pub(super) use self::known_tags::KnownTags;
use super::{
    timeline::{EpochId, KnownEpoch},
    wire::{
        digits::digits,
        envelope::EnvelopeHead,
        reply::{CheckedEntry, ClockReading},
    },
};

mod known_tags;

/// The fields of the clock that are read, in front of the numbers of the tags.
const FIELDS: [&str; 7] = ["epoch", "run", "clock", "floor", "begun", "before", "ban"];

/// How many commands there are.
pub(super) const COMMANDS: usize = 4;

/// By how many microseconds the clock may be ahead of the time of the server, as in `state.lua`.
const AHEAD: u64 = 1_000_000;

/// What the commands found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PlainDecision {
    /// The same as the script would tell, and the bytes of the entry.
    Made(ClockReading, Option<(CheckedEntry, Bytes)>),
    /// The script must decide.
    NeedsScript {
        /// The stamp of the entry, if it is because of that: the next lookup cannot decide either.
        of_stamp: Option<u64>,
    },
}

/// The commands for an entry with these tags.
pub(super) fn commands(entry: &str, clock: &str, tags: &[[u8; 8]]) -> Pipeline {
    let mut commands = redis::pipe();
    commands.cmd("PTTL").arg(entry);
    commands.cmd("GET").arg(entry);
    let numbers = commands.cmd("HMGET").arg(clock).arg(&FIELDS);
    for tag in tags {
        numbers.arg(tag);
    }
    commands.cmd("TIME");
    commands
}

/// Decides by the replies to [`commands`], from the server with this run id.
pub(super) fn decide(replies: Vec<Value>, tags: &[[u8; 8]], run_id: &str, known: KnownEpoch) -> PlainDecision {
    let unknown = PlainDecision::NeedsScript { of_stamp: None };
    let Ok([left, entry, numbers, time]) = <[Value; COMMANDS]>::try_from(replies) else { return unknown };
    let Some((state, numbers, time)) = state(&numbers, run_id).zip(micros(&time)).map(|((s, n), t)| (s, n, t)) else {
        return unknown;
    };
    let is_known = known.id == Some(state.epoch) && known.seen <= state.clock;
    if !is_known || time.saturating_add(AHEAD) < state.clock || numbers.len() != tags.len() {
        return unknown;
    }
    let Ok(server_time) = i64::try_from(time) else { return unknown };
    let reading = ClockReading { epoch: state.epoch, number: state.clock, time: server_time };
    let bytes = match entry {
        Value::Nil => return PlainDecision::Made(reading, None),
        Value::BulkString(bytes) => Bytes::from(bytes),
        _ => return unknown,
    };
    let Ok((head, _)) = EnvelopeHead::read(&bytes) else { return unknown };
    if head.tags != tags || head.stamp > state.clock {
        return unknown;
    }
    let Value::Int(left) = left else { return unknown };
    let is_of_epoch = head.epoch == state.epoch && head.stamp >= state.floor;
    if is_of_epoch && (head.stamp < state.begun || head.stamp < state.ban) {
        return PlainDecision::NeedsScript { of_stamp: Some(head.stamp) };
    }
    let mut is_valid = is_of_epoch;
    for found in numbers {
        match (found, number(found)) {
            (Value::Nil, _) => {}
            (_, Some(number)) => is_valid &= number <= head.stamp,
            _ => return unknown,
        }
    }
    let checked = CheckedEntry { is_valid, nonce: head.nonce, left, bans: Vec::new() };
    PlainDecision::Made(reading, Some((checked, bytes)))
}

/// The state, as `read_state` in `state.lua` reads it.
struct PlainState {
    epoch: EpochId,
    clock: u64,
    floor: u64,
    begun: u64,
    ban: u64,
}

/// The state, and the numbers of tags. `None` if it is not that of the server with this run id, or is damaged.
fn state<'a>(fields: &'a Value, run_id: &str) -> Option<(PlainState, &'a [Value])> {
    let Value::Array(fields) = fields else { return None };
    let ([epoch, run, clock, floor, begun, before, ban], numbers) = fields.split_first_chunk::<{ FIELDS.len() }>()?;
    let (Value::BulkString(epoch), Value::BulkString(run), Value::BulkString(_)) = (epoch, run, before) else {
        return None;
    };
    let state = PlainState {
        epoch: epoch.as_slice().try_into().ok()?,
        clock: number(clock)?,
        floor: number(floor)?,
        begun: number(begun)?,
        ban: number(ban)?,
    };
    (run == run_id.as_bytes()).then_some((state, numbers))
}

/// The reply to `TIME` in microseconds.
fn micros(time: &Value) -> Option<u64> {
    let Value::Array(parts) = time else { return None };
    let [seconds, micros] = &parts[..] else { return None };
    number(seconds)?.checked_mul(1_000_000)?.checked_add(number(micros)?)
}

fn number(value: &Value) -> Option<u64> {
    let Value::BulkString(text) = value else { return None };
    digits(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::{
        redis::{
            timeline::{Reading, Timeline},
            wire::envelope::head,
        },
        validity::tag::Tag,
    };

    const EPOCH: EpochId = [3; 16];
    const TAGS: [[u8; 8]; 2] = [1_u64.to_be_bytes(), 2_u64.to_be_bytes()];

    fn text(text: impl AsRef<[u8]>) -> Value {
        Value::BulkString(text.as_ref().to_vec())
    }

    fn number(number: u64) -> Value {
        text(format!("{number:016}"))
    }

    fn entry(epoch: EpochId, stamp: u64, tags: &[u64]) -> Value {
        let tags: Vec<Tag> = tags.iter().copied().map(Tag::from_id).collect();
        text(head([7; 8], epoch, stamp, &tags).unwrap())
    }

    /// The state with the clock at 100, begun at 10, the floor at 5, and the last ban at 20.
    fn fields() -> Vec<Value> {
        let state = [text(EPOCH), text("run"), number(100), number(5), number(10), text(""), number(20)];
        state.into_iter().chain([Value::Nil, number(40)]).collect()
    }

    fn replies(entry: Value, fields: Vec<Value>) -> Vec<Value> {
        let time = Value::Array(vec![text("0"), text("99")]);
        vec![Value::Int(1234), entry, Value::Array(fields), time]
    }

    /// A process that has seen the clock at 90.
    fn known() -> KnownEpoch {
        let timeline = Timeline::default();
        assert!(matches!(timeline.read(timeline.known(), EPOCH, 90), Reading::Stamp(_)));
        timeline.known()
    }

    fn decided(replies: Vec<Value>) -> PlainDecision {
        decide(replies, &TAGS, "run", known())
    }

    #[test]
    fn entries_are_checked_as_the_script_does() {
        let reading = ClockReading { epoch: EPOCH, number: 100, time: 99 };
        for (stamp, valid) in [(40, true), (39, false), (100, true), (21, false)] {
            let entry = entry(EPOCH, stamp, &[1, 2]);
            let Value::BulkString(bytes) = entry.clone() else { unreachable!() };
            let checked = CheckedEntry { is_valid: valid, nonce: [7; 8], left: 1234, bans: Vec::new() };
            let expected = PlainDecision::Made(reading, Some((checked, bytes.into())));
            assert_eq!(decided(replies(entry, fields())), expected, "{stamp}");
        }
        assert_eq!(decided(replies(Value::Nil, fields())), PlainDecision::Made(reading, None));
        for (name, entry) in [("epoch", entry([4; 16], 50, &[1, 2])), ("floor", entry(EPOCH, 4, &[1, 2]))] {
            let PlainDecision::Made(_, Some((checked, _))) = decided(replies(entry, fields())) else {
                panic!("{name}")
            };
            assert!(!checked.is_valid, "{name}");
        }
    }

    #[test]
    fn entries_that_are_older_than_the_period_or_a_ban_need_the_script() {
        for stamp in [5, 9, 10, 19] {
            let expected = PlainDecision::NeedsScript { of_stamp: Some(stamp) };
            assert_eq!(decided(replies(entry(EPOCH, stamp, &[1, 2]), fields())), expected, "{stamp}");
        }
    }

    #[test]
    fn whatever_is_unusual_needs_the_script() {
        let usual = entry(EPOCH, 50, &[1, 2]);
        let unknown = PlainDecision::NeedsScript { of_stamp: None };
        assert_ne!(decided(replies(usual.clone(), fields())), unknown);
        for field in 0..fields().len() - 2 {
            for wrong in [Value::Nil, text("x"), Value::Int(1), text("12345678901234567")] {
                // What the field says does not matter, as long as it is there.
                if field == 5 && matches!(wrong, Value::BulkString(_)) {
                    continue;
                }
                let mut fields = fields();
                fields[field] = wrong.clone();
                assert_eq!(decided(replies(usual.clone(), fields)), unknown, "field {field}: {wrong:?}");
            }
        }
        let with = |field: usize, value: Value| {
            let mut fields = fields();
            fields[field] = value;
            replies(usual.clone(), fields)
        };
        let replaced = |reply: usize, value: Value| {
            let mut replies = replies(usual.clone(), fields());
            replies[reply] = value;
            replies
        };
        let time = |micros: &str| Value::Array(vec![text("0"), text(micros)]);
        for (name, replies) in [
            ("the number of a tag is damaged", with(7, text("x"))),
            ("the clock is behind what is known", with(2, number(89))),
            ("the clock is far ahead of the time", with(2, number(1_000_100))),
            ("the time is damaged", replaced(3, time("x"))),
            ("no time", replaced(3, Value::Nil)),
            ("other tags", replaced(1, entry(EPOCH, 50, &[1, 3]))),
            ("fewer tags", replaced(1, entry(EPOCH, 50, &[1]))),
            ("more tags", replaced(1, entry(EPOCH, 50, &[1, 2, 3]))),
            ("a stamp after the clock", replaced(1, entry(EPOCH, 101, &[1, 2]))),
            ("damaged", replaced(1, text("x"))),
            ("another type", replaced(1, Value::Int(1))),
            ("no reply for the expiry", replaced(0, Value::Nil)),
            ("no state", replaced(2, Value::Array(vec![Value::Nil; 9]))),
            ("fewer replies", replies(usual.clone(), fields())[..3].to_vec()),
        ] {
            assert_eq!(decided(replies), unknown, "{name}");
        }
        let other = |run, known| decide(replies(usual.clone(), fields()), &TAGS, run, known);
        assert_eq!(other("another", known()), unknown, "another server");
        assert_eq!(other("run", Timeline::default().known()), unknown, "no epoch is known");
        let timeline = Timeline::default();
        timeline.read(timeline.known(), [4; 16], 90);
        assert_eq!(other("run", timeline.known()), unknown, "another epoch is known");
    }
}
