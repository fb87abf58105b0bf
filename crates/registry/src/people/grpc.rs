//! People over gRPC: the same use cases, the same gate, the same codes as over HTTP.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use front::{Access, Caller, Code, Problem, Routes, Who};
use kernel::{Cursor, PageSize, PersonId};
use tonic::{Request, Response, Status};
use wire::registry::v1 as pb;
use wire::registry::v1::people_server::{People, PeopleServer};

use super::http::{READ, REPLICATE};
use super::list::Search;
use super::replica::{Fact, Taken};
use super::report::{Head, Row, check_size};
use super::types::{Origin, Person, Replicated, StateName, Value};
use super::wire::{AboutIn, Faults, ScalarIn};
use crate::audit::By;
use crate::grants::types::Doer;
use crate::grants::{ADMIN, AUDITOR, REGISTRAR};
use crate::service::Registry;

pub fn routes(registry: Arc<Registry>) -> Routes {
    let methods = [
        ("GetPerson", Access::SIGNED_IN.or_key(READ)),
        (
            "ListPeople",
            Access::role(&[ADMIN, REGISTRAR, AUDITOR]).or_key(READ),
        ),
        ("UpsertReplica", Access::key(REPLICATE)),
        ("WhoAmI", Access::SIGNED_IN.or_key(READ)),
    ];
    Routes::new("registry").grpc(
        &PeopleServer::new(Speaker(registry)),
        &methods,
        Some(wire::DESCRIPTORS),
    )
}

/// The registry as gRPC sees it.
struct Speaker(Arc<Registry>);

#[tonic::async_trait]
impl People for Speaker {
    async fn get_person(
        &self,
        request: Request<pb::GetPersonRequest>,
    ) -> Result<Response<pb::Person>, Status> {
        let caller = caller(&request)?;
        let id = request
            .get_ref()
            .id
            .parse::<PersonId>()
            .map_err(|_| Problem::not_found())?;
        let person = self
            .0
            .person(&Doer::from(&caller), id)
            .await
            .map_err(Problem::from)?;
        Ok(Response::new(person_out(&person)))
    }

    async fn list_people(
        &self,
        request: Request<pb::ListPeopleRequest>,
    ) -> Result<Response<pb::ListPeopleResponse>, Status> {
        let asked = request.into_inner();
        let after = match asked.cursor.as_str() {
            "" => None,
            text => Some(Cursor::decode(text).map_err(front::bad_cursor)?),
        };
        let search = Search {
            state: state_in(asked.state)?,
            text: Some(asked.search),
            role: None,
        };
        let size = PageSize::clamped((asked.limit > 0).then_some(asked.limit));
        let page = self
            .0
            .people(&search, after.as_ref(), size)
            .await
            .map_err(Problem::from)?;
        Ok(Response::new(pb::ListPeopleResponse {
            people: page.items.iter().map(person_out).collect(),
            next_cursor: page.next.as_ref().map(Cursor::encode).unwrap_or_default(),
        }))
    }

    async fn upsert_replica(
        &self,
        request: Request<pb::UpsertReplicaRequest>,
    ) -> Result<Response<pb::UpsertReplicaResponse>, Status> {
        let by = By::from(&caller(&request)?);
        let rows = request.into_inner().rows;
        check_size(rows.len(), "rows")?;
        let rows = rows.into_iter().map(read).collect();
        let answers = self.0.take_rows(&by, rows).await.map_err(Problem::from)?;
        let answers = answers.into_iter().map(|row| match row.said {
            Ok(taken) => answer(row.id, taken),
            Err(problem) => refusal(row.id, &problem),
        });
        let answers = answers.collect();
        Ok(Response::new(pb::UpsertReplicaResponse { answers }))
    }

    async fn who_am_i(
        &self,
        request: Request<pb::WhoAmIRequest>,
    ) -> Result<Response<pb::WhoAmIResponse>, Status> {
        let who = match &caller(&request)?.who {
            Who::Nobody => return Err(Problem::new(Code::NotSignedIn).into()),
            Who::Person(person) => pb::who_am_i_response::Who::Person(pb::SignedInPerson {
                id: person.id.to_string(),
                session_id: person.session.to_string(),
                grants: person
                    .roles
                    .grants()
                    .iter()
                    .map(|grant| pb::Grant {
                        relation: grant.relation.clone(),
                        scope: grant.scope.clone(),
                    })
                    .collect(),
                language: person.language.to_string(),
                zone: person.zone.clone(),
            }),
            Who::Key(key) => pb::who_am_i_response::Who::Key(pb::ServiceKey {
                id: key.id.to_string(),
                name: key.name.clone(),
                scopes: key.scopes.iter().map(ToString::to_string).collect(),
            }),
        };
        Ok(Response::new(pb::WhoAmIResponse { who: Some(who) }))
    }
}

/// Who the gate let in.
fn caller<T>(request: &Request<T>) -> Result<Caller, Problem> {
    let caller = request.extensions().get::<Caller>().cloned();
    caller.ok_or_else(|| Problem::internal("a gRPC method without a gate asked for its caller"))
}

