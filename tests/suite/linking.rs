//! Routes of other crates, and a crate that the linker dropped. For complete programs see `examples/shop`.

use crate::process::cargo_run;

use shop_orders as _;

#[test]
fn only_the_named_crates_are_mounted() {
    // This binary has hundreds of routes of its own, which overlap.
    let table = routekit::App::discover_from(["shop-orders"]).table().unwrap();
    let paths: Vec<&str> = table.rows().iter().map(|row| row.path.as_str()).collect();
    assert_eq!(paths, ["/orders/{id}"]);
}

#[test]
fn every_linked_crate_brings_its_routes() {
    let output = cargo_run("shop", "shop", &["routes"]);
    assert!(output.status.success(), "{output:?}");
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.contains("/orders/{id}    shop_orders   order"), "{table}");
    assert!(table.contains("/invoices/{id}  shop_billing  invoice"), "{table}");
}

#[test]
fn crate_dropped_by_the_linker_is_reported_by_name() {
    let output = cargo_run("shop", "shop-without-billing", &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("the app cannot start: the crate `shop_billing` brings no routes"), "{text}");
    assert!(text.contains("write `use shop_billing as _;`"), "{text}");
    assert!(text.contains("routes come from shop_orders"), "{text}");
}
