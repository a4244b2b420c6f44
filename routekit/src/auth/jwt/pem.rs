//! The public key in a PEM file (RFC 7468).

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{
    algorithm::{Algorithm, Scheme},
    der::{BIT_STRING, OBJECT_IDENTIFIER, SEQUENCE, element},
    public_key::PublicKey,
};

/// Object identifiers in DER, without tag and length.
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const ID_RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
const ID_EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const P384: &[u8] = &[0x2b, 0x81, 4, 0, 34];
const ID_ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const ID_SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const ID_SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
const ID_SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];

const HASH_ALGORITHM: u8 = 0xa0;

/// Reads the first block of a PEM file: `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`.
///
/// `Err` is a message that does not quote the file.
pub(super) fn read(algorithm: Algorithm, pem: &[u8]) -> Result<PublicKey, String> {
    let block = Block::first(pem)?;
    if block.label == "RSA PUBLIC KEY" {
        return match algorithm.scheme() {
            Scheme::Rsa(parameters) => PublicKey::pkcs1(parameters, &block.der),
            _ => Err(format!("this is an RSA key, not a key for {algorithm:?}")),
        };
    }
    let info = find(&block.der, 0).ok_or(format!("this is not a public key for {algorithm:?}"))?;
    match (algorithm.scheme(), info.kind()) {
        (Scheme::Rsa(parameters), KeyKind::Rsa) => PublicKey::pkcs1(parameters, info.key),
        (Scheme::Rsa(parameters), KeyKind::RsaPss) => match check_pss(algorithm, info.parameters) {
            Ok(()) => PublicKey::pkcs1(parameters, info.key),
            Err(usable) => Err(format!("this key is for {usable} only (RFC 4055 §3.1), not for {algorithm:?}")),
        },
        (Scheme::Ec(scheme), KeyKind::P256 | KeyKind::P384) if info.kind() == KeyKind::of(algorithm) => {
            PublicKey::point(scheme, info.key.to_vec())
        }
        (Scheme::Ed25519, KeyKind::Ed25519) => PublicKey::ed25519(info.key.to_vec()),
        (_, kind) => Err(format!("this is {}, not a key for {algorithm:?}", kind.name())),
    }
}

/// A block of a PEM file (RFC 7468 §2).
struct Block<'a> {
    label: &'a str,
    der: Vec<u8>,
}

impl<'a> Block<'a> {
    fn first(pem: &'a [u8]) -> Result<Self, String> {
        const NO_PEM: &str = "not a PEM file: it has no line `-----BEGIN …`; is it a file name?";
        let text = str::from_utf8(pem).map_err(|_| NO_PEM)?;
        let (_, text) = text.split_once("-----BEGIN ").ok_or(NO_PEM)?;
        let parts = text.split_once("-----").and_then(|(label, rest)| Some((label, rest.split_once("-----END ")?.0)));
        let (label, body) = parts.ok_or("the PEM file is cut off: it has no line `-----END …`")?;
        let body: String = body.split_ascii_whitespace().collect();
        let der = BASE64_STANDARD.decode(body).map_err(|_| "the PEM file is damaged: its text is not base64")?;
        Ok(Self { label, der })
    }
}

/// The kind of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    RsaPss,
    P256,
    P384,
    Ed25519,
    Other,
}

impl KeyKind {
    /// The kind of key that an elliptic curve's algorithm takes.
    fn of(algorithm: Algorithm) -> Self {
        if algorithm == Algorithm::ES384 { Self::P384 } else { Self::P256 }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rsa | Self::RsaPss => "an RSA key",
            Self::P256 => "a key of the curve P-256",
            Self::P384 => "a key of the curve P-384",
            Self::Ed25519 => "an Ed25519 key",
            Self::Other => "a key of a kind that is not supported",
        }
    }
}

/// A `SubjectPublicKeyInfo` (RFC 5280 §4.1).
struct PublicKeyInfo<'a> {
    algorithm: &'a [u8],
    parameters: &'a [u8],
    key: &'a [u8],
}

impl<'a> PublicKeyInfo<'a> {
    fn parse(content: &'a [u8]) -> Option<Self> {
        let (SEQUENCE, algorithm, rest) = element(content)? else { return None };
        let (OBJECT_IDENTIFIER, algorithm, parameters) = element(algorithm)? else { return None };
        // The first byte of a bit string is the number of its unused bits.
        let (BIT_STRING, [0, key @ ..], []) = element(rest)? else { return None };
        Some(Self { algorithm, parameters, key })
    }

