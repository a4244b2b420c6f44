//! Wrong variables: each is named, with an example.

use super::{issued, production};
use crate::process::refused;

#[test]
fn each_wrong_variable_is_named_with_an_example() {
    for (name, example) in [
        ("HOST", "HOST=127.0.0.1"),
        ("PORT", "PORT=3000"),
        ("LOG_LEVEL", "LOG_LEVEL=debug"),
        ("REDIS_URL", "REDIS_URL=redis://127.0.0.1:6379"),
        ("DATABASE_URL", "DATABASE_URL=postgres://user:password@host/database"),
        ("DATABASE_MAX_CONN", "DATABASE_MAX_CONN=10"),
        ("ALLOWED_ORIGINS", "ALLOWED_ORIGINS=https://app.example.com"),
        ("JWT_SECRET", "JWT_SECRET=$(openssl rand -hex 32)"),
        ("RATE_LIMIT_MAX", "RATE_LIMIT_MAX=100"),
        ("RATE_LIMIT_WINDOW", "RATE_LIMIT_WINDOW=1h"),
        ("AUTH_SERVICE_URL", "AUTH_SERVICE_URL=http://auth.example.com"),
    ] {
        for (wrong, what) in [("hunter2", "cannot be used"), ("", "is empty")] {
            let text = refused(issued().env(name, wrong));
            assert!(text.contains(&format!("\n  {name} {what}: ")) && text.contains(example), "{name}: {text}");
            assert!(!text.contains("hunter2"), "values may be secret: {text}");
        }
    }
    let text = refused(issued().env("JWT_ISSUER", ""));
    assert!(text.contains("JWT_ISSUER is empty"), "{text}");
}

#[test]
fn wrong_variables_are_reported_together() {
    let text = refused(production().env("PORT", "x").env("RATE_LIMIT_WINDOW", "soon").env("JWT_SECRET", ""));
    assert!(text.starts_with("Error: 3 variables of the environment are wrong:\n  "), "{text}");
    for name in ["PORT", "RATE_LIMIT_WINDOW", "JWT_SECRET"] {
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn an_issuer_is_needed_on_other_addresses_than_loopback() {
    let text = refused(production().env("HOST", "0.0.0.0"));
    assert!(text.contains("JWT_SECRET is missing: set it as in JWT_SECRET=$(openssl rand -hex 32)"), "{text}");
    assert!(text.contains("JWT_ISSUER is missing"), "{text}");
    let text = refused(issued().env_remove("DATABASE_URL"));
    assert!(text.contains("DATABASE_URL is missing"), "{text}");
    let text = refused(issued().env_remove("JWT_ISSUER"));
    assert!(text.contains("JWT_ISSUER is missing: set it as in JWT_ISSUER=https://login.example.com"), "{text}");
}

#[test]
fn an_unusable_database_url_is_named_without_its_password() {
    let text = refused(issued().env("DATABASE_URL", "mysql://user:hunter2@host/database"));
    assert!(text.contains("DATABASE_URL") && !text.contains("hunter2"), "{text}");
}
