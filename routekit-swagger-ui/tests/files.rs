//! The stored files are those of the list.

use std::{collections::BTreeSet, io::Read};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;
use routekit_swagger_ui::{FILES, VERSION};
use sha2::{Digest, Sha256};

#[test]
fn files_decompress_to_what_the_list_says() {
    for file in FILES {
        let mut content = Vec::new();
        GzDecoder::new(file.gzip).read_to_end(&mut content).unwrap();
        assert_eq!(content.len(), file.length, "{}", file.name);
        let hash = format!("sha256-{}", STANDARD.encode(Sha256::digest(&content)));
        assert_eq!(hash, file.integrity, "{}", file.name);
        // Neither a name (bit 3 of the flags) nor a time, so that `update` stores the same bytes each time.
        assert_eq!(file.gzip[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0], "{}", file.name);
    }
}

#[test]
fn names_differ_and_hold_the_version() {
    let names: BTreeSet<&str> = FILES.iter().map(|file| file.name).collect();
    assert_eq!(names.len(), FILES.len());
    assert!(names.iter().all(|name| name.contains(VERSION)), "{names:?}");
}
