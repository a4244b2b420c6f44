//! RSA keys for RSA-PSS only (`id-RSASSA-PSS`, RFC 4055 §3.1), which `jsonwebtoken` does not read.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::algorithm::Algorithm;

/// Object identifiers in DER, without tag and length.
const ID_RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
const ID_SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const ID_SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
const ID_SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const BIT_STRING: u8 = 0x03;
const HASH_ALGORITHM: u8 = 0xa0;

/// Returns the PKCS #1 form of the key in a public key or certificate in PEM format, if the key is for RSA-PSS only.
///
/// `Some(Err)` if such a key must not be used with `algorithm`.
pub(super) fn rsa_public_key(algorithm: Algorithm, pem: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let der = decode(pem)?;
    let (parameters, key) = find(&der, 0)?;
    Some(match check(algorithm, parameters) {
        Ok(()) => Ok(key.to_vec()),
        Err(usable) => Err(format!("this key is for {usable} only (RFC 4055 §3.1), not for {algorithm:?}")),
    })
}

/// `Err` names the algorithms that the key is for.
fn check(algorithm: Algorithm, parameters: &[u8]) -> Result<(), &'static str> {
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

/// The bytes of the first block of a PEM file (RFC 7468 §2).
fn decode(pem: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(pem).ok()?;
    let (_, body) = text.split_once("-----BEGIN ")?;
    let (_, body) = body.split_once("-----")?;
    let (body, _) = body.split_once("-----END ")?;
    let body: String = body.split_ascii_whitespace().collect();
    BASE64_STANDARD.decode(body).ok()
}

/// A certificate's key is three levels deep.
const MAX_DEPTH: usize = 4;

/// The parameters and the key of the first `SubjectPublicKeyInfo` for RSA-PSS (RFC 5280 §4.1).
fn find(mut der: &[u8], depth: usize) -> Option<(&[u8], &[u8])> {
    while let Some((tag, content, rest)) = element(der) {
        if tag == SEQUENCE
            && depth < MAX_DEPTH
            && let Some(found) = public_key_info(content).or_else(|| find(content, depth + 1))
        {
            return Some(found);
        }
        der = rest;
    }
    None
}

fn public_key_info(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let (SEQUENCE, algorithm, rest) = element(content)? else { return None };
    let (OBJECT_IDENTIFIER, ID_RSASSA_PSS, parameters) = element(algorithm)? else { return None };
    // The first byte of a bit string is the number of its unused bits.
    let (BIT_STRING, [0, key @ ..], []) = element(rest)? else { return None };
    Some((parameters, key))
}

/// Splits off the first element of DER: its tag, its content, and the rest.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, first, rest @ ..] = der else { return None };
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        // Two bytes of length are enough for 64 KiB.
        0x81..=0x82 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
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
            ("any hash", ANY_HASH, Algorithm::PS256, Some(true)),
            ("any hash, another algorithm", ANY_HASH, Algorithm::PS512, Some(true)),
            ("any hash, not PSS", ANY_HASH, Algorithm::RS256, Some(false)),
            ("its hash", SHA256, Algorithm::PS256, Some(true)),
            ("another hash", SHA256, Algorithm::PS384, Some(false)),
            ("its hash, not PSS", SHA256, Algorithm::RS256, Some(false)),
            ("a certificate", CERTIFICATE, Algorithm::PS256, Some(true)),
            ("a certificate, another hash", CERTIFICATE, Algorithm::PS512, Some(false)),
            ("a plain RSA key", rsa, Algorithm::PS256, None),
            ("no PEM", "hunter2", Algorithm::PS256, None),
            ("no base64", "-----BEGIN PUBLIC KEY-----\n%\n-----END PUBLIC KEY-----", Algorithm::PS256, None),
        ] {
            let key = rsa_public_key(algorithm, pem.as_bytes());
            assert_eq!(key.as_ref().map(Result::is_ok), expected, "{name}: {key:?}");
        }
    }

    #[test]
    fn der_that_is_cut_off_is_no_key() {
        let der = decode(SHA256.as_bytes()).unwrap();
        for length in 0..der.len() {
            assert!(find(&der[..length], 0).is_none(), "{length}");
        }
        assert!(find(&der, 0).is_some());
        assert!(find(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff], 0).is_none());
    }
}
