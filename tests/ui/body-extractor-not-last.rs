use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use routekit::prelude::*;

struct Signed(Bytes);

impl<S: Send + Sync> FromRequest<S> for Signed {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let bytes = Bytes::from_request(request, state).await;
        bytes.map(Self).map_err(|_| Problem::bad_request("there is no body"))
    }
}

#[post("/users")]
async fn create_user(signed: Signed, users: Dep<Vec<Bytes>>) {
    drop((signed.0, users));
}

fn main() {}
