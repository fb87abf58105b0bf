//! The OpenAPI document tells the truth: it is well formed, names each route of the API and no other, says of each
//! operation who may call it and what can go wrong, and each operation answers as it declares when it is called.

use std::collections::{BTreeMap, BTreeSet};

use front::{Access, Code, Kind, RouteEntry};
use serde_json::Value;

use crate::town::Town;
use crate::town::samples::{self, Ctx};

/// The document is no operation of the API.
const ITSELF: &str = "/api/openapi.json";
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

/// What the house says of its API.
pub struct Document(Value);

struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    said: &'a Value,
}

impl Operation<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }
}

impl Document {
    pub fn of(town: &Town) -> Document {
        Document(serde_json::from_str(town.front.openapi()).unwrap())
    }

    fn operations(&self) -> Vec<Operation<'_>> {
        let mut operations = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for method in METHODS {
                if let Some(said) = item.get(method) {
                    operations.push(Operation { method, path, said });
                }
            }
        }
        operations
    }

    /// What is said of a route of the API; null of others.
    pub fn operation(&self, route: &RouteEntry) -> &Value {
        &self.0["paths"][&route.path][route.method.as_str().to_lowercase()]
    }

    /// What a `$ref` leads to, or the value itself.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(target) => {
                let pointer = target
                    .strip_prefix('#')
                    .unwrap_or_else(|| panic!("{target} leads out"));
                self.0
                    .pointer(pointer)
                    .unwrap_or_else(|| panic!("{target} leads nowhere"))
            }
            None => value,
        }
    }
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_each_reference_leads_somewhere() {
    let document = Document::of(&Town::open().await);
    assert!(document.0["openapi"].as_str().unwrap().starts_with("3.1."));
    assert!(!document.0["info"]["title"].as_str().unwrap().is_empty());
    let mut values = vec![&document.0];
    while let Some(value) = values.pop() {
        if value["$ref"].is_string() {
            document.resolve(value);
        }
        match value {
            Value::Object(fields) => values.extend(fields.values()),
            Value::Array(items) => values.extend(items),
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_document_names_each_route_of_the_api_and_its_access() {
    let town = Town::open().await;
    let document = Document::of(&town);
    let routes: BTreeMap<String, Access> = town
        .front
        .table()
        .iter()
        .filter(|route| route.kind == Kind::Api && route.path != ITSELF)
        .map(|route| (format!("{} {}", route.method, route.path), route.access))
        .collect();
    let documented: BTreeSet<String> = document.operations().iter().map(Operation::name).collect();
    assert_eq!(documented, routes.keys().cloned().collect::<BTreeSet<_>>());
    for operation in document.operations() {
        let access = routes[&operation.name()];
        assert_eq!(
            operation.said["x-access"],
            access.to_json(),
            "{}",
            operation.name()
        );
        let security = operation.said["security"].as_array().unwrap();
        let open = security.iter().any(|way| way.as_object().unwrap().is_empty());
        assert_eq!(
            open,
            !access.needs_credentials(),
            "{}: security",
            operation.name()
        );
    }
}

#[tokio::test]
async fn each_operation_says_what_it_does_and_what_can_go_wrong() {
    let document = Document::of(&Town::open().await);
    let mut wrong = Vec::new();
    let mut ids = BTreeSet::new();
    for operation in document.operations() {
        let name = operation.name();
        let mut want = |condition: bool, what: &str| {
            if !condition {
                wrong.push(format!("{name}: {what}"));
            }
        };
        let said = operation.said;
        let id = said["operationId"].as_str().unwrap_or_default();
        want(
            !id.is_empty() && ids.insert(id.to_owned()),
            "has its own operationId",
        );
        want(
            said["summary"]
                .as_str()
                .is_some_and(|text| !text.trim().is_empty()),
            "says what it does",
        );
        want(
            said["tags"].as_array().is_some_and(|tags| !tags.is_empty()),
            "stands under a tag",
        );
        for complaint in complaints(&document, &operation) {
            want(false, &complaint);
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is wrong with the answers and parameters that an operation declares.
fn complaints(document: &Document, operation: &Operation<'_>) -> Vec<String> {
    let mut complaints = Vec::new();
    let responses = operation.said["responses"].as_object().unwrap();
    if !responses
        .keys()
        .any(|status| status.starts_with('2') || status.starts_with('3'))
    {
        complaints.push("declares no answer of success".to_owned());
    }
    let guarded =
        operation.said["x-access"]["people"] != "public" && operation.said["x-access"]["people"] != "greeted";
    let always = ["429", "500", "503"]
        .iter()
        .chain(guarded.then_some(["401", "403"].iter()).into_iter().flatten());
    complaints.extend(
        always
            .filter(|status| !responses.contains_key(**status))
            .map(|status| format!("lacks {status}")),
    );
    for (status, response) in responses
        .iter()
        .filter(|(status, _)| status.starts_with(['4', '5']))
    {
        let content = &document.resolve(response)["content"];
        let schema = &content["application/problem+json"]["schema"]["$ref"];
        // OpenFeature's protocol has words of its own for what is wrong with a question.
        let own_words = operation.path.starts_with("/ofrep/") && matches!(status.as_str(), "400" | "404");
        if schema != "#/components/schemas/Problem" && !own_words {
            complaints.push(format!("{status} is not a Problem"));
        }
    }
    let declared: BTreeSet<&str> = operation.said["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| document.resolve(parameter))
        .filter(|parameter| parameter["in"] == "path" && parameter["required"] == true)
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let in_path: BTreeSet<&str> = operation.path.split(['{', '}']).skip(1).step_by(2).collect();
    if declared != in_path {
        complaints.push(format!("declares the parameters {declared:?} of its path"));
    }
    complaints
}

#[tokio::test]
async fn the_list_of_problem_codes_is_closed_and_documented() {
    let document = Document::of(&Town::open().await);
    let problem = &document.0["components"]["schemas"]["Problem"];
    let listed: Vec<&str> = problem["properties"]["code"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let ours: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(listed, ours);
    let text = problem["description"].as_str().unwrap();
    for code in ours {
        assert!(text.contains(&format!("`{code}`")), "{code} is not explained");
    }
}

/// Each operation is called once by somebody who may, and must answer with a success that it declares.
#[tokio::test(flavor = "multi_thread")]
async fn each_operation_answers_as_it_declares() {
    let town = Town::open().await;
    let document = Document::of(&town);
    let mut wrong = Vec::new();
    for operation in document.operations() {
        let name = operation.name();
        let route = town
            .front
            .table()
            .iter()
            .find(|route| format!("{} {}", route.method, route.path) == name);
        let route = route.unwrap().clone();
        let Some(sample) = samples::of(&route) else {
            wrong.push(format!(
                "{name}: is not exercised; add a sample to crates/it/tests/it/town/samples"
            ));
            continue;
        };
        let (caller, owner) = town.whoever_may(&route).await;
        let call = (sample.call)(Ctx {
            town: town.clone(),
            owner,
        })
        .await;
        let answer = town.call(&route, &caller, call).await;
        let declared = &operation.said["responses"][answer.status.to_string()];
        let kind = answer
            .headers
            .get("content-type")
            .map(|kind| kind.to_str().unwrap().to_owned());
        let fits = match (&kind, declared["content"].as_object()) {
            (Some(kind), Some(content)) => content.contains_key(kind.split(';').next().unwrap_or(kind)),
            (None, None) => true,
            (Some(_), None) => answer.body.is_empty(),
            (None, Some(_)) => false,
        };
        if !(200..400).contains(&answer.status) || declared.is_null() || !fits {
            wrong.push(format!(
                "{name}: answered {} {kind:?}, which it does not declare: {}",
                answer.status,
                answer.text()
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