fn state_in(state: i32) -> Result<Option<StateName>, Problem> {
    match pb::PersonState::try_from(state) {
        Ok(pb::PersonState::Unspecified) => Ok(None),
        Ok(pb::PersonState::Invited) => Ok(Some(StateName::Invited)),
        Ok(pb::PersonState::Active) => Ok(Some(StateName::Active)),
        Ok(pb::PersonState::Blocked) => Ok(Some(StateName::Blocked)),
        Ok(pb::PersonState::Deleted) => Ok(Some(StateName::Deleted)),
        Err(_) => Err(Problem::invalid("state", "unknown", "is not a state of people")),
    }
}

fn state_out(state: StateName) -> pb::PersonState {
    match state {
        StateName::Invited => pb::PersonState::Invited,
        StateName::Active => pb::PersonState::Active,
        StateName::Blocked => pb::PersonState::Blocked,
        StateName::Deleted => pb::PersonState::Deleted,
    }
}

fn person_out(person: &Person) -> pb::Person {
    let about = person.about();
    pb::Person {
        id: person.id.to_string(),
        state: state_out(person.state.name()).into(),
        email: person.email().map(ToString::to_string),
        name: about.map(|about| about.name.to_string()).unwrap_or_default(),
        language: about
            .map(|about| about.language.code().to_owned())
            .unwrap_or_default(),
        zone: about
            .map(|about| about.zone.as_str().to_owned())
            .unwrap_or_default(),
        attributes: about
            .map(|about| {
                about
                    .attributes
                    .iter()
                    .map(|(name, value)| (name.to_owned(), scalar_out(value)))
                    .collect()
            })
            .unwrap_or_default(),
        version: person.version,
        source_version: match person.origin {
            Origin::House => None,
            Origin::Source(version) => Some(version),
        },
        created_at_micros: person.created.as_micros(),
        changed_at_micros: person.changed.as_micros(),
    }
}

fn scalar_out(value: &Value) -> pb::Scalar {
    use pb::scalar::Value as Out;
    let value = match value {
        Value::Text(text) => Out::Text(text.clone()),
        Value::Integer(number) => Out::Integer(*number),
        Value::Decimal(number) => Out::Decimal(*number),
        Value::Flag(flag) => Out::Flag(*flag),
    };
    pb::Scalar { value: Some(value) }
}

fn attributes_in(attributes: HashMap<String, pb::Scalar>, faults: &mut Faults) -> BTreeMap<String, ScalarIn> {
    use pb::scalar::Value as In;
    let mut read = BTreeMap::new();
    for (name, scalar) in attributes {
        let value = match scalar.value {
            Some(In::Text(text)) => ScalarIn::Text(text),
            Some(In::Integer(number)) => ScalarIn::Integer(number),
            Some(In::Decimal(number)) => ScalarIn::Decimal(number),
            Some(In::Flag(flag)) => ScalarIn::Flag(flag),
            None => {
                faults.add(format!("attributes.{name}"), "required", "has no value");
                continue;
            }
        };
        read.insert(name, value);
    }
    read
}

fn read(row: pb::ReplicaRow) -> Row<Fact> {
    let head = Head {
        id: &row.id,
        version: row.version,
        gone: row.gone,
        blocked: row.blocked,
    };
    let said = head.fact(|faults| AboutIn {
        email: row.email.as_deref(),
        name: &row.name,
        name_required: false,
        language: Some(row.language.as_str()).filter(|text| !text.is_empty()),
        zone: Some(row.zone.as_str()).filter(|text| !text.is_empty()),
        attributes: Some(attributes_in(row.attributes, faults)),
    });
    Row { id: row.id, said }
}

fn answer(id: String, taken: Taken) -> pb::ReplicaAnswer {
    let outcome = match taken.outcome {
        Replicated::Created => pb::ReplicaOutcome::Created,
        Replicated::Changed => pb::ReplicaOutcome::Changed,
        Replicated::Unchanged => pb::ReplicaOutcome::Unchanged,
        Replicated::Late => pb::ReplicaOutcome::Late,
        Replicated::Retired => pb::ReplicaOutcome::Retired,
        Replicated::GovernedHere => pb::ReplicaOutcome::GovernedHere,
        Replicated::LastAdmin => pb::ReplicaOutcome::LastAdmin,
    };
    pb::ReplicaAnswer {
        id,
        outcome: outcome.into(),
        email_taken: taken.email_taken,
        errors: Vec::new(),
    }
}

fn refusal(id: String, problem: &Problem) -> pb::ReplicaAnswer {
    let errors = problem
        .errors()
        .iter()
        .map(|error| pb::ReplicaFieldError {
            field: error.field.clone(),
            code: error.code.to_string(),
            message: error.message.clone(),
        })
        .collect();
    pb::ReplicaAnswer {
        id,
        outcome: pb::ReplicaOutcome::Invalid.into(),
        email_taken: false,
        errors,
    }
}
