//! What each route answers, and what it refuses.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Crud, change, header, json_of, new_item};

#[tokio::test]
async fn each_route_answers_as_the_profile_says() {
    let Some(app) = Crud::start("answers", "10") else { return };
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM items").fetch_one(&mut app.database().await).await.unwrap();
    assert_eq!(rows, 100_000);

    let item = app.get("/crud/items/42").await;
    assert_eq!((item.status().as_u16(), header(&item, "content-type").as_str()), (200, "application/json"));
    let expected = json!({
        "id": 42, "name": "Item 42", "category": "electronics", "price": 43, "quantity": 42, "active": true,
        "tags": ["new", "fast"], "rating": { "score": 42, "count": 42 },
    });
    assert_eq!(json_of(item).await, expected);
    assert_eq!(app.get("/crud/items/100001").await.status(), 404);

    let created = app.send(Method::POST, "/crud/items", &new_item(200_001, 25)).await;
    assert_eq!((created.status().as_u16(), header(&created, "location").as_str()), (201, "/crud/items/200001"));
    let expected = json!({
        "id": 200_001, "name": "New", "category": "test", "price": 25, "quantity": 10, "active": true,
        "tags": [], "rating": { "score": 0, "count": 0 },
    });
    assert_eq!(json_of(created).await, expected);
    assert_eq!(json_of(app.get("/crud/items/200001").await).await, expected, "a 404 from before is not kept");

    // An upsert keeps what its body does not name.
    let replaced = app.send(Method::POST, "/crud/items", &new_item(42, 26)).await;
    assert_eq!(replaced.status(), 201);
    let replaced = json_of(replaced).await;
    assert_eq!((&replaced["price"], &replaced["category"]), (&json!(26), &json!("test")));
    assert_eq!((&replaced["tags"], &replaced["rating"]["score"]), (&json!(["new", "fast"]), &json!(42)));

    let changed = app.send(Method::PUT, "/crud/items/42", &change(30)).await;
    assert_eq!(changed.status(), 200);
    let changed = json_of(changed).await;
    assert_eq!((&changed["name"], &changed["price"], &changed["quantity"]), (&json!("Changed"), &json!(30), &json!(5)));
    assert_eq!(changed["category"], "test");
    assert_eq!(app.send(Method::PUT, "/crud/items/300000", &change(1)).await.status(), 404);
}

#[tokio::test]
async fn pages_have_at_most_fifty_items_of_one_category() {
    let Some(app) = Crud::start("pages", "10") else { return };
    let ids = |page: &Value| -> Vec<i64> {
        page["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
    };
    let page = json_of(app.get("/crud/items").await).await;
    assert_eq!((&page["page"], &page["limit"], &page["total"]), (&json!(1), &json!(10), &json!(10)));
    assert!(page["items"].as_array().unwrap().iter().all(|item| item["category"] == "electronics"), "the default");
    assert!(page["items"][0]["rating"]["score"].is_number() && page["items"][0]["tags"].is_array(), "{page}");

    let page = json_of(app.get("/crud/items?category=office&page=3&limit=2").await).await;
    assert_eq!(ids(&page), [37, 45], "the fifth and the sixth");
    assert_eq!((&page["page"], &page["limit"], &page["total"]), (&json!(3), &json!(2), &json!(2)));
    let page = json_of(app.get("/crud/items?category=office&limit=50").await).await;
    assert_eq!(ids(&page), (0..50).map(|nth| 5 + 8 * nth).collect::<Vec<_>>());
    // Beyond the end, also of 32 bits, and in no category.
    for query in ["category=office&page=4294967295&limit=50", "category=none"] {
        let page = json_of(app.get(&format!("/crud/items?{query}")).await).await;
        assert_eq!((&page["items"], &page["total"]), (&json!([]), &json!(0)), "{query}");
    }
}

#[tokio::test]
async fn bad_input_is_a_problem() {
    let Some(app) = Crud::start("problems", "2") else { return };
    for (query, status, at) in [
        ("limit=51", 422, "limit"),
        ("limit=0", 422, "limit"),
        ("page=0", 422, "page"),
        ("category=", 422, "category"),
        ("category=%00", 422, "category"),
        ("limit=ten", 400, "limit"),
        ("page=-1", 400, "page"),
    ] {
        let refused = app.get(&format!("/crud/items?{query}")).await;
        refused_with(refused, status, at, query).await;
    }
    for id in ["abc", "1.5", "2147483648"] {
        refused_with(app.get(&format!("/crud/items/{id}")).await, 400, "id", id).await;
        refused_with(app.send(Method::PUT, &format!("/crud/items/{id}"), &change(1)).await, 400, "id", id).await;
    }
    for (name, value, status) in [
        ("price", json!(-1), 422),
        ("quantity", json!(-1), 422),
        ("name", json!(""), 422),
        ("name", json!("\0"), 422),
        ("price", json!("free"), 422),
        ("price", json!(1e12), 422),
        ("name", Value::Null, 422),
    ] {
        let (mut item, mut changed) = (new_item(7, 1), change(1));
        item[name] = value.clone();
        changed[name] = value.clone();
        let what = format!("{name} = {value}");
        refused_with(app.send(Method::POST, "/crud/items", &item).await, status, name, &what).await;
        refused_with(app.send(Method::PUT, "/crud/items/7", &changed).await, status, name, &what).await;
    }
    let text = app.client.post(format!("{}/crud/items", app.url)).body("{}");
    refused_with(text.send().await.unwrap(), 415, "", "no JSON").await;
    let torn = app.client.post(format!("{}/crud/items", app.url)).header("content-type", "application/json").body("{");
    refused_with(torn.send().await.unwrap(), 400, "", "half of JSON").await;
    assert_eq!(json_of(app.get("/crud/items/7").await).await["name"], "Item 7", "nothing was changed");
}

/// A problem that names the place.
async fn refused_with(response: reqwest::Response, status: u16, at: &str, what: &str) {
    assert_eq!(header(&response, "content-type"), "application/problem+json", "{what}");
    assert_eq!(response.status(), status, "{what}");
    let problem = json_of(response).await;
    assert!(problem.to_string().contains(at), "{what}: {problem}");
}

#[tokio::test]
async fn the_pool_opens_at_most_its_number_of_connections() {
    let Some(app) = Crud::start("pool", "3") else { return };
    let paths: Vec<String> = (1..=60).map(|id| format!("/crud/items/{id}")).collect();
    for response in join_all(paths.iter().map(|path| app.get(path))).await {
        assert_eq!(response.status(), 200);
    }
    let backends = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'";
    let backends: i64 = sqlx::query_scalar(backends).fetch_one(&mut app.database().await).await.unwrap();
    assert_eq!(backends, 4, "three of the program, and one of the test");
}
