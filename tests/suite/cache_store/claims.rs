//! Promises 5 and 6: claims are beside the entries, kept for exactly their time, and atomic.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::future::join_all;
use routekit::cache::{CacheStore, ClaimOutcome};

use super::contract::{FRESH, Tested, key};

async fn claim(store: &dyn CacheStore, name: &str, record: &Bytes, keep_for: Duration) -> ClaimOutcome {
    store.claim(&key(name), record.clone(), keep_for).await.unwrap()
}

async fn swap(store: &dyn CacheStore, name: &str, held: &Bytes, next: Option<&Bytes>) -> bool {
    store.swap_claim(&key(name), held, next.cloned(), FRESH).await.unwrap()
}

pub(super) async fn check(t: &mut Tested<'_>) {
    t.check("it has claims", t.writer.has_claims() && t.reader.has_claims());
    records(t).await;
    atomic(t).await;
}

async fn records(t: &mut Tested<'_>) {
    let (one, two) = (Bytes::from_static(b"one"), Bytes::from_static(b"two"));
    let (writer, reader) = (t.writer, t.reader);
    let second = Duration::from_secs(1);

    t.check("the first claim of a key wins", claim(writer, "a", &one, FRESH).await == ClaimOutcome::Won);
    let taken = claim(reader, "a", &two, FRESH).await;
    t.check("the second claim gets the record of the first", taken == ClaimOutcome::Taken(one.clone()));
    t.check("the claim of another key wins", claim(reader, "b", &two, FRESH).await == ClaimOutcome::Won);
    t.check("a claim is no entry", !t.has("b").await);
    let stamp = t.stamp().await;
    t.put("b", "1", stamp, &[]).await;
    let both = t.has("b").await && claim(reader, "b", &one, FRESH).await == ClaimOutcome::Taken(two.clone());
    t.check("an entry and a claim can have the same key", both);
    t.check("a record that is not held is not changed", !swap(reader, "a", &two, None).await);
    writer.clear().await.unwrap();
    t.invalidate(&["a"]).await;
    let taken = claim(reader, "a", &two, FRESH).await;
    t.check("claims are neither cleared nor invalidated", taken == ClaimOutcome::Taken(one.clone()));

    t.advance(FRESH - second);
    t.check("a record that is held is replaced", swap(reader, "a", &one, Some(&two)).await);
    t.advance(FRESH - second);
    let taken = claim(writer, "a", &one, FRESH).await;
    t.check("the time of a record that is replaced begins again", taken == ClaimOutcome::Taken(two.clone()));
    t.check("a claim ends when its time has passed", claim(writer, "b", &one, FRESH).await == ClaimOutcome::Won);
    t.advance(second);
    t.check("a record whose time has passed is not held", !swap(reader, "a", &two, Some(&one)).await);
    t.check("a key can be claimed again after its time", claim(reader, "a", &one, FRESH).await == ClaimOutcome::Won);
    let removed = swap(writer, "a", &one, None).await && swap(reader, "b", &one, None).await;
    t.check("a record that is held is removed", removed);
    t.check("a record is removed once", !swap(reader, "a", &one, None).await);
    t.check("a key can be claimed after a removal", claim(reader, "a", &two, FRESH).await == ClaimOutcome::Won);

    claim(writer, "short", &one, second).await;
    claim(writer, "long", &one, 100 * FRESH).await;
    t.advance(2 * second);
    let short = claim(reader, "short", &two, FRESH).await;
    t.advance(98 * FRESH);
    let long = claim(reader, "long", &two, FRESH).await;
    let kept = short == ClaimOutcome::Won && long == ClaimOutcome::Taken(one.clone());
    t.check("each claim is kept for its own time", kept);

    for record in [Bytes::new(), Bytes::from(vec![0, 0xff, b'\r', b'\n']), Bytes::from(vec![7; 1 << 20])] {
        let won = claim(writer, "bytes", &record, FRESH).await == ClaimOutcome::Won;
        let taken = claim(reader, "bytes", &one, FRESH).await == ClaimOutcome::Taken(record.clone());
        let swapped = swap(reader, "bytes", &record, Some(&two)).await && swap(writer, "bytes", &two, None).await;
        t.check("a record may have any bytes", won && taken && swapped);
    }
}

async fn atomic(t: &mut Tested<'_>) {
    let records = [0, 1, 2, 3].map(|n: u8| Bytes::copy_from_slice(&[n]));
    let handles = [t.writer, t.reader, t.writer, t.reader];
    let (mut won, mut swapped) = (0, 0);
    for _ in 0..20 {
        let claims = records.iter().zip(handles).map(|(record, store)| claim(store, "raced", record, FRESH));
        let outcomes = join_all(claims).await;
        won += outcomes.iter().filter(|outcome| **outcome == ClaimOutcome::Won).count();
        let Some(winner) = outcomes.iter().position(|outcome| *outcome == ClaimOutcome::Won) else { break };
        let swaps = records.iter().zip(handles).enumerate().map(|(n, (record, store))| {
            let next = Bytes::copy_from_slice(&[record[0], b'!']);
            let held = &records[winner];
            async move { (n, store.swap_claim(&key("raced"), held, Some(next), FRESH).await.unwrap()) }
        });
        swapped += join_all(swaps).await.into_iter().filter(|(_, swapped)| *swapped).count();
        // Of whichever record it has now.
        if let ClaimOutcome::Taken(record) = claim(t.writer, "raced", &records[0], FRESH).await {
            swap(t.writer, "raced", &record, None).await;
        }
    }
    t.check("one of several claims at a time wins", won == 20);
    t.check("one of several swaps at a time succeeds", swapped == 20);
}
