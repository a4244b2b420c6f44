use axum::extract::FromRequestParts;
use http::request::Parts;
use routekit::prelude::*;

#[derive(Clone)]
struct AppState;

struct Team(String);

impl FromRequestParts<AppState> for Team {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self> {
        Ok(Self(parts.uri.path().to_owned()))
    }
}

#[get("/teams/{team}")]
async fn get_team(team: Team) -> String {
    team.0
}

fn main() {}
