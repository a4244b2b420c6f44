//! Whether what is stored does for a request (RFC 9111 §4, §5.2.1; RFC 5861).

use std::time::Instant;

use crate::cache::{
    Entry, Lookup,
    headers::RequestControl,
    status::{Because, Fwd},
};

/// What is to be done with a request.
#[derive(Debug)]
pub(in crate::cache) enum Decision<'a> {
    /// This is given: it is fresh.
    Fresh(&'a Entry),
    /// This is given although it is stale.
    Stale(&'a Entry, Because),
    /// The handler is asked.
    Ask(Fwd),
    /// Only what is stored would do, and that is not to be had.
    Refuse,
}

/// By what the store has, at this time.
pub(in crate::cache) fn decide<'a>(looked: &'a Lookup, control: &RequestControl, now: Instant) -> Decision<'a> {
    let decided = match looked {
        Lookup::Miss(_) => Decision::Ask(Fwd::UriMiss),
        Lookup::Hit(entry, _) | Lookup::Stale(entry, _) => of_entry(entry, control, now),
    };
    match decided {
        Decision::Ask(_) if control.only_if_cached => Decision::Refuse,
        decided => decided,
    }
}

fn of_entry<'a>(entry: &'a Entry, control: &RequestControl, now: Instant) -> Decision<'a> {
    let too_old = control.max_age.is_some_and(|most| entry.age(now) > most);
    let too_short = control.min_fresh.is_some_and(|least| entry.ttl(now) < least);
    let refused = control.no_cache || too_old;
    if entry.is_fresh(now) {
        return if refused || too_short { Decision::Ask(Fwd::Request) } else { Decision::Fresh(entry) };
    }
    let reuse = entry.reuse();
    if refused {
        return Decision::Ask(Fwd::Request);
    }
    let stale_for = entry.stale_for(now);
    if !too_short && stale_for < reuse.stale_while_revalidate {
        return Decision::Stale(entry, Because::Revalidating);
    }
    if !reuse.must_revalidate && control.max_stale.is_some_and(|most| stale_for <= most) {
        return Decision::Stale(entry, Because::Asked);
    }
    Decision::Ask(Fwd::Stale)
}
