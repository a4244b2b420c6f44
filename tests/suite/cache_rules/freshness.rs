//! How long a response is fresh.

use super::harness::{BYPASS, HIT, MISS, Row, get, row};

pub(super) fn rows() -> Vec<Row> {
    [precedence(), expires(), spelling(), targeted()].concat()
}

/// The largest delta-seconds value (RFC 9111 §1.2.2).
const LARGEST: u64 = 1 << 31;

fn precedence() -> Vec<Row> {
    vec![
        row("the ttl holds for what says nothing (RFC 9111 §4.2.2)").ttl(60).fresh_for(60, &[]),
        row("max-age goes before a shorter ttl (RFC 9111 §4.2.1)").ttl(5).fresh_for(60, &["Cache-Control: max-age=60"]),
        row("max-age goes before a longer ttl (RFC 9111 §4.2.1)").ttl(90).fresh_for(60, &["Cache-Control: max-age=60"]),
        row("s-maxage goes before a shorter max-age (RFC 9111 §4.2.1)")
            .fresh_for(60, &["Cache-Control: max-age=5, s-maxage=60"]),
        row("s-maxage goes before a longer max-age (RFC 9111 §4.2.1)")
            .fresh_for(60, &["Cache-Control: s-maxage=60, max-age=90"]),
        row("s-maxage goes before Expires (RFC 9111 §5.2.2.10)")
            .fresh_for(60, &["Cache-Control: s-maxage=60", "Expires: {5}", "Date: {0}"]),
        row("max-age goes before Expires (RFC 9111 §5.3)")
            .fresh_for(60, &["Cache-Control: max-age=60", "Expires: {5}", "Date: {0}"]),
        row("max-age goes before an Expires of no date (RFC 9111 §5.3)")
            .fresh_for(60, &["Cache-Control: max-age=60", "Expires: 0"]),
        row("Expires goes before the ttl (RFC 9111 §4.2.1)").ttl(90).fresh_for(60, &["Expires: {60}"]),
        row("s-maxage=0 is stale already (RFC 9111 §5.2.2.10)")
            .ttl(60)
            .not_stored(&["Cache-Control: s-maxage=0, max-age=60"]),
        row("max-age=0 is stale already, also with a ttl (RFC 9111 §5.2.2.1)")
            .ttl(60)
            .not_stored(&["Cache-Control: max-age=0"]),
        row("Cache-Control of other matters leaves Expires (RFC 9111 §5.3)")
            .fresh_for(60, &["Cache-Control: public", "Expires: {60}"]),
        row("404 is fresh until its Expires (RFC 9111 §4.2.1)")
            .ttl(5)
            .does([get(MISS).answers(404, "Expires: {60}"), get(HIT).after(59)])
            .does([get(BYPASS).after(1).answers(404, "")]),
    ]
}

fn expires() -> Vec<Row> {
    vec![
        row("Expires is counted from Date (RFC 9111 §4.2.1)").fresh_for(60, &["Expires: {1060}", "Date: {1000}"]),
        row("Expires is counted from when it came, without Date (RFC 9111 §4.2.1)").fresh_for_at(
            100,
            60,
            &["Expires: {160}"],
        ),
        row("Expires that is Date is stale already (RFC 9111 §4.2)").ttl(60).not_stored(&["Expires: {9}", "Date: {9}"]),
        row("Expires before Date is stale already (RFC 9111 §4.2)").ttl(60).not_stored(&["Expires: {8}", "Date: {9}"]),
        row("Expires: 0 is in the past (RFC 9111 §5.3)").ttl(60).not_stored(&["Expires: 0"]),
        row("Expires of no date is in the past (RFC 9111 §5.3)").ttl(60).not_stored(&["Expires: tomorrow"]),
        row("Expires that is empty is in the past (RFC 9111 §5.3)").ttl(60).not_stored(&["Expires:"]),
        row("two different Expires are in the past (RFC 9111 §4.2.1)")
            .ttl(60)
            .not_stored(&["Expires: {60}", "Expires: {90}"]),
        row("Expires as RFC 850 had it (RFC 9110 §5.6.7)")
            .fresh_for(60, &["Expires: Thursday, 01-Jan-70 00:01:00 GMT"]),
        row("Expires as asctime() has it (RFC 9110 §5.6.7)").fresh_for(60, &["Expires: Thu Jan  1 00:01:00 1970"]),
        row("Expires in other capitals (RFC 9111 §4.2)").fresh_for(60, &["Expires: THU, 01 jan 1970 00:01:00 gmt"]),
        row("Expires with a leap second (RFC 9110 §5.6.7)").fresh_for(60, &["Expires: Thu, 01 Jan 1970 00:00:60 GMT"]),
        row("Expires in another time zone has passed (RFC 9111 §4.2)")
            .not_stored(&["Expires: Thu, 01 Jan 1970 00:01:00 UTC"]),
        row("Expires with a year of two digits is at most 50 years ahead (RFC 9110 §5.6.7)").does([
            get(BYPASS).says("Expires: Wednesday, 01-Jan-25 00:00:00 GMT"),
            get(MISS).after(5).says("Expires: Wednesday, 01-Jan-19 00:00:00 GMT"),
            get(HIT).after(1_500_000_000),
        ]),
        row("a Date of no date is none (RFC 9110 §6.6.1)").fresh_for(60, &["Expires: {60}", "Date: yesterday"]),
    ]
}

