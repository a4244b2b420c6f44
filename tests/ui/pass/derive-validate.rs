//! `#[derive(Validate)]` beside what serde and `validator` offer.

use std::borrow::Cow;

use routekit::{Validate, validator::ValidationError};
use serde::Deserialize;

#[derive(Deserialize, Validate)]
struct Address {
    #[validate(length(min = 1))]
    city: String,
}

#[derive(Deserialize, Validate)]
struct Consent {
    #[validate(custom(function = "must_be_true"))]
    terms: bool,
}

#[derive(Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[validate(schema(function = "name_is_not_email"))]
struct SignUp {
    #[serde(rename = "login")]
    #[validate(length(min = 1, max = 64), custom(function = "no_spaces"))]
    user_name: String,
    #[validate(email)]
    email: Option<String>,
    #[validate(length(min = 8))]
    password: String,
    #[validate(must_match(other = "password"))]
    password_again: String,
    #[validate(nested)]
    address: Address,
    #[validate(nested)]
    #[serde(default)]
    former: Vec<Address>,
    #[serde(flatten)]
    #[validate(nested)]
    consent: Consent,
    #[validate(range(min = 0.0, max = 1.0))]
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<f64>,
}

fn must_be_true(terms: &bool) -> Result<(), ValidationError> {
    if *terms { Ok(()) } else { Err(ValidationError::new("terms")) }
}

fn no_spaces(name: &str) -> Result<(), ValidationError> {
    if name.contains(' ') { Err(ValidationError::new("spaces")) } else { Ok(()) }
}

fn name_is_not_email(new: &SignUp) -> Result<(), ValidationError> {
    if new.email.as_ref() == Some(&new.user_name) { Err(ValidationError::new("same")) } else { Ok(()) }
}

#[derive(Deserialize, Validate)]
struct Batch<T: Validate> {
    #[validate(nested)]
    items: Vec<T>,
}

#[derive(Deserialize, Validate)]
struct Named<T>
where
    T: Clone,
{
    #[validate(length(min = 1))]
    name: String,
    content: T,
}

#[derive(Validate)]
struct Borrowed<'a, const N: usize> {
    #[validate(length(min = 1))]
    name: Cow<'a, str>,
    bytes: [u8; N],
}

// A method of the same name is not what the derive calls.
impl SignUp {
    fn validate(&self) -> bool {
        !self.user_name.is_empty()
    }
}

fn main() {
    let sign_up = SignUp {
        user_name: "a b".into(),
        email: Some("no".into()),
        password: "secret".into(),
        password_again: "other".into(),
        address: Address { city: String::new() },
        former: vec![Address { city: String::new() }],
        consent: Consent { terms: false },
        r#type: Some(2.0),
    };
    assert!(sign_up.validate());
    let errors = Validate::validate(&sign_up).unwrap_err();
    let mut names: Vec<&str> = errors.errors().keys().map(|name| name.as_ref()).collect();
    names.sort_unstable();
    assert_eq!(names, ["address", "email", "former", "login", "password", "passwordAgain", "terms", "type"]);

    let batch = Batch { items: vec![Consent { terms: true }, Consent { terms: false }] };
    assert!(batch.validate().is_err());
    assert!(Named { name: "n".into(), content: 5 }.validate().is_ok());
    assert!(Borrowed { name: "".into(), bytes: [0] }.validate().is_err());
}
