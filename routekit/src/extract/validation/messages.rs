//! Default messages for the rules of `validator`. A `message = "…"` in the rule takes precedence.

use std::{borrow::Cow, collections::HashMap};

use serde_json::Value;
use validator::ValidationError;

/// Returns the message of an error without its own message.
pub(super) fn message(error: &ValidationError) -> String {
    of_rule(&error.code, &error.params)
}

/// Returns the message of a rule.
pub(super) fn of_rule(rule: &str, params: &HashMap<Cow<'static, str>, Value>) -> String {
    let param = |name: &str| params.get(name).map(ToString::to_string);
    let bound = |names: [&str; 2], words: [&str; 2]| {
        let [inclusive, exclusive] = names.map(param);
        inclusive.map(|n| format!("{} {n}", words[0])).or_else(|| exclusive.map(|n| format!("{} {n}", words[1])))
    };
    match rule {
        "length" => match (param("equal"), param("min"), param("max")) {
            (Some(n), _, _) => format!("must have a length of {n}"),
            (_, Some(min), Some(max)) => format!("must have a length from {min} to {max}"),
            (_, Some(min), None) => format!("must have a length of at least {min}"),
            (_, None, Some(max)) => format!("must have a length of at most {max}"),
            _ => "has the wrong length".to_owned(),
        },
        "range" => {
            let low = bound(["min", "exclusive_min"], ["at least", "more than"]);
            let high = bound(["max", "exclusive_max"], ["at most", "less than"]);
            match (low, high) {
                (Some(low), Some(high)) => format!("must be {low} and {high}"),
                (Some(bound), None) | (None, Some(bound)) => format!("must be {bound}"),
                (None, None) => "is out of range".to_owned(),
            }
        }
        "email" => "must be an email address".to_owned(),
        "url" => "must be a URL".to_owned(),
        "ip" => "must be an IP address".to_owned(),
        "credit_card" => "must be a credit card number".to_owned(),
        "required" => "is required".to_owned(),
        "non_control_character" => "must not have control characters".to_owned(),
        "must_match" => "must match the other field".to_owned(),
        "contains" => "does not contain what it must".to_owned(),
        "does_not_contain" => "contains what it must not".to_owned(),
        "regex" => "does not have the right form".to_owned(),
        _ => "is not valid".to_owned(),
    }
}
