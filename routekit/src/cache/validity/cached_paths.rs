//! The paths of cached routes.

use parking_lot::RwLock;

use crate::cache::headers::percent;

/// The paths of all cached routes. A response can name further paths that are invalid (`Location`). For those that no
/// route matches, nothing is stored, so they would only fill the table of tags.
#[derive(Debug, Default)]
pub(in crate::cache) struct CachedPaths(RwLock<KnownPaths>);

#[derive(Debug, Default)]
struct KnownPaths {
    templates: Vec<PathShape>,
    /// A layer caches paths that are not known.
    any: bool,
}

/// A path template in the syntax of axum, segment by segment.
#[derive(Debug, PartialEq, Eq)]
struct PathShape(Vec<SegmentShape>);

#[derive(Debug, PartialEq, Eq)]
enum SegmentShape {
    /// This decoded text.
    Literal(String),
    /// A placeholder after this text.
    After(String),
    /// A placeholder for the rest of the path.
    Rest,
}

impl CachedPaths {
    /// Adds the path of a cached route.
    pub(in crate::cache) fn add(&self, template: &str) {
        let shape = PathShape::of(template);
        let templates = &mut self.0.write().templates;
        if !templates.contains(&shape) {
            templates.push(shape);
        }
    }

    /// Adds all paths.
    pub(in crate::cache) fn add_any(&self) {
        self.0.write().any = true;
    }

    /// Whether a response can be stored for this path.
    pub(in crate::cache) fn may_hold(&self, path: &str) -> bool {
        let known = self.0.read();
        known.any || known.templates.iter().any(|template| template.matches(path))
    }
}

impl PathShape {
    fn of(template: &str) -> Self {
        Self(template.split('/').map(SegmentShape::of).collect())
    }

    fn matches(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        for shape in &self.0 {
            let Some(segment) = segments.next() else { return false };
            let found = percent::decoded(segment);
            let fits = match shape {
                SegmentShape::Rest => return true,
                SegmentShape::Literal(text) => *found == **text,
                SegmentShape::After(text) => found.starts_with(text) && found.len() > text.len(),
            };
            if !fits {
                return false;
            }
        }
        segments.next().is_none()
    }
}

impl SegmentShape {
    fn of(segment: &str) -> Self {
        let masked = segment.replace("{{", "\0\0").replace("}}", "\0\0");
        let unescaped = |text: &str| percent::decoded(&text.replace("{{", "{").replace("}}", "}")).into_owned();
        match masked.find('{') {
            None => Self::Literal(unescaped(segment)),
            Some(at) if masked[at..].starts_with("{*") => Self::Rest,
            Some(at) => Self::After(unescaped(&segment[..at])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_cached_routes_are_known() {
        let paths = CachedPaths::default();
        for template in ["/users/{id}", "/files/{*rest}", "/v{n}/x", "/{{a}}", "/a~b", "/"] {
            paths.add(template);
        }
        for (path, expected) in [
            ("/users/7", true),
            ("/users/%37", true),
            ("/%75sers/7", true),
            ("/users/", false),
            ("/users/7/", false),
            ("/users", false),
            ("/users/7/orders", false),
            ("/files/a/b", true),
            ("/v2/x", true),
            ("/v/x", false),
            ("/{a}", true),
            ("/%7Ba%7D", true),
            ("/a%7eb", true),
            ("/", true),
            ("", false),
            ("/other", false),
        ] {
            assert_eq!(paths.may_hold(path), expected, "{path}");
        }
        paths.add_any();
        assert!(paths.may_hold("/other"));
    }
}
