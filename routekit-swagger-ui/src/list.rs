//! What `update` has stored.

// swagger-ui-dist 5.35.0:
// sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==

use super::File;

/// The version of Swagger UI.
pub const VERSION: &str = "5.35.0";

/// The style sheet.
pub static STYLE: File = File {
    name: "swagger-ui-5.35.0.css",
    content_type: "text/css; charset=utf-8",
    gzip: include_bytes!("../files/swagger-ui.css.gz"),
    length: 187956,
    integrity: "sha256-XtCHV+U9o+Am1svsxh/l1DWFyVYLMC1TStVmklGaJz0=",
};

/// The script: it defines `SwaggerUIBundle`.
pub static BUNDLE: File = File {
    name: "swagger-ui-bundle-5.35.0.js",
    content_type: "text/javascript; charset=utf-8",
    gzip: include_bytes!("../files/swagger-ui-bundle.js.gz"),
    length: 1732839,
    integrity: "sha256-5qiYaS8tdo6AfDukYmBopposXdlg3Wx28+TTo94YCvI=",
};

/// An icon of 32 by 32 pixels.
pub static FAVICON: File = File {
    name: "favicon-32x32-5.35.0.png",
    content_type: "image/png",
    gzip: include_bytes!("../files/favicon-32x32.png.gz"),
    length: 628,
    integrity: "sha256-PtYS9B4FDKXnAAytbxy+fn2jn2X8qZwC6Z5lkQVuWDc=",
};
