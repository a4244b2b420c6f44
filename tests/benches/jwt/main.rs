//! The verification of a token, beside `jsonwebtoken`'s own `decode`: `cargo bench -p routekit-tests --bench jwt`.
//!
//! Ours goes from the request's header to an `Identity` with its claims, theirs from the token to a struct of the same
//! claims, with the same key, algorithm and checks. Both take turns in short rounds, so that a busy machine is busy for
//! both. The medians of the rounds are compared.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures and prints")]

use std::{hint::black_box, time::Instant};

use http::{Request, request::Parts};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use routekit::{
    Clock,
    auth::{
        Verifier,
        jwt::{Algorithm, Jwt, VerifyingKey},
    },
};
use rsa::{
    RsaPrivateKey,
    pkcs1::EncodeRsaPrivateKey,
    pkcs8::{EncodePublicKey, LineEnding},
};
use serde::Deserialize;
use serde_json::json;

const ROUNDS: usize = 101;
const ISSUER: &str = "https://login.example.com";
const AUDIENCE: &str = "orders";
const GOAL: f64 = 1.2;

/// The claims that a handler would read from the same token.
#[derive(Deserialize)]
#[expect(dead_code, reason = "what is read is what costs")]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: u64,
    iat: u64,
    jti: String,
    scope: String,
    roles: Vec<String>,
}

struct Case {
    name: &'static str,
    algorithm: jsonwebtoken::Algorithm,
    signing: EncodingKey,
    theirs: DecodingKey,
    ours: VerifyingKey,
    /// Tokens per round.
    tokens: u32,
}

fn cases() -> [Case; 3] {
    let secret = [7; 32];
    let rsa = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let public = rsa.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
    let ec = rcgen::KeyPair::generate().unwrap();
    [
        Case {
            name: "HS256",
            algorithm: jsonwebtoken::Algorithm::HS256,
            signing: EncodingKey::from_secret(&secret),
            theirs: DecodingKey::from_secret(&secret),
            ours: VerifyingKey::secret(Algorithm::HS256, secret),
            tokens: 2_000,
        },
        Case {
            name: "RS256",
            algorithm: jsonwebtoken::Algorithm::RS256,
            signing: EncodingKey::from_rsa_pem(rsa.to_pkcs1_pem(LineEnding::LF).unwrap().as_bytes()).unwrap(),
            theirs: DecodingKey::from_rsa_pem(public.as_bytes()).unwrap(),
            ours: VerifyingKey::pem(Algorithm::RS256, &public),
            tokens: 50,
        },
        Case {
            name: "ES256",
            algorithm: jsonwebtoken::Algorithm::ES256,
            signing: EncodingKey::from_ec_pem(ec.serialize_pem().as_bytes()).unwrap(),
            theirs: DecodingKey::from_ec_pem(ec.public_key_pem().as_bytes()).unwrap(),
            ours: VerifyingKey::pem(Algorithm::ES256, ec.public_key_pem()),
            tokens: 50,
        },
    ]
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    println!("{:8} {:>14} {:>14} {:>8}", "", "jsonwebtoken", "routekit", "ratio");
    let mut worst: f64 = 0.0;
    for Case { name, algorithm, signing, theirs, ours, tokens } in cases() {
        let now = Clock::system().unix_time().as_secs();
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "9f1c0a52-9f6c-4b6e-8a1c-0a529f6c4b6e",
            "exp": now + 3600, "iat": now, "jti": "c4b6e8a1-0a52-9f6c",
            "scope": "orders:read orders:write profile", "roles": ["member", "buyer"],
        });
        let token = encode(&Header::new(algorithm), &claims, &signing).unwrap();
        let mut validation = Validation::new(algorithm);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let ours = Jwt::new(ISSUER, AUDIENCE).key(ours);
        let (parts, ()) =
            Request::get("/orders").header("authorization", format!("Bearer {token}")).body(()).unwrap().into_parts();
        let (mut of_theirs, mut of_ours) = (Vec::new(), Vec::new());
        runtime.block_on(async {
            for _ in 0..ROUNDS {
                let start = Instant::now();
                for _ in 0..tokens {
                    black_box(decode::<Claims>(black_box(&token), &theirs, &validation).unwrap());
                }
                of_theirs.push(each(start, tokens));
                let start = Instant::now();
                for _ in 0..tokens {
                    black_box(verify(&ours, black_box(&parts)).await);
                }
                of_ours.push(each(start, tokens));
            }
        });
        let (theirs, ours) = (median(of_theirs), median(of_ours));
        worst = worst.max(ours / theirs);
        println!("{name:8} {theirs:11.0} ns {ours:11.0} ns {:8.2}", ours / theirs);
    }
    println!("goal: at most {GOAL}; worst: {worst:.2}");
    assert!(worst <= GOAL);
}

async fn verify(tokens: &Jwt, parts: &Parts) -> routekit::identity::Identity {
    let identity = tokens.verify(parts).await.unwrap().unwrap();
    assert!(identity.has_scope("orders:write"));
    identity
}

fn each(start: Instant, tokens: u32) -> f64 {
    start.elapsed().as_secs_f64() * 1e9 / f64::from(tokens)
}

fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}
