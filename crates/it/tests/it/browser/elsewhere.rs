//! A page of another origin, in a browser that keeps origins apart.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use reqwest::Client;
use serde_json::{Value, json};
use testkit::house::{self, House};
use tokio::net::TcpListener;

use super::visit::Visit;

/// What OpenFeature's provider does: fetches all flags, listens, and fetches again when it is told to.
const PAGE: &str = r#"<!doctype html><title>Shop</title><p id="says">loading</p><script>
const say = (text) => document.getElementById('says').innerText = text;
let tag;
async function fetchFlags() {
  const headers = { 'content-type': 'application/json', 'x-api-key': 'KEY' };
  if (tag) headers['if-none-match'] = tag;
  const body = JSON.stringify({ context: { targetingKey: 'PERSON' } });
  const answer = await fetch('HOUSE/ofrep/v1/evaluate/flags', { method: 'POST', headers, body });
  tag = answer.headers.get('etag');
  const told = await answer.json();
  say('desk ' + told.flags.find((flag) => flag.key === 'SHOP_DESK').value + (tag ? '' : ' without a tag'));
  return told;
}
fetchFlags().then((told) => {
  const events = new EventSource(told.eventStreams[0].url);
  let first = true;
  events.onmessage = () => { if (first) { first = false; say('listening'); } else { fetchFlags(); } };
}, (error) => say('refused: ' + error));
</script>"#;

/// A page of its own origin, which knows the house.
async fn shop(listener: TcpListener, house: &str, key: &str, person: &str) {
    let page = PAGE
        .replace("HOUSE", house)
        .replace("KEY", key)
        .replace("PERSON", person);
    let routes = Router::new().route("/", get(async || Html(page)));
    tokio::spawn(async move { axum::serve(listener, routes).await });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_origin_that_is_named_keeps_flags_up_to_date_and_another_is_kept_out_by_the_browser() {
    let named = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stranger = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let (shop_origin, other_origin) = (origin(&named), origin(&stranger));
    let folder = tempfile::tempdir().unwrap();
    let config = format!("[segments]\norigins = [\"{shop_origin}\"]\n");
    std::fs::write(folder.path().join("townhall.toml"), config).unwrap();
    let house = House::open(folder.path(), &["--demo"]).unwrap();
    let demo = std::fs::read_to_string(folder.path().join("townhall-data/demo.json")).unwrap();
    let demo: Value = serde_json::from_str(&demo).unwrap();
    let person = demo["people"][0]["id"].as_str().unwrap();
    let create = [
        "admin",
        "keys",
        "create",
        "shop",
        "--scope",
        "segments:write",
        "--json",
    ];
    let made = house::run(folder.path(), &create).unwrap();
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let writes = made["key"].as_str().unwrap();
    let segment = json!({"key": "SHOP_DESK", "title": "A desk in the shop"});
    let created = Client::new()
        .post(format!("{}/api/v1/segments", house.base))
        .header("x-api-key", writes)
        .json(&segment)
        .send();
    assert_eq!(created.await.unwrap().status(), 201);
    let key = demo["service_key"].as_str().unwrap();
    shop(named, &house.base, key, person).await;
    shop(stranger, &house.base, key, person).await;

    let visit = Visit::start("en").await;
    visit.client.goto(&other_origin).await.unwrap();
    visit.says("refused:").await;
    visit.client.goto(&shop_origin).await.unwrap();
    visit.says("listening").await;
    let path = format!("{}/api/v1/people/{person}/segments", house.base);
    let put = Client::new()
        .patch(path)
        .header("x-api-key", writes)
        .json(&json!({"add": [{"key": "SHOP_DESK"}]}))
        .send();
    assert_eq!(put.await.unwrap().status(), 200);
    visit.says("desk true").await;
    assert!(!visit.text().await.contains("without a tag"));
}