    fn kind(&self) -> KeyKind {
        match self.algorithm {
            RSA_ENCRYPTION => KeyKind::Rsa,
            ID_RSASSA_PSS => KeyKind::RsaPss,
            ID_ED25519 => KeyKind::Ed25519,
            // A named curve (RFC 5480 §2.1.1).
            ID_EC_PUBLIC_KEY => match element(self.parameters) {
                Some((OBJECT_IDENTIFIER, P256, _)) => KeyKind::P256,
                Some((OBJECT_IDENTIFIER, P384, _)) => KeyKind::P384,
                _ => KeyKind::Other,
            },
            _ => KeyKind::Other,
        }
    }
}

/// A certificate's key is three levels deep.
const MAX_DEPTH: usize = 4;

/// The first public key of a public key file or a certificate.
fn find(mut der: &[u8], depth: usize) -> Option<PublicKeyInfo<'_>> {
    while let Some((tag, content, rest)) = element(der) {
        if tag == SEQUENCE
            && depth < MAX_DEPTH
            && let Some(found) = PublicKeyInfo::parse(content).or_else(|| find(content, depth + 1))
        {
            return Some(found);
        }
        der = rest;
    }
    None
}

/// Whether a key that is for RSA-PSS only may be used (RFC 4055 §3.1). `Err` names the algorithms that it is for.
fn check_pss(algorithm: Algorithm, parameters: &[u8]) -> Result<(), &'static str> {
    let is_pss = matches!(algorithm, Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512);
    let Some((SEQUENCE, parameters, _)) = element(parameters) else {
        return if is_pss { Ok(()) } else { Err("PS256, PS384 and PS512") };
    };
    // The hash is SHA-1 if it is not named.
    let hash = match element(parameters) {
        Some((HASH_ALGORITHM, hash, _)) => match element(hash).and_then(|(_, hash, _)| element(hash)) {
            Some((OBJECT_IDENTIFIER, name, _)) => name,
            _ => &[],
        },
        _ => &[],
    };
    let (only, name) = match hash {
        ID_SHA256 => (Algorithm::PS256, "PS256"),
        ID_SHA384 => (Algorithm::PS384, "PS384"),
        ID_SHA512 => (Algorithm::PS512, "PS512"),
        _ => return Err("another hash than SHA-256, SHA-384 or SHA-512"),
    };
    if algorithm == only { Ok(()) } else { Err(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `openssl genpkey -algorithm RSA-PSS`: without parameters.
    const ANY_HASH: &str = "-----BEGIN PUBLIC KEY-----\n\
        MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBANFT5cLII4RP9iWsjxD55kzG\n\
        h7BL8Tvwe0QXgaIGFaHWJhFqGKd6GrGmaPXwvUG7KadOAeCk6X4nGS/Wzeeb4f81\n\
        zLnnizRrHcaj6G4YmvgTHPB9HRfCelfZwX68aw5sxNXsiemwKmBhEmIsK6lPxIWe\n\
        3rJvBDABTtSJJCQKbKsFDljzgOGhlfH4VZoefsHXbx6vvvR2/FbEgmFcai15AdbN\n\
        YfDz92UCtHL3JUCMxH/2Aai0Ft9yO6KLPTxNJ/tLX9lIzDQzjNcPvFpXwmKTmMVs\n\
        R+IzTziiv4B1WJzI1+viaPItotic0eqJ6x4TvNU/uvOKBVEgXuqjH5Hb/i68/bMC\n\
        AwEAAQ==\n\
        -----END PUBLIC KEY-----\n";

    /// `-pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_mgf1_md:sha256`.
    const SHA256: &str = "-----BEGIN PUBLIC KEY-----\n\
        MIIBVjBBBgkqhkiG9w0BAQowNKAPMA0GCWCGSAFlAwQCAQUAoRwwGgYJKoZIhvcN\n\
        AQEIMA0GCWCGSAFlAwQCAQUAogMCASADggEPADCCAQoCggEBAOEMVXvCXoGcbt3L\n\
        YFpkzKUMOEiY6h8Kj7/AX50F+J68YZQ9pell0ZGrjLPeFgYNz6nf5QoUHXbbF+Hb\n\
        Pdl5hZcWJa1dCIwzxsJ6RAmSqPjPjm7YceK0GO6sehwrSuULp6w73L8FHp47QlCA\n\
        RBgn4HRPU6K15tC0VEf3WYyUmfH8l9I7wROG8z+Z1yNnaJtDC3T4it7WcHnGWvWy\n\
        vJKO5gcHl3GGsSEHrQ6gNmp6CrHYzmG8SiqYPVUcVb/BtirAvv6Ybh4GHQ8SSdDH\n\
        KS/bcJ2T9AgmWjDyDeGOWhnqKm3DJU84hsuhAYuTJdXv7+maNrTL3vOU6IXv6Y7H\n\
        /3O9hssCAwEAAQ==\n\
        -----END PUBLIC KEY-----\n";

    /// A self-signed certificate of a key for SHA-256.
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIDlzCCAkugAwIBAgIUV3bUDcA9ikZf3wlknmqwxf/CTpQwQQYJKoZIhvcNAQEK\n\
        MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEF\n\
        AKIDAgEgMAwxCjAIBgNVBAMMAXgwIBcNMjYxMTI5MTkwODIxWhgPMjEyNjExMDUx\n\
        OTA4MjFaMAwxCjAIBgNVBAMMAXgwggFWMEEGCSqGSIb3DQEBCjA0oA8wDQYJYIZI\n\
        AWUDBAIBBQChHDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUDBAIBBQCiAwIBIAOCAQ8A\n\
        MIIBCgKCAQEA4QxVe8JegZxu3ctgWmTMpQw4SJjqHwqPv8BfnQX4nrxhlD2l6WXR\n\
        kauMs94WBg3Pqd/lChQddtsX4ds92XmFlxYlrV0IjDPGwnpECZKo+M+Obthx4rQY\n\
        7qx6HCtK5QunrDvcvwUenjtCUIBEGCfgdE9TorXm0LRUR/dZjJSZ8fyX0jvBE4bz\n\
        P5nXI2dom0MLdPiK3tZwecZa9bK8ko7mBweXcYaxIQetDqA2anoKsdjOYbxKKpg9\n\
        VRxVv8G2KsC+/phuHgYdDxJJ0McpL9twnZP0CCZaMPIN4Y5aGeoqbcMlTziGy6EB\n\
        i5Ml1e/v6Zo2tMve85Tohe/pjsf/c72GywIDAQABo1MwUTAdBgNVHQ4EFgQUbHmj\n\
        JlqXK9+DzeTCD+KlAb/qCqQwHwYDVR0jBBgwFoAUbHmjJlqXK9+DzeTCD+KlAb/q\n\
        CqQwDwYDVR0TAQH/BAUwAwEB/zBBBgkqhkiG9w0BAQowNKAPMA0GCWCGSAFlAwQC\n\
        AQUAoRwwGgYJKoZIhvcNAQEIMA0GCWCGSAFlAwQCAQUAogMCASADggEBAISHxpMR\n\
        wKso/xYRozkrB9p2L7eTMA1dODEkhesjvPjyOCV2HYA/gj0r+BkrM/9oJuNJ2157\n\
        hb7FnnpeFU8gJmBcIxQTuWum3ZpPxwAn8zq1YIvs2UDvAT+ARWsHm8F/ZOKyEx9X\n\
        rpFAV5OXCDUDxBg5OpmEJoz84EruVg+kF8BDasyXLvNm5fLDUSgUxys3F6dczTdm\n\
        meYnnn8fUwBqMqpWBLlu3/EkxV7aXRJurAvHehcE+3luzLMmLv1g2vrgiolatahs\n\
        muZF5Zf/o065K4KmAqdmKPufE2OjC0BYyUd8tPv/qn80EcLjrL1dN23Xy5IGiOGS\n\
        em3aGTP643QmTbM=\n\
        -----END CERTIFICATE-----\n";

    #[test]
    fn keys_for_pss_are_used_for_pss_only() {
        let rsa = include_str!("../../docs/rsa-public.pem");
        for (name, pem, algorithm, expected) in [
            ("any hash", ANY_HASH, Algorithm::PS256, true),
            ("any hash, another algorithm", ANY_HASH, Algorithm::PS512, true),
            ("any hash, not PSS", ANY_HASH, Algorithm::RS256, false),
            ("its hash", SHA256, Algorithm::PS256, true),
            ("another hash", SHA256, Algorithm::PS384, false),
            ("its hash, not PSS", SHA256, Algorithm::RS256, false),
            ("a certificate", CERTIFICATE, Algorithm::PS256, true),
            ("a certificate, another hash", CERTIFICATE, Algorithm::PS512, false),
            ("a plain RSA key", rsa, Algorithm::PS256, true),
        ] {
            let key = read(algorithm, pem.as_bytes());
            assert_eq!(key.is_ok(), expected, "{name}: {:?}", key.err());
        }
    }

    #[test]
    fn der_that_is_cut_off_is_no_key() {
        let der = Block::first(SHA256.as_bytes()).unwrap().der;
        for length in 0..der.len() {
            assert!(find(&der[..length], 0).is_none(), "{length}");
        }
        assert!(find(&der, 0).is_some());
    }
}
