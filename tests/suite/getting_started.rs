//! The guide `getting_started` and README: their code is a program, and their curl lines print what they say.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    process::{Quickstart, build},
    support::CurlLine,
};

/// A file of the workspace.
fn read(path: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The content of the first block with this heading.
fn block<'a>(document: &'a str, heading: &str) -> &'a str {
    let (_, after) = document.split_once(&format!("```{heading}\n")).expect("there is such a block");
    after.split_once("```").expect("the block ends").0
}

const GUIDE: &str = "routekit/docs/getting-started.md";

#[test]
fn the_first_app_is_the_block_of_the_guide() {
    let program = read("examples/first-app/src/main.rs");
    assert_eq!(block(&read(GUIDE), "no_run"), program);
    assert!(program.lines().count() <= 60);
}

#[test]
fn the_first_app_needs_the_dependencies_of_the_guide() {
    let names = |text: &str| -> Vec<String> {
        let lines = text.lines().skip_while(|line| *line != "[dependencies]").skip(1);
        lines
            .map_while(|line| Some(line.split([' ', '.']).next()?.to_owned()).filter(|name| !name.is_empty()))
            .collect()
    };
    let guide = read(GUIDE);
    assert_eq!(names(block(&guide, "toml")), ["routekit", "serde", "tokio"]);
    assert_eq!(names(&read("examples/first-app/Cargo.toml")), ["routekit", "serde", "tokio"]);
    assert_eq!(block(&read("README.md"), "toml"), block(&guide, "toml"));
}

/// A line of README that leaves something out ends in the fixture in some way.
#[test]
fn the_code_of_readme_is_in_a_fixture_that_compiles() {
    let (readme, fixture) = (read("README.md"), read("tests/ui/pass/readme.rs"));
    let fixture: Vec<&str> = fixture.lines().map(str::trim).collect();
    let blocks = readme.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines: Vec<&str> = blocks.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()).collect();
    assert!(lines.len() > 30, "the blocks were found");
    for line in lines {
        let found = match line.split_once('…') {
            Some((begin, _)) => fixture.iter().any(|known| known.starts_with(begin.trim_end())),
            None => fixture.contains(&line),
        };
        assert!(found, "tests/ui/pass/readme.rs has no line {line}");
    }
}

#[tokio::test]
async fn the_curl_lines_of_the_guide_print_what_it_says() {
    let app = Quickstart::start_command(&mut on_free_ports("first-app"));
    check_all(GUIDE, 8, &app).await;
}

#[tokio::test]
async fn the_curl_lines_of_readme_print_what_it_says() {
    let app = Quickstart::start_command(&mut on_free_ports("quickstart"));
    check_all("README.md", 5, &app).await;
}

async fn check_all(document: &str, count: usize, app: &Quickstart) {
    // A page that is warmed meanwhile would be a hit.
    let ready = format!("http://{}/health/ready", app.addr);
    while !reqwest::get(&ready).await.unwrap().status().is_success() {}
    let lines = CurlLine::all_of(&read(document));
    assert_eq!(lines.len(), count);
    for line in lines {
        line.check(&[("localhost:3000", &app.addr), ("localhost:9091", &app.admin)]).await;
    }
}

fn on_free_ports(program: &str) -> Command {
    let mut command = Command::new(build(program, program));
    command.env_clear().env("ROUTEKIT_ADDR", "127.0.0.1:0").env("ROUTEKIT_ADMIN_ADDR", "127.0.0.1:0");
    command
}
