//! People, roles, links, the replica, the audit trail and the export over HTTP and gRPC.

use reqwest::Method;
use serde_json::{Value, json};
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use wire::registry::v1 as pb;
use wire::registry::v1::people_client::PeopleClient;

use super::house::{Answer, House, PASSWORD};

const ANNA: &str = "anna@example.org";
const ROOT: &str = "root@example.org";

/// An open house with an administrator, and their access token.
async fn with_admin() -> (House, String) {
    let house = House::open().await;
    house.official(ROOT, "admin").await;
    let token = house.sign_in(ROOT).await.access;
    (house, token)
}

async fn key(house: &House, scopes: &[&str]) -> String {
    let new = registry::keys::NewKey {
        name: "feeder".to_owned(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        expires: None,
    };
    let (_, secret) = house
        .registry
        .make_key(new, &registry::audit::By::house("test"))
        .await
        .unwrap();
    secret.reveal().to_owned()
}

async fn patch(house: &House, path: &str, token: &str, if_match: Option<&str>, body: &Value) -> Answer {
    let mut request = house.request(Method::PATCH, path).bearer_auth(token).json(body);
    if let Some(tag) = if_match {
        request = request.header("if-match", tag);
    }
    house.send(request).await
}

#[tokio::test]
async fn somebody_is_added_invited_and_accepts() {
    let (house, root) = with_admin().await;
    let body = json!({"name": "Анна Петрова", "email": ANNA, "language": "ru", "zone": "Europe/Moscow",
        "attributes": {"office": "Port", "floor": 3, "remote": false}});
    let added = house.post("/api/v1/people", Some(&root), &body).await.expect(201);
    let id = added.text("id");
    assert_eq!(added.headers["location"], format!("/api/v1/people/{id}"));
    assert_eq!(
        (added.text("state"), added.body["attributes"]["floor"].clone()),
        ("invited".to_owned(), json!(3))
    );
    house
        .post("/api/v1/people", Some(&root), &body)
        .await
        .expect_problem(409, "conflict");
    house
        .try_sign_in(ANNA, PASSWORD)
        .await
        .expect_problem(401, "credentials_invalid");

    let invitation = format!("/api/v1/people/{id}/invitation");
    let issued = house.post(&invitation, Some(&root), &json!({})).await.expect(201);
    let token = issued.text("link").rsplit('/').next().unwrap().to_owned();
    let shown = house
        .get(&format!("/api/v1/links/{token}"), None)
        .await
        .expect(200);
    assert_eq!(
        (shown.text("purpose"), shown.text("email")),
        ("invitation".to_owned(), ANNA.to_owned())
    );
    let accept = format!("/api/v1/links/{token}/accept");
    let weak = house
        .post(&accept, None, &json!({"password": "1234567890"}))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(weak.body["errors"][0]["field"], "password");
    house
        .post(&accept, None, &json!({"password": PASSWORD}))
        .await
        .expect(204);
    house
        .post(&accept, None, &json!({"password": PASSWORD}))
        .await
        .expect_problem(410, "gone");
    house
        .get("/api/v1/links/nonsense", None)
        .await
        .expect_problem(404, "not_found");
    let annas = house.sign_in(ANNA).await.access;
    let me = house.get("/api/v1/me", Some(&annas)).await.expect(200);
    assert_eq!((me.text("id"), me.text("state")), (id, "active".to_owned()));
}

#[tokio::test]
async fn nobodys_change_is_overwritten_unseen() {
    let (house, root) = with_admin().await;
    let anna = house.person(ANNA).await;
    let path = format!("/api/v1/people/{anna}");
    let read = house.get(&path, Some(&root)).await.expect(200);
    let tag = read.headers["etag"].to_str().unwrap().to_owned();
    patch(&house, &path, &root, None, &json!({"name": "A"}))
        .await
        .expect_problem(428, "precondition_required");
    let changed = patch(&house, &path, &root, Some(&tag), &json!({"name": "Anna B"}))
        .await
        .expect(200);
    assert_ne!(changed.headers["etag"], tag.as_str());
    patch(&house, &path, &root, Some(&tag), &json!({"name": "C"}))
        .await
        .expect_problem(412, "precondition_failed");
    let bad = patch(
        &house,
        &path,
        &root,
        Some("*"),
        &json!({"zone": "Mars/Olympus", "language": "fr"}),
    )
    .await;
    let bad = bad.expect_problem(422, "invalid");
    let fields = bad.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["field"].clone())
        .collect::<Vec<_>>();
    assert_eq!(fields, ["language", "zone"]);
    let unknown = patch(&house, &path, &root, Some("*"), &json!({"nmae": "A"}))
        .await
        .expect_problem(422, "invalid");
    assert_eq!(
        unknown.body["errors"][0]["message"],
        "is not known here; did you mean `name`?"
    );
}

