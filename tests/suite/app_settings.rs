//! Settings of the program itself: `[app]` and its variables, read as a type.

use std::{collections::BTreeMap, net::SocketAddr};

use routekit::{
    config::{Config, ConfigBuilder, Secret},
    prelude::*,
    test::TestApp,
};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Debug, Deserialize)]
struct Settings {
    name: String,
    #[serde(default)]
    port: u16,
    #[serde(default)]
    debug: bool,
    #[serde(default)]
    ratio: f64,
    level: Option<Level>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    limits: BTreeMap<String, u32>,
    database: Option<Database>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Low,
    High,
    Custom(u8),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Database {
    url: String,
    password: Secret,
    #[serde(default)]
    pool_size: Option<u32>,
    listen: Option<SocketAddr>,
}

fn problems<T: DeserializeOwned + std::fmt::Debug>(builder: ConfigBuilder) -> Vec<String> {
    builder.build_with::<T>().unwrap_err().problems().iter().map(ToString::to_string).collect()
}

#[test]
fn values_of_file_and_variables_have_the_types_of_the_program() {
    let file = "
        timeout = '5s'

        [app]
        name = 'shop'
        port = 80
        ratio = 1
        hosts = ['a', 'b']
        level = { custom = 3 }
        limits = { users = 3 }

        [app.database]
        url = 'postgres://db'
        poolSize = 3
    ";
    let config = Config::builder()
        .toml("routekit.toml", file)
        .variable("ROUTEKIT_APP_PORT", "81")
        .variable("ROUTEKIT_APP_DEBUG", "on")
        .variable("ROUTEKIT_APP_HOSTS", "c, d")
        .variable("ROUTEKIT_APP_LIMITS__ORDERS", "7")
        .variable("ROUTEKIT_APP_DATABASE__PASSWORD", "12345")
        .variable("ROUTEKIT_APP_DATABASE__POOL_SIZE", "4")
        .variable("ROUTEKIT_APP_DATABASE__LISTEN", "127.0.0.1:1")
        .build()
        .unwrap();
    let settings: Settings = config.app().unwrap();
    assert_eq!((settings.name.as_str(), settings.port, settings.debug, settings.ratio), ("shop", 81, true, 1.0));
    assert_eq!(settings.hosts, ["c", "d"], "a variable overrides the file");
    assert_eq!(settings.level, Some(Level::Custom(3)));
    assert_eq!(settings.limits, BTreeMap::from([("users".to_owned(), 3), ("orders".to_owned(), 7)]));
    let database = settings.database.unwrap();
    assert_eq!((database.url.as_str(), database.pool_size), ("postgres://db", Some(4)));
    assert_eq!(database.password.expose(), "12345", "a text may look like a number");
    assert_eq!(database.listen, "127.0.0.1:1".parse().ok());
}

#[test]
fn every_problem_is_reported_with_its_place_and_what_is_expected() {
    let file = "timeout = '5x'
[app]
port = 70000
debug = 'yes'
prot = 3
hosts = 3
level = 'hihg'
addr = 'localhost:1'
limits = { users = -1 }

[app.database]
listen = 'nowhere'
urll = 'x'
";
    let builder = Config::builder()
        .toml("routekit.toml", file)
        .variable("ROUTEKIT_APP_RATIO", "much")
        .variable("ROUTEKIT_APP_DATABASE_URL", "postgres://db")
        .variable("ROUTEKIT_APP_debug", "on")
        .variable("ROUTEKIT_APP_DATABASE__PASWORD", "x");
    let expected = [
        "`timeout` in routekit.toml is `5x`",
        "ROUTEKIT_APP_debug: there is no such setting; variables are in upper case",
        "`app.addr` in routekit.toml, line 8: there is no such setting; `addr` is a setting of routekit: write",
        "`app.database.listen` in routekit.toml, line 12: invalid socket address syntax",
        "`app.database.password` is not set; write `password = …` in `[app.database]`, or set \
         ROUTEKIT_APP_DATABASE__PASSWORD",
        "ROUTEKIT_APP_DATABASE__PASWORD: there is no such setting; did you mean `ROUTEKIT_APP_DATABASE__PASSWORD`?",
        "`app.database.url` is not set; write `url = …` in `[app.database]`",
        "`app.database.urll` in routekit.toml, line 13: there is no such setting; did you mean `url`?",
        "ROUTEKIT_APP_DATABASE_URL: there is no such setting; a key of the table `database` is \
         ROUTEKIT_APP_DATABASE__URL",
        "`app.debug` in routekit.toml, line 4: expected `true` or `false`, found a text",
        "`app.hosts` in routekit.toml, line 6: expected a list, found an integer",
        "`app.level` in routekit.toml, line 7: expected one of `low`, `high`, `custom`; did you mean `high`?",
        "`app.limits.users` in routekit.toml, line 9: expected an integer from 0 to 4294967295",
        "`app.name` is not set; write `name = …` in `[app]`, or set ROUTEKIT_APP_NAME",
        "`app.port` in routekit.toml, line 3: expected an integer from 0 to 65535",
        "`app.prot` in routekit.toml, line 5: there is no such setting; did you mean `port`?",
        "ROUTEKIT_APP_RATIO: expected a number",
    ];
    let problems = problems::<Settings>(builder);
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        assert!(problem.starts_with(expected), "{problem}\n{expected}");
    }
}