fn spelling() -> Vec<Row> {
    let mut rows = Vec::new();
    for number in ["soon", "-1", "1.5", "60s", "", "'", "''", "+60", "0x3c"] {
        let header: &'static str = format!("Cache-Control: max-age={number}").leak();
        rows.push(
            row(format!("max-age={number} is no number, and stale (RFC 9111 §4.2.1)")).ttl(60).not_stored(&[header]),
        );
    }
    rows.extend([
        row("max-age without a number is stale (RFC 9111 §4.2.1)").ttl(60).not_stored(&["Cache-Control: max-age"]),
        row("s-maxage of no number is stale, whatever max-age says (RFC 9111 §4.2.1)")
            .not_stored(&["Cache-Control: s-maxage=x, max-age=60"]),
        row("of two max-age the shorter holds (RFC 9111 §4.2.1)")
            .fresh_for(60, &["Cache-Control: max-age=60, max-age=90"]),
        row("of two max-age in two lines the shorter holds (RFC 9111 §4.2.1)")
            .fresh_for(60, &["Cache-Control: max-age=90", "Cache-Control: max-age=60"]),
        row("of two s-maxage the shorter holds (RFC 9111 §4.2.1)")
            .fresh_for(60, &["Cache-Control: s-maxage=60, s-maxage=90, max-age=5"]),
        row("a number may stand in quotes (RFC 9111 §5.2)").fresh_for(60, &["Cache-Control: max-age='60'"]),
        row("a number may begin with zeros (RFC 9111 §1.2.2)").fresh_for(60, &["Cache-Control: max-age=0060"]),
        row("2^31 is as long as it gets (RFC 9111 §1.2.2)").fresh_for(LARGEST, &["Cache-Control: max-age=2147483648"]),
        row("what is above 2^31 is 2^31 (RFC 9111 §1.2.2)").fresh_for(LARGEST, &["Cache-Control: max-age=2147483649"]),
        row("what no integer holds is 2^31 (RFC 9111 §1.2.2)")
            .fresh_for(LARGEST, &["Cache-Control: max-age=99999999999999999999999999"]),
        row("empty elements of the list are none (RFC 9110 §5.6.1)")
            .fresh_for(60, &["Cache-Control: , ,max-age=60 ,,"]),
        row("spaces and tabs around directives (RFC 9110 §5.6.1)")
            .fresh_for(60, &["Cache-Control: public\t ,\t  max-age=60  \t, x"]),
        row("MAX-AGE in capitals (RFC 9111 §5.2)").fresh_for(60, &["Cache-Control: MAX-AGE=60"]),
        row("max-age in quotes of another is none (RFC 9111 §5.2)")
            .fresh_for(60, &["Cache-Control: x='max-age=5, s-maxage=5', max-age=60"]),
        row("max-agexyz is another directive (RFC 9111 §5.2.3)")
            .fresh_for(60, &["Cache-Control: max-agexyz=5, xmax-age=5, max-age=60"]),
    ]);
    rows
}

fn targeted() -> Vec<Row> {
    vec![
        row("CDN-Cache-Control goes before Cache-Control (RFC 9213 §2.2)")
            .fresh_for(60, &["CDN-Cache-Control: max-age=60", "Cache-Control: max-age=5, s-maxage=5"]),
        row("CDN-Cache-Control goes before Expires (RFC 9213 §2.2)")
            .fresh_for(60, &["CDN-Cache-Control: max-age=60", "Expires: {5}"]),
        row("CDN-Cache-Control goes before no-store in Cache-Control (RFC 9213 §2.2)")
            .fresh_for(60, &["CDN-Cache-Control: max-age=60", "Cache-Control: no-store"]),
        row("no-store of CDN-Cache-Control goes before max-age (RFC 9213 §2.2)")
            .not_stored(&["CDN-Cache-Control: no-store", "Cache-Control: max-age=60"]),
        row("private of CDN-Cache-Control is not stored (RFC 9213 §2.2)")
            .not_stored(&["CDN-Cache-Control: private, max-age=60"]),
        row("CDN-Cache-Control of other matters still replaces max-age (RFC 9213 §2.2)")
            .ttl(60)
            .fresh_for(60, &["CDN-Cache-Control: public", "Cache-Control: max-age=5"]),
        row("CDN-Cache-Control of no dictionary is passed over (RFC 9213 §2.1)")
            .fresh_for(60, &["CDN-Cache-Control: max-age=5, =", "Cache-Control: max-age=60"]),
        row("CDN-Cache-Control in capitals is no dictionary (RFC 9213 §2.1, RFC 9651 §3.1.2)")
            .fresh_for(60, &["CDN-Cache-Control: Max-Age=5", "Cache-Control: max-age=60"]),
        row("an empty CDN-Cache-Control is passed over (RFC 9213 §2.2)")
            .fresh_for(60, &["CDN-Cache-Control:", "Cache-Control: max-age=60"]),
        row("parameters in CDN-Cache-Control say nothing (RFC 9213 §2.1)")
            .fresh_for(60, &["CDN-Cache-Control: max-age=60;x=1;y"]),
        row("of two max-age in CDN-Cache-Control the last holds (RFC 9651 §3.2)")
            .fresh_for(60, &["CDN-Cache-Control: max-age=5, max-age=60"]),
        row("lines of CDN-Cache-Control are one dictionary (RFC 9651 §4.2)")
            .fresh_for(60, &["CDN-Cache-Control: public", "CDN-Cache-Control: max-age=60"]),
        row("s-maxage goes before max-age in CDN-Cache-Control, too (RFC 9213 §2.1)")
            .fresh_for(60, &["CDN-Cache-Control: max-age=5, s-maxage=60"]),
    ]
}
