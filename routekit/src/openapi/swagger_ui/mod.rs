//! Swagger UI: a page that shows the document with a script and sends requests, and the files that it needs.
//!
//! The page names no other host, and its policy allows its own scripts by their hashes, and nothing inline. Its files
//! come from the crate `routekit-swagger-ui`.

mod files;
mod origins;
mod page;

pub(super) use self::{
    files::file,
    page::{SwaggerPage, page},
};