#[test]
fn no_message_contains_a_value() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "never read")]
    struct Strict {
        number: Option<u8>,
        level: Option<Level>,
        listen: Option<SocketAddr>,
        own: Option<Own>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(try_from = "String")]
    struct Own;
    impl TryFrom<String> for Own {
        type Error = String;
        fn try_from(text: String) -> Result<Self, String> {
            Err(format!("`{}` of {text:?} is no code", &text[..6]))
        }
    }
    for key in ["number", "level", "listen", "own", "hunter2"] {
        let in_file = Config::builder().toml("f.toml", format!("[app]\n{key} = 'hunter2-hunter3'"));
        let name = format!("ROUTEKIT_APP_{}", key.to_uppercase());
        for builder in [in_file, Config::builder().variable(name, "hunter2-hunter3")] {
            assert!(!format!("{builder:?}").contains("hunter3"));
            let config = builder.clone().build().unwrap();
            assert!(!format!("{config}{config:?}").contains("hunter3"), "{config}");
            let problems = problems::<Strict>(builder);
            assert_eq!(problems.len(), 1);
            assert!(!problems[0].contains("hunter3") && !problems[0].contains("`hunter`"), "{problems:?}");
        }
    }
    let own = problems::<Strict>(Config::builder().variable("ROUTEKIT_APP_OWN", "hunter2"));
    assert_eq!(own, ["ROUTEKIT_APP_OWN: … of \"…\" is no code"]);
}

#[test]
fn prefix_of_choice_replaces_the_default() {
    #[derive(Debug, Deserialize)]
    struct Small {
        size: u8,
    }
    let builder = || Config::builder().app_prefix("SHOP_").variable("PATH", "/bin");
    let (_, small) = builder()
        .variable("SHOP_SIZE", "3")
        .variable("SHOP_SERVICE_HOST", "10.0.0.1")
        .variable("SHOP_PORT", "tcp://10.0.0.1:80")
        .build_with::<Small>()
        .unwrap();
    assert_eq!(small.size, 3);
    let unset = problems::<Small>(builder().variable("ROUTEKIT_APP_SIZE", "3"));
    assert!(unset[0].starts_with("ROUTEKIT_APP_SIZE: there is no such setting"), "{unset:?}");
    assert!(unset[1].ends_with("or set SHOP_SIZE"), "{unset:?}");
    let misspelt = problems::<Small>(builder().variable("SHOP_SIZE", "3").variable("SHOP_SIEZ", "3"));
    assert!(misspelt[0].starts_with("SHOP_SIEZ: there is no such setting; did you mean `SHOP_SIZE`?"), "{misspelt:?}");
    for prefix in ["", "SHOP", "ROUTEKIT_", "ROUTE", "ROUTEKIT_CACHE_"] {
        let problems = problems::<Small>(Config::builder().app_prefix(prefix).variable("ROUTEKIT_APP_SIZE", "3"));
        assert!(problems[0].contains("must end with `_`"), "{prefix}: {problems:?}");
        assert_eq!(problems.len(), 1);
    }
}

