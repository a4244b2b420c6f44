//! The keys of the app itself: how each is read, and how it is shown.

use std::{net::SocketAddr, time::Duration};

use http::HeaderName;

use super::{Config, Secret};
use crate::{
    setting::{Origin, Setting},
    units,
};

/// A key of [`Config`].
pub(super) struct Key {
    pub(super) name: &'static str,
    /// Whether its value must not be repeated.
    pub(super) secret: bool,
    /// Whether it takes several values.
    pub(super) list: bool,
    pub(super) read: fn(&mut Config, &str, Origin) -> Result<(), String>,
    pub(super) show: fn(&Config) -> (String, &Origin),
}

const KEY: Key = Key {
    name: "",
    secret: false,
    list: false,
    read: |_, _, _| Ok(()),
    show: |config| (String::new(), config.addr.origin()),
};

/// `name` is both the key and the field; `$read` makes the value of a text.
macro_rules! key {
    ($field:ident, $read:expr, $show:expr $(, $flag:ident)?) => {
        Key {
            name: stringify!($field),
            $($flag: true,)?
            read: |config, text, origin| {
                config.$field = Setting::new($read(text)?, origin);
                Ok(())
            },
            show: |config| ($show(&*config.$field), config.$field.origin()),
            ..KEY
        }
    };
}

pub(super) const KEYS: &[Key] = &[
    key!(addr, addr, ToString::to_string),
    key!(admin_addr, |text: &str| text.parse().map_err(str::to_owned), ToString::to_string),
    key!(admin_token, |text: &str| Ok::<_, String>(Some(Secret::new(text))), show_secret, secret),
    key!(admin_role, role, show_role),
    key!(sensitive_headers, header_names, show_header_names, list),
    key!(access_log, |text: &str| text.parse().map_err(|modes| format!("not {modes}")), ToString::to_string),
    key!(timeout, duration_or_off, units::show_duration),
    key!(body_limit, bytes, show_bytes),
    key!(slow, duration_or_off, units::show_duration),
    key!(cache_max_bytes, bytes, show_bytes),
    key!(cache_default_ttl, duration_or_off, units::show_duration),
    key!(cache_key_prefix, |text: &str| Ok::<_, String>(text.to_owned()), show_key_prefix),
    key!(cache_max_key_length, bytes, show_bytes),
    key!(cache_compression_threshold, bytes, show_bytes),
    key!(cache_warm_up, on_or_off, show_on_or_off),
    key!(cache_debug_headers, on_or_off, show_on_or_off),
    key!(duration_buckets, numbers, show_numbers, list),
];

fn addr(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "not an IP address with a port, such as 127.0.0.1:3000 or [::]:3000".to_owned())
}

pub(super) fn duration_or_off(text: &str) -> Result<Option<Duration>, String> {
    match text {
        "off" => Ok(None),
        text => match units::duration(text) {
            Some(Duration::ZERO) => Err("zero; a duration is positive, and `off` is none".to_owned()),
            Some(duration) => Ok(Some(duration)),
            None => Err("not a duration such as `2` (seconds), `250ms`, `5m`, `1h30m`, and not `off`".to_owned()),
        },
    }
}

pub(super) fn bytes(text: &str) -> Result<u64, String> {
    units::bytes(text).ok_or_else(|| "not a size such as `65536` (bytes), `64KiB`, `1MiB`".to_owned())
}

pub(super) fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err("not `on` and not `off`".to_owned()),
    }
}

pub(super) fn show_on_or_off(on: &bool) -> String {
    if *on { "on" } else { "off" }.to_owned()
}

#[expect(clippy::ptr_arg, reason = "it is given the field as it is")]
fn show_key_prefix(prefix: &String) -> String {
    if prefix.is_empty() { "none".to_owned() } else { prefix.clone() }
}

fn role(text: &str) -> Result<Option<String>, String> {
    if text.trim().is_empty() { Err("no name of a role".to_owned()) } else { Ok(Some(text.to_owned())) }
}

#[expect(clippy::ref_option, reason = "it is given the field as it is")]
fn show_role(role: &Option<String>) -> String {
    role.clone().unwrap_or_else(|| "none".to_owned())
}

fn header_names(text: &str) -> Result<Vec<HeaderName>, String> {
    let names = text.split(',').map(|name| name.trim().parse().map_err(|_| format!("`{name}` is no name of a header")));
    names.collect()
}

#[expect(clippy::ptr_arg, reason = "it is given the field as it is")]
fn show_header_names(names: &Vec<HeaderName>) -> String {
    let names: Vec<&str> = names.iter().map(HeaderName::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn numbers(text: &str) -> Result<Vec<f64>, String> {
    let numbers: Result<_, _> = text.split(',').map(|number| number.trim().parse()).collect();
    numbers.map_err(|_| "not a list of numbers such as `0.1, 0.5, 1`".to_owned())
}

pub(super) fn show_bytes(bytes: &u64) -> String {
    units::Bytes(*bytes).to_string()
}

fn show_secret(secret: &Option<Secret>) -> String {
    secret.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
}

#[expect(clippy::ptr_arg, reason = "it is given the field as it is")]
fn show_numbers(numbers: &Vec<f64>) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
