//! People, roles, links, audit.

use serde_json::json;

use super::{Sample, Shows, sample};
use crate::town::{Call, PASSWORD, Role};

pub const SEE: Shows = Shows::OwnerAnd {
    served: &[Role::Auditor, Role::Registrar, Role::Admin],
    forbidden: &[],
};
const ADMINISTER: Shows = Shows::OwnerAnd {
    served: &[Role::Registrar, Role::Admin],
    forbidden: &[Role::Auditor],
};
const AUDIT: Shows = Shows::OwnerAnd {
    served: &[Role::Auditor, Role::Admin],
    forbidden: &[Role::Registrar],
};

pub fn samples() -> Vec<Sample> {
    let mut samples = vec![
        sample("GET", "/api/v1/people", Shows::Everyone, async |_| {
            Call::default()
        }),
        sample("POST", "/api/v1/people", Shows::Everyone, async |ctx| {
            let number = ctx.town.number();
            Call::json(&json!({"email": format!("new{number}@town.example"), "name": "New"}))
        }),
        sample("GET", "/api/v1/me", Shows::Everyone, async |_| Call::default()),
        sample("PATCH", "/api/v1/me", Shows::Everyone, async |_| {
            Call::json(&json!({"name": "Another Name"})).header("if-match", "*")
        }),
        sample("GET", "/api/v1/people/{id}", SEE, async |ctx| {
            Call::default().at(&[&ctx.owner.id])
        }),
        sample("PATCH", "/api/v1/people/{id}", ADMINISTER, async |ctx| {
            Call::json(&json!({"name": "Another Name"}))
                .header("if-match", "*")
                .at(&[&ctx.owner.id])
        }),
        sample("GET", "/api/v1/people/{id}/export", ADMINISTER, async |ctx| {
            Call::default().at(&[&ctx.owner.id])
        }),
        sample("GET", "/api/v1/people/{id}/grants", SEE, async |ctx| {
            Call::default().at(&[&ctx.owner.id])
        }),
        sample(
            "POST",
            "/api/v1/people/{id}/grants",
            Shows::Whoever,
            async |ctx| Call::json(&json!({"relation": "auditor", "scope": "house"})).at(&[&ctx.owner.id]),
        ),
        sample(
            "DELETE",
            "/api/v1/people/{id}/grants/{role}",
            Shows::Whoever,
            async |ctx| Call::default().at(&[&ctx.owner.id, "auditor@house"]),
        ),
        sample("PUT", "/api/v1/replica/people", Shows::Everyone, async |ctx| {
            let name = format!("Replica {}", ctx.town.number());
            Call::json(&json!([{"id": ctx.owner.id, "version": 1, "name": name}]))
        }),
        sample("GET", "/api/v1/audit", Shows::Everyone, async |_| Call::default()),
        sample("GET", "/api/v1/people/{id}/audit", AUDIT, async |ctx| {
            Call::default().at(&[&ctx.owner.id])
        }),
    ];
    for act in ["block", "unblock", "reset"] {
        let path = format!("/api/v1/people/{{id}}/{act}").leak();
        samples.push(sample("POST", path, Shows::Whoever, async |ctx| {
            Call::default().at(&[&ctx.owner.id])
        }));
    }
    samples.push(sample(
        "DELETE",
        "/api/v1/people/{id}",
        Shows::Whoever,
        async |ctx| Call::default().at(&[&ctx.owner.id]),
    ));
    samples.extend(links());
    samples
}

fn links() -> Vec<Sample> {
    vec![
        sample(
            "POST",
            "/api/v1/people/{id}/invitation",
            Shows::Whoever,
            async |ctx| {
                let id = if ctx.unknown() {
                    ctx.owner.id
                } else {
                    ctx.town.invited().await.0
                };
                Call::default().at(&[&id])
            },
        ),
        sample("GET", "/api/v1/links/{token}", Shows::Whoever, async |ctx| {
            let token = if ctx.unknown() {
                never_issued(&ctx.town.invited().await.1)
            } else {
                ctx.town.invited().await.1
            };
            Call::default().at(&[&token])
        }),
        sample(
            "POST",
            "/api/v1/links/{token}/accept",
            Shows::Whoever,
            async |ctx| {
                let token = if ctx.unknown() {
                    never_issued(&ctx.town.invited().await.1)
                } else {
                    ctx.town.invited().await.1
                };
                Call::json(&json!({"password": PASSWORD})).at(&[&token])
            },
        ),
        sample("POST", "/api/v1/resets", Shows::Everyone, async |_| {
            Call::json(&json!({"email": "who@town.example"}))
        }),
    ]
}

/// A well-formed token that opens nothing.
fn never_issued(token: &str) -> String {
    token.chars().rev().collect()
}
