//! Public keys, checked when they are read.

use std::ops::RangeInclusive;

use ring::{
    agreement,
    rand::SystemRandom,
    signature::{ED25519, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey},
};

use super::{
    algorithm::EcScheme,
    der::{INTEGER, SEQUENCE, element},
};

/// A public key with the algorithm that it is for.
#[derive(Clone)]
pub(super) enum PublicKey {
    Rsa { parameters: &'static RsaParameters, n: Vec<u8>, e: Vec<u8> },
    Curve(UnparsedPublicKey<Vec<u8>>),
}

/// At least the minimum of RFC 7518 §3.3, at most what ring supports.
const RSA_BITS: RangeInclusive<usize> = 2048..=8192;
/// The size of a public key (RFC 8032 §5.1.5).
const ED25519_BYTES: usize = 32;

impl PublicKey {
    /// An RSA key in the form of PKCS #1 (RFC 8017 §A.1.1).
    pub(super) fn pkcs1(parameters: &'static RsaParameters, der: &[u8]) -> Result<Self, String> {
        let parse = || {
            let (SEQUENCE, numbers, []) = element(der)? else { return None };
            let (INTEGER, n, rest) = element(numbers)? else { return None };
            let (INTEGER, e, []) = element(rest)? else { return None };
            Some((n, e))
        };
        let (n, e) = parse().ok_or("the RSA key is malformed")?;
        Self::rsa(parameters, n, e)
    }

    /// An RSA key of a modulus and an exponent, as big-endian numbers.
    pub(super) fn rsa(parameters: &'static RsaParameters, n: &[u8], e: &[u8]) -> Result<Self, String> {
        check_rsa(n, e)?;
        // ring takes no zeros before a number.
        let number = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        Ok(Self::Rsa { parameters, n: number(n), e: number(e) })
    }

    /// A key on a curve, as an uncompressed point (SEC 1 §2.3.3).
    pub(super) fn point(scheme: &'static EcScheme, point: Vec<u8>) -> Result<Self, String> {
        check_point(scheme.agreement, &point)?;
        Ok(Self::Curve(UnparsedPublicKey::new(scheme.verification, point)))
    }

    pub(super) fn ed25519(key: Vec<u8>) -> Result<Self, String> {
        match key.len() {
            ED25519_BYTES => Ok(Self::Curve(UnparsedPublicKey::new(&ED25519, key))),
            other => Err(format!("an Ed25519 key has {ED25519_BYTES} bytes, this one {other}")),
        }
    }

    /// Whether `signature` is this key's signature of `message`.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa { parameters, n, e } => RsaPublicKeyComponents { n, e }.verify(parameters, message, signature),
            Self::Curve(key) => key.verify(message, signature),
        }
        .is_ok()
    }
}

fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), String> {
    let bits_of_n = bits(n);
    if !RSA_BITS.contains(&bits_of_n) {
        let (shortest, longest) = (RSA_BITS.start(), RSA_BITS.end());
        return Err(format!("an RSA key of {bits_of_n} bits; it must have {shortest} to {longest} (RFC 7518 §3.3)"));
    }
    // An exponent of 1 signs everything and an even one nothing. ring refuses exponents above 33 bits.
    if !(2..=33).contains(&bits(e)) || e.last().is_none_or(|last| last % 2 == 0) {
        return Err("an RSA key with an invalid exponent".to_owned());
    }
    Ok(())
}

/// Checks that a point is on its curve. ring checks it with each signature and in a key agreement, and only the
/// agreement says that the key is at fault.
fn check_point(agreement: &'static agreement::Algorithm, point: &[u8]) -> Result<(), String> {
    let agree = || {
        let ours = agreement::EphemeralPrivateKey::generate(agreement, &SystemRandom::new())?;
        agreement::agree_ephemeral(ours, &agreement::UnparsedPublicKey::new(agreement, point), |_| ())
    };
    agree().map_err(|_| "the key is not an uncompressed point of its curve".to_owned())
}

/// The number of bits of a big-endian number.
fn bits(number: &[u8]) -> usize {
    let Some(first) = number.iter().position(|byte| *byte != 0) else { return 0 };
    (number.len() - first) * 8 - number[first].leading_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_keys_need_a_sound_modulus_and_exponent() {
        let n = [[0x80].as_slice(), &[1; 255]].concat();
        for (name, n, e, sound) in [
            ("usual", &n[..], &[1, 0, 1][..], true),
            ("three", &n, &[3], true),
            ("zeros before it", &n, &[0, 0, 1, 0, 1], true),
            ("short", &n[1..], &[1, 0, 1], false),
            ("the longest", &n.repeat(4), &[1, 0, 1], true),
            ("long", &n.repeat(5), &[1, 0, 1], false),
            ("no exponent", &n, &[], false),
            ("one", &n, &[1], false),
            ("even", &n, &[1, 0, 0], false),
            ("a large exponent", &n, &[1, 0, 0, 0, 0, 0, 1], false),
        ] {
            assert_eq!(check_rsa(n, e).is_ok(), sound, "{name}");
        }
    }

    #[test]
    fn bits_ignore_leading_zeros() {
        for (number, expected) in [(&[] as &[u8], 0), (&[0, 0], 0), (&[1], 1), (&[0, 0x80, 0], 16), (&[0x7f, 0xff], 15)]
        {
            assert_eq!(bits(number), expected, "{number:?}");
        }
    }
}
