//! The files of [Swagger UI](https://github.com/swagger-api/swagger-ui) that a page needs, compressed with gzip.
//!
//! ```
//! use routekit_swagger_ui::{BUNDLE, VERSION};
//!
//! assert_eq!(BUNDLE.name, format!("swagger-ui-bundle-{VERSION}.js"));
//! assert!(BUNDLE.gzip.len() < BUNDLE.length / 3);
//! ```
//!
//! 1. They are those of the npm package `swagger-ui-dist`, byte for byte. `update` gets them: it checks what the
//!    registry says about the package, compresses, and writes the list of names, lengths and hashes.
//! 2. The name of a file holds the version, so that a client may keep what it has received under this name.
//! 3. The standalone preset is not among them: it is for a page that shows other documents too.
//! 4. The licences of Swagger UI and of what is in its bundle are beside the files, in `files/`.

mod list;

pub use self::list::{BUNDLE, FAVICON, STYLE, VERSION};

/// A file, as it is stored and as a page names it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct File {
    /// The name, with the version of Swagger UI.
    pub name: &'static str,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The content, compressed.
    pub gzip: &'static [u8],
    /// How many bytes the content has.
    pub length: usize,
    /// The SHA-256 of the content, as the attribute `integrity` has it: `sha256-` and base64.
    pub integrity: &'static str,
}

/// All files.
pub static FILES: [&File; 3] = [&STYLE, &BUNDLE, &FAVICON];
