use std::fmt;

use super::{keys, route, settings::Config};

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in keys::KEYS {
            let (value, origin) = (key.show)(self);
            writeln!(f, "{} = {value} ({origin})", key.name)?;
        }
        for (route, config) in &self.routes {
            for key in route::KEYS {
                if let Some((value, origin)) = (key.show)(config) {
                    writeln!(f, "route.\"{route}\".{} = {value} ({origin})", key.name)?;
                }
            }
        }
        self.app.fmt(f)
    }
}
