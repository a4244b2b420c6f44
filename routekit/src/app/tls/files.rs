//! The files of a certificate and of its key.

use std::{fs, path::PathBuf};

use rustls::{
    Error,
    crypto::ring::sign::any_supported_type,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};

/// The paths of both files.
#[derive(Debug)]
pub(super) struct CertificateFiles {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// What both files held when they were read, or why one cannot be read.
pub(super) struct FileContents {
    certificate: Result<Vec<u8>, String>,
    key: Result<Vec<u8>, String>,
}

/// Why a pair of files cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileFault {
    pub(super) file: PemFile,
    pub(super) reason: String,
}

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PemFile {
    Certificate,
    Key,
}

impl CertificateFiles {
    /// Reads both files. Blocks the thread.
    pub(super) fn read(&self) -> FileContents {
        let [certificate, key] = [&self.certificate, &self.key]
            .map(|file| fs::read(file).map_err(|error| format!("the file cannot be read: {error}")));
        FileContents { certificate, key }
    }

    /// Returns the certificate with its key, or everything that is wrong with the two.
    pub(super) fn parse(&self, contents: &FileContents) -> Result<CertifiedKey, Vec<FileFault>> {
        let fault = |file| move |reason| FileFault { file, reason };
        let chain = contents.certificate.as_ref().map_err(Clone::clone).and_then(|pem| chain(pem));
        let key = contents.key.as_ref().map_err(Clone::clone).and_then(|pem| private_key(pem));
        let (chain, key) = match (chain.map_err(fault(PemFile::Certificate)), key.map_err(fault(PemFile::Key))) {
            (Ok(chain), Ok(key)) => (chain, key),
            (chain, key) => return Err(chain.err().into_iter().chain(key.err()).collect()),
        };
        let unusable = "its private key is no RSA, ECDSA or Ed25519 key that TLS can use";
        let key = any_supported_type(&key).map_err(|_| vec![fault(PemFile::Key)(unusable.to_owned())])?;
        let pair = CertifiedKey::new(chain, key);
        match pair.keys_match() {
            Ok(()) => Ok(pair),
            Err(Error::InconsistentKeys(_)) => {
                let certificate = self.certificate.display();
                let reason = format!("the key does not belong to the first certificate in `{certificate}`");
                Err(vec![fault(PemFile::Key)(reason)])
            }
            Err(error) => {
                Err(vec![fault(PemFile::Certificate)(format!("its first certificate cannot be used: {error}"))])
            }
        }
    }

    /// Returns the path of one of the files.
    pub(super) fn path(&self, file: PemFile) -> &PathBuf {
        match file {
            PemFile::Certificate => &self.certificate,
            PemFile::Key => &self.key,
        }
    }
}

impl FileContents {
    /// Returns a digest of everything that was read, so that the key is not kept in memory once more.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for file in [&self.certificate, &self.key] {
            let bytes = match file {
                Ok(bytes) => bytes,
                Err(reason) => reason.as_bytes(),
            };
            digest.update([u8::from(file.is_ok())]);
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        }
        digest.finalize().into()
    }
}

/// The certificates of a file, the server's first.
fn chain(file: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(file).collect::<Result<_, _>>().map_err(|error| not_pem(&error))?;
    if chain.is_empty() { Err("the file contains no certificate in PEM".to_owned()) } else { Ok(chain) }
}

/// The first private key of a file.
fn private_key(file: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    const ENCRYPTED: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";
    PrivateKeyDer::from_pem_slice(file).map_err(|error| match error {
        pem::Error::NoItemsFound if file.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED) => {
            "the private key is encrypted; the file must contain it in clear".to_owned()
        }
        pem::Error::NoItemsFound => "the file contains no private key in PEM".to_owned(),
        error => not_pem(&error),
    })
}

fn not_pem(error: &pem::Error) -> String {
    format!("the file is not valid PEM: {error}")
}
