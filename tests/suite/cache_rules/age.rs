//! The age of a response and its `Age` header.

use super::harness::{BYPASS, HIT, MISS, Row, get, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("a hit says its age in whole seconds (RFC 9111 §5.1)").does([
            get(MISS).says("Cache-Control: max-age=60").lacks("age"),
            get(HIT).has("Age: 0"),
            get(HIT).after(10).has("Age: 10"),
            get(HIT).after_millis(999).has("Age: 10"),
            get(HIT).after_millis(1).has("Age: 11"),
        ]),
        row("a hit by the ttl says its age, too (RFC 9111 §4)")
            .ttl(60)
            .does([get(MISS).lacks("age"), get(HIT).after(10).has("Age: 10")]),
        row("a hit says its own age and no other (RFC 9111 §5.1)").does([
            get(MISS).says("Cache-Control: max-age=60").and("Age: 20").has("Age: 20"),
            get(HIT).has("Age: 20"),
            get(HIT).after(10).has("Age: 30"),
        ]),
        row("what comes with an Age begins that old (RFC 9111 §4.2.3)")
            .fresh_for(40, &["Cache-Control: max-age=60", "Age: 20"]),
        row("the Age counts for the ttl, too (RFC 9111 §4.2.3)").ttl(60).fresh_for(40, &["Age: 20"]),
        row("the Age counts for Expires, too (RFC 9111 §4.2.3)")
            .fresh_for(40, &["Expires: {60}", "Date: {0}", "Age: 20"]),
        row("the Age counts for CDN-Cache-Control, too (RFC 9213 §2.2)")
            .fresh_for(40, &["CDN-Cache-Control: max-age=60", "Age: 20"]),
        row("what comes as old as it may get is stale (RFC 9111 §4.2)")
            .ttl(90)
            .not_stored(&["Cache-Control: max-age=60", "Age: 60"]),
        row("an Age that no integer holds is very old (RFC 9111 §1.2.2)")
            .not_stored(&["Cache-Control: max-age=60", "Age: 99999999999999999999999"]),
        row("the Date says how old it is (RFC 9111 §4.2.3)").fresh_for_at(
            100,
            40,
            &["Cache-Control: max-age=60", "Date: {80}"],
        ),
        row("a hit says the age that the Date says (RFC 9111 §4.2.3)").does([
            get(MISS).after(100).says("Cache-Control: max-age=60").and("Date: {80}"),
            get(HIT).after(5).has("Age: 25"),
        ]),
        row("of Age and Date the older holds: Age (RFC 9111 §4.2.3)").fresh_for_at(
            100,
            30,
            &["Cache-Control: max-age=60", "Date: {80}", "Age: 30"],
        ),
        row("of Age and Date the older holds: Date (RFC 9111 §4.2.3)").fresh_for_at(
            100,
            30,
            &["Cache-Control: max-age=60", "Date: {70}", "Age: 20"],
        ),
        row("a Date in the future is now (RFC 9111 §4.2.3)")
            .fresh_for(60, &["Cache-Control: max-age=60", "Date: {500}"]),
        row("a Date of no date says no age (RFC 9110 §6.6.1)").fresh_for_at(
            100,
            60,
            &["Cache-Control: max-age=60", "Date: 70"],
        ),
        row("an Age of no number is none (RFC 9111 §5.1)").fresh_for(60, &["Cache-Control: max-age=60", "Age: old"]),
        row("an Age below zero is none (RFC 9111 §5.1)").fresh_for(60, &["Cache-Control: max-age=60", "Age: -20"]),
        row("of a list of Ages the first holds (RFC 9111 §5.1)")
            .fresh_for(40, &["Cache-Control: max-age=60", "Age: 20, 50"]),
        row("of two Ages the first holds (RFC 9111 §5.1)")
            .fresh_for(40, &["Cache-Control: max-age=60", "Age: 20", "Age: 50"]),
        row("an old Date with the Expires that goes with it (RFC 9111 §4.2.3)").fresh_for_at(
            100,
            40,
            &["Expires: {140}", "Date: {80}"],
        ),
        row("Expires that has passed is stale, though Date is older (RFC 9111 §4.2)")
            .ttl(60)
            .does([get(BYPASS).after(100).says("Expires: {90}").and("Date: {30}"), get(BYPASS)]),
        row("a hit says the Date of its handler (RFC 9110 §6.6.1)").does([
            get(MISS).after(100).says("Cache-Control: max-age=60").and("Date: {95}").has("Date: {95}"),
            get(HIT).after(10).has("Date: {95}"),
        ]),
        row("a hit says the Date when it came, if its handler said none (RFC 9110 §6.6.1)").does([
            get(MISS).after(100).says("Cache-Control: max-age=60"),
            get(HIT).after(10).has("Date: {100}").has("Age: 10"),
        ]),
    ]
}