#[test]
fn fields_of_any_shape_are_read() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        pair: (u8, u8),
        number: Option<u64>,
    }
    #[derive(Debug, Deserialize)]
    struct Flat {
        #[serde(flatten)]
        strict: Strict,
        all: Vec<Inner>,
    }
    #[derive(Debug, Deserialize)]
    struct Inner {
        #[serde(alias = "title")]
        name: String,
    }
    let file = "[app]\npair = [1, 2]\n[[app.all]]\ntitle = 'x'\n[[app.all]]\nname = 'y'\n";
    let config = Config::builder().toml("f.toml", file).variable("ROUTEKIT_APP_NUMBER", "5").build().unwrap();
    let flat: Flat = config.app().unwrap();
    assert_eq!((flat.strict.pair, flat.strict.number), ((1, 2), Some(5)));
    assert_eq!(flat.all.iter().map(|inner| inner.name.as_str()).collect::<Vec<_>>(), ["x", "y"]);
    let file = "[app]\npair = [1, 'x']\nnumbr = 3\nnumber = -1\n";
    let found = problems::<Strict>(Config::builder().toml("f.toml", file));
    let expected = [
        "`app.number` in f.toml, line 4: expected an integer from 0 to 18446744073709551615",
        "`app.numbr` in f.toml, line 3: there is no such setting; did you mean `number`?",
        "`app.pair[1]` in f.toml, line 2: expected an integer from 0 to 255, found a text",
    ];
    assert_eq!(found.len(), 3, "{found:#?}");
    for (problem, expected) in found.iter().zip(expected) {
        assert!(problem.starts_with(expected), "{problem}\n{expected}");
    }
}

#[test]
fn number_beyond_toml_is_an_error_without_the_number() {
    let file = "[app]\nnumber = 18446744073709551616\n";
    let problems = problems::<BTreeMap<String, u64>>(Config::builder().toml("f.toml", file));
    assert_eq!(problems, ["f.toml cannot be read: TOML parse error at line 2, column 10: the number is too large"]);
}

#[test]
fn app_that_is_no_table_is_an_error() {
    let problems = problems::<BTreeMap<String, String>>(Config::builder().toml("f.toml", "app = 3"));
    assert!(problems[0].starts_with("`app` in f.toml is `3`: the settings of the program are a table"), "{problems:?}");
}

#[get("/s/name")]
async fn name(settings: Dep<Settings>) -> String {
    settings.name.clone()
}

#[tokio::test]
async fn settings_that_the_program_does_not_read_are_a_warning() {
    let config = || Config::builder().toml("routekit.toml", "[app]\nname = 'shop'").build().unwrap();
    let read = config();
    let settings: Settings = read.app().unwrap();
    let app = TestApp::new(App::with_routes(routes![name]).config(read).provide(settings));
    assert_eq!(app.get("/s/name").send().await.text(), "shop");
    assert!(app.table().warnings().is_empty(), "{:?}", app.table().warnings());
    let unread = App::with_routes(routes![name]).config(config()).provide(config().app::<Settings>().unwrap());
    let warnings = unread.table().unwrap().warnings().to_vec();
    let expected = "the program does not read `app.name` in routekit.toml, line 2: give the `Config` whose `app()` it \
                    calls to `App::config`";
    assert_eq!(warnings, [expected]);
}
