//! The certificate of the main listener.
//!
//! 1. `files` reads the files of the certificate and of its key, and checks that the two belong together.
//! 2. `certificate` holds the pair that is in use. Each handshake loads it; open connections are not affected by a
//!    change.
//! 3. `load` reads the pair when the app starts. A pair that cannot be used keeps the app from starting.
//! 4. `watch` reads the files again every 10 seconds. A pair that cannot be used then leaves the old one in use.
//! 5. Without the feature `tls` there is no certificate (`disabled`).
//!
//! The handshakes are in `server/tls`.

#[cfg(feature = "tls")]
mod certificate;
#[cfg(not(feature = "tls"))]
mod disabled;
#[cfg(feature = "tls")]
mod files;
#[cfg(feature = "tls")]
mod load;
#[cfg(feature = "tls")]
mod watch;

#[cfg(not(feature = "tls"))]
pub(super) use self::disabled::{ServerCertificate, load};
#[cfg(feature = "tls")]
pub(super) use self::{certificate::ServerCertificate, load::load};
