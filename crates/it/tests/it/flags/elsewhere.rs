//! Flags for pages of other origins: let in where the configuration names them, and by default nowhere.

use http::Method;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use testkit::house::House;

struct Scene {
    house: House,
    key: String,
    person: String,
    _folder: tempfile::TempDir,
}

fn scene(config: &str) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("townhall.toml"), config).unwrap();
    let house = House::open(folder.path(), &["--demo"]).unwrap();
    let demo = std::fs::read_to_string(folder.path().join("townhall-data/demo.json")).unwrap();
    let demo: Value = serde_json::from_str(&demo).unwrap();
    Scene {
        house,
        key: demo["service_key"].as_str().unwrap().to_owned(),
        person: demo["people"][0]["id"].as_str().unwrap().to_owned(),
        _folder: folder,
    }
}

impl Scene {
    fn request(&self, method: Method, path: &str, origin: &str) -> RequestBuilder {
        let request = Client::new().request(method, format!("{}{path}", self.house.base));
        request.header("origin", origin)
    }

    /// What a browser asks before it lets a page send this.
    async fn preflight(&self, path: &str, origin: &str) -> Response {
        let request = self
            .request(Method::OPTIONS, path, origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-api-key");
        request.send().await.unwrap()
    }

    async fn fetch(&self, origin: &str, key: &str) -> Response {
        let request = self
            .request(Method::POST, FLAGS, origin)
            .header("x-api-key", key)
            .json(&json!({"context": {"targetingKey": self.person}}));
        request.send().await.unwrap()
    }
}

const FLAGS: &str = "/ofrep/v1/evaluate/flags";
const SHOP: &str = "https://shop.example";

fn allowed(answer: &Response) -> Option<&str> {
    let value = answer.headers().get("access-control-allow-origin")?;
    value.to_str().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_origins_that_are_named_may_ask_for_flags_and_others_may_not() {
    let scene = scene(&format!("[segments]\norigins = [\"{SHOP}\"]\n"));
    let asked = scene.preflight(FLAGS, SHOP).await;
    assert_eq!(asked.status(), StatusCode::NO_CONTENT);
    assert_eq!(allowed(&asked), Some(SHOP));
    let header = |name: &str| asked.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("access-control-allow-methods"), "POST");
    for name in ["authorization", "content-type", "if-none-match", "x-api-key"] {
        assert!(header("access-control-allow-headers").contains(name), "{name}");
    }
    let answer = scene.fetch(SHOP, &scene.key).await;
    assert_eq!((answer.status(), allowed(&answer)), (StatusCode::OK, Some(SHOP)));
    assert_eq!(
        answer.headers()["access-control-expose-headers"],
        "etag, retry-after, x-request-id"
    );
    assert!(
        answer.headers()["vary"]
            .to_str()
            .unwrap()
            .to_ascii_lowercase()
            .contains("origin")
    );
    let refused = scene.fetch(SHOP, "nobody's").await;
    assert_eq!(
        (refused.status(), allowed(&refused)),
        (StatusCode::UNAUTHORIZED, Some(SHOP))
    );
    let told: Value = answer.json().await.unwrap();
    let stream = told["eventStreams"][0]["url"].as_str().unwrap();
    let stream = stream.strip_prefix(&scene.house.base).unwrap();
    let opened = scene.request(Method::GET, stream, SHOP).send().await.unwrap();
    assert_eq!(
        (opened.status(), allowed(&opened)),
        (StatusCode::OK, Some("*")),
        "it is signed"
    );

    for stranger in ["https://shop.example.evil.example", "http://shop.example", "null"] {
        let asked = scene.preflight(FLAGS, stranger).await;
        assert_eq!(
            (asked.status(), allowed(&asked)),
            (StatusCode::METHOD_NOT_ALLOWED, None)
        );
        let answer = scene.fetch(stranger, &scene.key).await;
        assert_eq!(
            (answer.status(), allowed(&answer)),
            (StatusCode::OK, None),
            "no browser shows it"
        );
    }
    // Everything else is for nobody's pages but ours.
    for path in ["/api/v1/segments", "/api/v1/sign-in", "/ofrep/v1/evaluate"] {
        let asked = scene.preflight(path, SHOP).await;
        assert_eq!(allowed(&asked), None, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_no_page_of_another_origin_is_let_in() {
    let scene = scene("");
    let asked = scene.preflight(FLAGS, SHOP).await;
    assert_eq!(
        (asked.status(), allowed(&asked)),
        (StatusCode::METHOD_NOT_ALLOWED, None)
    );
    assert_eq!(allowed(&scene.fetch(SHOP, &scene.key).await), None);
}