#[tokio::test]
async fn people_change_their_own_profile_and_see_nobody_else() {
    let (house, _) = with_admin().await;
    let boris = house.person("boris@example.org").await;
    house.person(ANNA).await;
    let annas = house.sign_in(ANNA).await.access;
    patch(
        &house,
        "/api/v1/me",
        &annas,
        Some("*"),
        &json!({"language": "ru"}),
    )
    .await
    .expect(200);
    // The old token tells the old language, so it is cut short.
    house.get("/api/v1/me", Some(&annas)).await.expect(401);
    let annas = house.sign_in(ANNA).await.access;
    let own_address = json!({"email": "else@example.org"});
    patch(&house, "/api/v1/me", &annas, Some("*"), &own_address)
        .await
        .expect_problem(403, "forbidden");
    for path in ["", "/export", "/grants", "/audit"] {
        let path = format!("/api/v1/people/{boris}{path}");
        house
            .get(&path, Some(&annas))
            .await
            .expect_problem(404, "not_found");
    }
    house
        .get("/api/v1/people", Some(&annas))
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn a_role_bites_and_is_lost_within_a_tokens_life() {
    let (house, root) = with_admin().await;
    let anna = house.person(ANNA).await;
    let grants = format!("/api/v1/people/{anna}/grants");
    let before = house.sign_in(ANNA).await.access;
    house
        .post(&grants, Some(&root), &json!({"relation": "auditor"}))
        .await
        .expect(204);
    house.get("/api/v1/audit", Some(&before)).await.expect(401);
    let auditor = house.sign_in(ANNA).await.access;
    house.get("/api/v1/audit", Some(&auditor)).await.expect(200);
    house
        .call(
            Method::DELETE,
            &format!("{grants}/auditor@house"),
            Some(&root),
            None,
        )
        .await
        .expect(204);
    house.get("/api/v1/audit", Some(&auditor)).await.expect(401);
    house
        .post(&grants, Some(&root), &json!({"relation": "emperor"}))
        .await
        .expect_problem(422, "invalid");
    let me = house.get("/api/v1/me", Some(&root)).await.expect(200).text("id");
    let own = format!("/api/v1/people/{me}/grants/admin@house");
    house
        .call(Method::DELETE, &own, Some(&root), None)
        .await
        .expect_problem(409, "conflict");
}

#[tokio::test]
async fn blocking_ends_sessions_and_deletion_leaves_an_id() {
    let (house, root) = with_admin().await;
    let anna = house.person(ANNA).await;
    let path = format!("/api/v1/people/{anna}");
    let annas = house.sign_in(ANNA).await.access;
    house
        .post(&format!("{path}/block"), Some(&root), &json!({}))
        .await
        .expect(200);
    house.get("/api/v1/me", Some(&annas)).await.expect(401);
    house
        .try_sign_in(ANNA, PASSWORD)
        .await
        .expect_problem(403, "forbidden");
    house
        .post(&format!("{path}/unblock"), Some(&root), &json!({}))
        .await
        .expect(200);
    house.sign_in(ANNA).await;
    let export = house
        .get(&format!("{path}/export"), Some(&root))
        .await
        .expect(200);
    assert_eq!(export.body["person"]["email"], ANNA);
    assert_eq!(export.body["sessions"].as_array().unwrap().len(), 1);
    assert!(export.body["letters"].is_array());
    assert_eq!(export.body["stopped_streams"], serde_json::json!([]));
    house.clock.advance_seconds(1);
    for _ in 0..2 {
        house
            .call(Method::DELETE, &path, Some(&root), None)
            .await
            .expect(204);
    }
    let left = house.get(&path, Some(&root)).await.expect(200);
    assert_eq!(left.text("state"), "deleted");
    assert!(left.body.get("email").is_none() && left.body.get("name").is_none());
    let trail = house.get(&format!("{path}/audit"), Some(&root)).await.expect(200);
    assert_eq!(trail.body["items"][0]["act"], "person.deleted");
    assert!(!trail.body.to_string().contains("nna@"), "{}", trail.body);
}

#[tokio::test]
async fn lists_are_filtered_paged_and_refuse_what_they_do_not_know() {
    let (house, root) = with_admin().await;
    for n in 0..5 {
        house.person(&format!("p{n}@example.org")).await;
    }
    let first = house.get("/api/v1/people?limit=4", Some(&root)).await.expect(200);
    assert_eq!(first.body["items"].as_array().unwrap().len(), 4);
    let rest = format!("/api/v1/people?limit=4&cursor={}", first.text("next"));
    let rest = house.get(&rest, Some(&root)).await.expect(200);
    assert_eq!(rest.body["items"].as_array().unwrap().len(), 2);
    assert!(rest.body.get("next").is_none());
    let found = house
        .get("/api/v1/people?search=p3@", Some(&root))
        .await
        .expect(200);
    assert_eq!(found.body["items"][0]["email"], "p3@example.org");
    let admins = house
        .get("/api/v1/people?role=admin&limit=1", Some(&root))
        .await
        .expect(200);
    assert_eq!(admins.body["items"].as_array().unwrap().len(), 1);
    assert!(admins.body.get("next").is_none(), "the five others hold no role");
    for (path, code) in [
        ("/api/v1/people?state=asleep", "malformed"),
        ("/api/v1/people?role=king", "malformed"),
        ("/api/v1/people?cursor=%25", "malformed"),
        ("/api/v1/people?cursor=AAAA", "malformed"),
        ("/api/v1/audit?act=person.invented", "malformed"),
        ("/api/v1/audit?from=yesterday", "malformed"),
        ("/api/v1/audit?on=7", "malformed"),
    ] {
        house.get(path, Some(&root)).await.expect_problem(400, code);
    }
    let read = key(&house, &["people:read", "audit:read"]).await;
    let acts = "/api/v1/audit?act=person.created&limit=2";
    let acts = house
        .send(house.request(Method::GET, acts).header("x-api-key", &read))
        .await
        .expect(200);
    assert_eq!(acts.body["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn whoever_asks_for_a_reset_learns_nothing_and_not_too_often() {
    let options = registry::Options {
        account_attempts_per_minute: 2,
        ..registry::Options::for_tests()
    };
    let house = House::open_with(options).await;
    house.person(ANNA).await;
    for email in [ANNA, "nobody@example.org"] {
        let body = json!({ "email": email });
        for _ in 0..2 {
            let answer = house.post("/api/v1/resets", None, &body).await.expect(202);
            assert_eq!(answer.body, Value::Null);
        }
        let limited = house
            .post("/api/v1/resets", None, &body)
            .await
            .expect_problem(429, "too_many_requests");
        assert!(limited.headers.contains_key("retry-after"));
    }
}

#[tokio::test]
async fn another_system_feeds_people_and_each_row_has_its_answer() {
    let house = House::open().await;
    house.person(ANNA).await;
    let feeder = key(&house, &["people:replicate"]).await;
    let batch = json!([
        {"id": "6f1c2b58-6a0a-4b2e-9a52-0f6a3f0c1a01", "version": 1, "name": "One", "email": "one@example.org"},
        {"id": "6f1c2b58-6a0a-4b2e-9a52-0f6a3f0c1a02", "version": 1, "email": ANNA},
        {"id": "x", "version": -1, "zone": "Nowhere"},
        {"id": "6f1c2b58-6a0a-4b2e-9a52-0f6a3f0c1a03", "version": 3, "gone": true},
    ]);
    let put = |body: Value| {
        house.send(
            house
                .request(Method::PUT, "/api/v1/replica/people")
                .header("x-api-key", &feeder)
                .json(&body),
        )
    };
    let outcomes = |answer: &Answer| {
        answer.body["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["outcome"].clone())
            .collect::<Vec<_>>()
    };
    let first = put(batch.clone()).await.expect(200);
    assert_eq!(outcomes(&first), ["created", "created", "invalid", "retired"]);
    assert_eq!(first.body["rows"][1]["email_taken"], true);
    assert_eq!(first.body["rows"][2]["errors"].as_array().unwrap().len(), 3);
    let again = put(batch).await.expect(200);
    assert_eq!(
        outcomes(&again),
        ["unchanged", "unchanged", "invalid", "unchanged"]
    );
    let too_many = vec![json!({"id": "x", "version": 1}); 1001];
    put(json!(too_many)).await.expect_problem(422, "invalid");
    put(json!([{"id": "x", "version": 1, "emial": "a"}]))
        .await
        .expect_problem(422, "invalid");
}

fn with<T>(message: T, header: &'static str, value: &str) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let value: MetadataValue<_> = value.parse().unwrap();
    request.metadata_mut().insert(header, value);
    request
}

async fn client(house: &House) -> PeopleClient<Channel> {
    let channel = Channel::from_shared(house.base().to_owned()).unwrap();
    PeopleClient::new(channel.connect().await.unwrap())
}

#[tokio::test]
async fn grpc_has_the_same_gate_and_the_same_answers() {
    let (house, root) = with_admin().await;
    let anna = house.person(ANNA).await.to_string();
    let annas = format!("Bearer {}", house.sign_in(ANNA).await.access);
    let root = format!("Bearer {root}");
    let mut people = client(&house).await;
    let get = |id: &str| pb::GetPersonRequest { id: id.to_owned() };

    let nobody = people.get_person(get(&anna)).await.unwrap_err();
    assert_eq!(nobody.code(), tonic::Code::Unauthenticated);
    let found = people
        .get_person(with(get(&anna), "authorization", &annas))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (found.email.as_deref(), found.state()),
        (Some(ANNA), pb::PersonState::Active)
    );
    for id in ["01997a3c-5f0e-8a31-9d2c-4b7a11c0ffee", "7"] {
        let foreign = people
            .get_person(with(get(id), "authorization", &annas))
            .await
            .unwrap_err();
        assert_eq!(foreign.code(), tonic::Code::NotFound);
    }
    let me = people
        .who_am_i(with(pb::WhoAmIRequest {}, "authorization", &root))
        .await
        .unwrap()
        .into_inner();
    let Some(pb::who_am_i_response::Who::Person(me)) = me.who else {
        panic!("a person asked")
    };
    assert_eq!(me.grants.len(), 1);
}

#[tokio::test]
async fn grpc_lists_page_by_page_to_those_who_may() {
    let (house, root) = with_admin().await;
    house.person(ANNA).await;
    let annas = format!("Bearer {}", house.sign_in(ANNA).await.access);
    let root = format!("Bearer {root}");
    let mut people = client(&house).await;
    let list = || pb::ListPeopleRequest {
        limit: 1,
        ..Default::default()
    };
    let refused = people
        .list_people(with(list(), "authorization", &annas))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
    let page = people
        .list_people(with(list(), "authorization", &root))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.people.len(), 1);
    let next = pb::ListPeopleRequest {
        cursor: page.next_cursor,
        ..list()
    };
    let page = people
        .list_people(with(next, "authorization", &root))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((page.people.len(), page.next_cursor.as_str()), (1, ""));
}

#[tokio::test]
async fn grpc_feeds_people_for_services_only() {
    let (house, root) = with_admin().await;
    let root = format!("Bearer {root}");
    let mut people = client(&house).await;
    let feeder = key(&house, &["people:replicate"]).await;
    let floor = pb::Scalar {
        value: Some(pb::scalar::Value::Integer(3)),
    };
    let row = pb::ReplicaRow {
        id: "6f1c2b58-6a0a-4b2e-9a52-0f6a3f0c1a01".to_owned(),
        version: 1,
        name: "Fed".to_owned(),
        attributes: [("floor".to_owned(), floor)].into(),
        ..Default::default()
    };
    let bad = pb::ReplicaRow {
        zone: "Nowhere".to_owned(),
        ..row.clone()
    };
    let batch = pb::UpsertReplicaRequest { rows: vec![row, bad] };
    let refused = people
        .upsert_replica(with(batch.clone(), "authorization", &root))
        .await
        .unwrap_err();
    assert_eq!(
        refused.code(),
        tonic::Code::PermissionDenied,
        "not even the administrator"
    );
    let answers = people
        .upsert_replica(with(batch, "x-api-key", &feeder))
        .await
        .unwrap()
        .into_inner()
        .answers;
    assert_eq!(answers[0].outcome(), pb::ReplicaOutcome::Created);
    assert_eq!(answers[1].outcome(), pb::ReplicaOutcome::Invalid);
    assert_eq!(answers[1].errors[0].field, "zone");
}
