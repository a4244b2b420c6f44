//! Start-up errors.

use std::fs;

use routekit::{Error, config::Config, prelude::*};
use tokio::net::TcpListener;

use super::{TestFiles, TestPair, version};
use crate::process;

/// Serves with this configuration, which must fail.
async fn refused(config: Config) -> Error {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app = App::with_routes(routes![version]).config(config);
    app.serve_on(listener, std::future::ready(())).await.expect_err("it does not start")
}

#[tokio::test]
async fn files_that_cannot_be_used_are_startup_errors_with_key_file_and_cause() {
    let (pair, other) = (TestPair::new(), TestPair::new());
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let not_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let not_a_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let files = TestFiles::new("setup");
    let (certificate, key) = (files.certificate.display().to_string(), files.key.display().to_string());
    let in_certificate =
        |reason: &str| format!("`server.tls_certificate` in routekit.toml is `{certificate}`: {reason}");
    let in_key = |reason: &str| format!("`server.tls_key` in routekit.toml is `{key}`: {reason}");
    let missing = "the file cannot be read: No such file or directory (os error 2)";
    for (name, certificate, key, expected) in [
        ("no file", None, None, vec![in_certificate(missing), in_key(missing)]),
        (
            "another key",
            Some(&*pair.certificate),
            Some(&*other.key),
            vec![in_key(&format!("the key does not belong to the first certificate in `{certificate}`"))],
        ),
        (
            "no certificate",
            Some(&pair.key),
            Some(&pair.key),
            vec![in_certificate("the file contains no certificate in PEM")],
        ),
        (
            "no key",
            Some(&pair.certificate),
            Some(&pair.certificate),
            vec![in_key("the file contains no private key in PEM")],
        ),
        (
            "an encrypted key",
            Some(&pair.certificate),
            Some(encrypted),
            vec![in_key("the private key is encrypted; the file must contain it in clear")],
        ),
        (
            "no DER",
            Some(not_der),
            Some(&pair.key),
            vec![in_certificate("its first certificate cannot be used: invalid peer certificate: BadEncoding")],
        ),
        (
            "no key in it",
            Some(&pair.certificate),
            Some(not_a_key),
            vec![in_key("its private key is no RSA, ECDSA or Ed25519 key that TLS can use")],
        ),
    ] {
        for (file, content) in [(&files.certificate, certificate), (&files.key, key)] {
            let _ = fs::remove_file(file);
            content.iter().for_each(|content| fs::write(file, content).unwrap());
        }
        let error = refused(files.config()).await;
        let found: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{name}");
        assert!(error.problems().iter().all(|problem| problem.code() == "invalid-setting"), "{name}");
    }
}

#[tokio::test]
async fn garbage_in_both_files_is_two_problems() {
    let files = TestFiles::new("garbage");
    for content in [&b"garbage"[..], b"", b"\xff\xfe\0", b"-----BEGIN CERTIFICATE-----\n%%%\n"] {
        fs::write(&files.certificate, content).unwrap();
        fs::write(&files.key, content).unwrap();
        let error = refused(files.config()).await;
        assert_eq!(error.problems().len(), 2, "{content:?}: {error}");
    }
}

#[tokio::test]
async fn settings_that_need_each_other_are_startup_errors() {
    for (variables, expected) in [
        (
            &[("ROUTEKIT_SERVER_TLS_KEY", "tls.key")][..],
            "ROUTEKIT_SERVER_TLS_KEY is `tls.key`: HTTPS also needs its certificate: set `server.tls_certificate`",
        ),
        (
            &[("ROUTEKIT_SERVER_TLS_CERTIFICATE", "tls.crt")],
            "ROUTEKIT_SERVER_TLS_CERTIFICATE is `tls.crt`: HTTPS also needs its key: set `server.tls_key`",
        ),
        (
            &[("ROUTEKIT_SERVER_REDIRECT_ADDR", "127.0.0.1:80")],
            "ROUTEKIT_SERVER_REDIRECT_ADDR is `127.0.0.1:80`: the app does not serve HTTPS: set \
             `server.tls_certificate` and `server.tls_key`",
        ),
    ] {
        let builder =
            variables.iter().fold(Config::builder(), |builder, (name, value)| builder.variable(*name, *value));
        let error = refused(builder.build().unwrap()).await;
        let found: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
        assert_eq!(found, [expected]);
    }
}

#[tokio::test]
async fn second_check_with_the_name_of_the_certificate_is_a_startup_error() {
    let files = TestFiles::new("named");
    files.write(&TestPair::new());
    let check = routekit::health::HealthCheck::new("tls-certificate", async || Ok::<_, String>(()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app = App::with_routes(routes![version]).config(files.config()).health(check);
    let error = app.serve_on(listener, std::future::ready(())).await.unwrap_err();
    let expected = "the name of the health check `tls-certificate` at tests/suite/tls/setup.rs:";
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn router_of_a_server_of_its_own_needs_no_files() {
    let files = TestFiles::new("router");
    let _router = App::with_routes(routes![version]).config(files.config()).into_router().unwrap();
}

#[test]
fn settings_without_the_feature_are_startup_errors_that_name_it() {
    let settings = [("TLS_CERTIFICATE", "tls.crt"), ("TLS_KEY", "tls.key"), ("REDIRECT_ADDR", "127.0.0.1:0")];
    let mut program = process::quickstart();
    for (name, value) in settings {
        program.env(format!("ROUTEKIT_SERVER_{name}"), value);
    }
    let text = process::refused(&mut program);
    for (name, value) in settings {
        let expected = format!(
            "ROUTEKIT_SERVER_{name} is `{value}`: needs the feature `tls` of the crate `routekit`, in Cargo.toml"
        );
        assert!(text.contains(&expected), "{text}");
    }
}
