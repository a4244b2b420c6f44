//! The certificate of the main listener.
//!
//! 1. `files` reads the files of the certificate and of its key, and checks that the two belong together.
//! 2. `certificate` holds the pair that is in use. Each handshake loads it; open connections are not affected by a
//!    change.
//! 3. `load` reads the pair when the app starts. A pair that cannot be used keeps the app from starting.
//! 4. `watch` reads the files again every 10 seconds. A pair that cannot be used then leaves the old one in use.
//!
//! The handshakes are in `server/tls`.

mod certificate;
mod files;
mod load;
mod watch;

pub(super) use self::{certificate::ServerCertificate, load::load};
