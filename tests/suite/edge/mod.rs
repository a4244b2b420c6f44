//! The policies between an app and its clients on the web.

mod browser;
mod compression;
mod cors;
mod csrf;
mod decompression;
mod malformed;
mod security_headers;

use routekit::config::Config;

/// The configuration in this file.
fn config(file: &str) -> Config {
    Config::builder().toml("routekit.toml", file).build().unwrap()
}

/// The problems of this file, as text.
fn problems(file: &str) -> String {
    Config::builder().toml("routekit.toml", file).build().unwrap_err().to_string()
}
