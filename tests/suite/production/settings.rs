//! Wrong variables: each is named, with an example.

use super::{issued, production};
use crate::process::refused;

#[test]
fn each_wrong_variable_is_named_with_an_example() {
    for (name, wrong, example) in [
        ("HOST", "localhost", "HOST=0.0.0.0"),
        ("PORT", "http", "PORT=3000"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL=debug"),
        ("REDIS_URL", "", "REDIS_URL=redis://127.0.0.1:6379"),
        ("DATABASE_URL", "", "DATABASE_URL=postgres://user:password@host/database"),
        ("DATABASE_MAX_CONN", "ten", "DATABASE_MAX_CONN=10"),
        ("ALLOWED_ORIGINS", "", "ALLOWED_ORIGINS=https://app.example.com"),
        ("JWT_SECRET", "short", "JWT_SECRET=$(openssl rand -hex 32)"),
        ("JWT_ISSUER", "", "JWT_ISSUER=https://login.example.com"),
        ("RATE_LIMIT_MAX", "many", "RATE_LIMIT_MAX=100"),
        ("AUTH_SERVICE_URL", "auth:80", "AUTH_SERVICE_URL=http://auth.example.com"),
    ] {
        let text = refused(issued().env(name, wrong));
        assert!(text.contains(&format!("\n  {name} ")) && text.contains(example), "{name}: {text}");
        assert!(wrong.is_empty() || !text.contains(&format!("{wrong}\n")), "values may be secret: {text}");
    }
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
    let text = refused(issued().env_remove("JWT_ISSUER"));
    assert!(text.contains("JWT_ISSUER is missing: set it as in JWT_ISSUER=https://login.example.com"), "{text}");
}

#[test]
fn an_unusable_database_url_is_named_without_its_password() {
    let text = refused(issued().env("DATABASE_URL", "mysql://user:hunter2@host/database"));
    assert!(text.contains("DATABASE_URL") && !text.contains("hunter2"), "{text}");
}
