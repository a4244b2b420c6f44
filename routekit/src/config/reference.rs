//! Generates `docs/configuration.md` from the tables of keys, and compares it with the file.

use std::{fmt::Write as _, fs, path::Path};

use super::{keys, route, setting_problems::PREFIX, settings::Config};

const INTRODUCTION: &str = "\
# Configuration

<!-- Generated from src/config/keys.rs and route.rs: `UPDATE_GOLDEN=1 cargo test -p routekit --lib reference` -->

An app reads the file `routekit.toml` in its working directory and the `ROUTEKIT_…` variables of its process.

1. From the lowest to the highest precedence: the defaults, the file (`ROUTEKIT_CONFIG` names another one), the
   variables, and `App::configure` in the program.
2. An unknown key, a value that cannot be read, and a file that cannot be parsed each keep the app from starting. All
   problems are reported together, each with its source.
3. The log of the start, `/routes` on the admin surface and `App::explain` show each setting of a route with its
   source.
4. A `TestApp` reads neither the file nor the variables.
5. An empty variable counts as unset. The variables that Kubernetes sets for a Service whose name begins with
   `routekit` (`ROUTEKIT_PORT=tcp://…`, `ROUTEKIT_SERVICE_HOST`) are ignored, with one warning.

Durations are seconds or texts such as `250ms`, `5m`, `1h30m`. Sizes are bytes or texts such as `64KiB`, `1MiB`.
Switches are `on` or `off`. A list is an array in the file, and separated by commas in a variable.

```toml
addr = \"0.0.0.0:8080\"
timeout = \"10s\"

[cache]
max_bytes = \"256MiB\"

[route.\"GET /v2/users\"]
timeout = \"5s\"
cache_ttl = \"30s\"
```

## The app

Keys with a dot are in a table of the file: `cache.max_bytes` is `max_bytes` in `[cache]`.
";

const ROUTES: &str = "\
## One route

A table such as `[route.\"GET /v2/users\"]` in the file sets policies of one route. It is named by method and path, the
prefix of the app included, and overrides the route's attribute. A route that does not exist is an error.
";

const OWN: &str = "\
## Settings of your program

The table `[app]` of the same file, and variables that begin with `ROUTEKIT_APP_`, hold settings of your program.
[`Config::app`] reads them as a type that implements `serde::Deserialize`:

```
use routekit::{config::{Config, Secret}, prelude::*};
use serde::Deserialize;

#[derive(Deserialize)]
struct Settings {
    page_size: u16,
    database: Database,
}

#[derive(Deserialize)]
struct Database {
    url: String,
    password: Secret,
    #[serde(default)]
    replicas: Vec<String>,
}

fn app() -> Result<App, routekit::Error> {
    let config = Config::load()?;
    let settings: Settings = config.app()?;
    Ok(App::discover().config(config).provide(settings))
}
```

```toml
[app]
page_size = 20

[app.database]
url = \"postgres://db/shop\"
replicas = [\"postgres://db-2/shop\"]
```

1. Variables override the file. `__` separates a table from its keys: `ROUTEKIT_APP_DATABASE__PASSWORD` is `password`
   in `[app.database]`. Names are in upper case; `DATABASE_URL` is the field `database_url`, `databaseUrl` or
   `database-url`. A key of a map is in lower case. A list is separated by commas.
2. A key that the type does not have, a field without a default that is not set, and a value of another type are errors.
   All are reported together, each with the key, its file and line or its variable, and what is expected. No message
   contains a value, because each may be secret. A [`Secret`] is not printed by the program either.
3. [`ConfigBuilder::app_prefix`] sets another prefix of the variables, and [`ConfigBuilder::build_with`] reports the
   problems of routekit's settings together with those of yours:
   `Config::builder().app_prefix(\"SHOP_\").process().build_with::<Settings>()`.
4. Give the `Config` to the app, as above. If `[app]` has settings and the program does not read them, the app logs a
   warning.
5. In a struct with `#[serde(flatten)]`, `serde` hides unknown keys, and a variable that looks like a number or switch
   is one.

";

const ELSEWHERE: &str = "\
## Variables without a key

| variable | default | effect |
| --- | --- | --- |
| `ROUTEKIT_CONFIG` | `routekit.toml` | The file to read. It must exist if the variable is set. |
| `ROUTEKIT_LOG_FORMAT` | `text` | The format of the logs that `telemetry::init` sets up: `text` or `json`. |
| `REDIS_URL` | | The server that keeps the cache (feature `redis`), if `redis.url` is not set. |
| `RUST_LOG` | `info` | The filter of the logs that `telemetry::init` sets up. |
| `OTEL_…` | | The export of spans that `telemetry::init` sets up (feature `otlp`): see the guide to operation. |
";

fn reference() -> String {
    let mut text = format!("{INTRODUCTION}\n| key | variable | default | effect |\n| --- | --- | --- | --- |\n");
    let defaults = Config::default();
    for key in keys::KEYS {
        let (default, _) = (key.show)(&defaults);
        let default = if default == "none" { default } else { format!("`{default}`") };
        let variable = key.variable().to_uppercase();
        writeln!(text, "| `{}` | `{PREFIX}{variable}` | {default} | {} |", key.name, key.doc).unwrap();
    }
    write!(text, "\n{ROUTES}\n| key | effect |\n| --- | --- |\n").unwrap();
    for key in route::KEYS {
        writeln!(text, "| `{}` | {} |", key.name, key.doc).unwrap();
    }
    write!(text, "\n{OWN}{ELSEWHERE}").unwrap();
    text
}

#[test]
fn the_reference_agrees_with_the_keys() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let expected = reference();
    if option_env!("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &expected).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap();
    assert!(found == expected, "docs/configuration.md is out of date; run this test with UPDATE_GOLDEN=1");
}
