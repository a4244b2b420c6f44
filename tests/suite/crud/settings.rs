//! Wrong variables.

use super::crud;
use crate::process::refused;

#[test]
fn wrong_variables_are_named_with_an_example() {
    let url = "postgres://postgres:hunter2@127.0.0.1:1/postgres";
    let text = refused(crud(url).env_remove("DATABASE_URL"));
    assert!(text.contains("DATABASE_URL is missing: set it as in DATABASE_URL=postgres://"), "{text}");
    for wrong in ["", "0", "ten", "-1"] {
        let text = refused(crud(url).env("DATABASE_MAX_CONN", wrong));
        assert!(text.contains("DATABASE_MAX_CONN is not") && text.contains("DATABASE_MAX_CONN=10"), "{text}");
    }
    let text = refused(&mut crud("hunter2"));
    assert!(text.contains("DATABASE_URL cannot be used") && !text.contains("hunter2"), "{text}");
}
