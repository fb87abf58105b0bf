//! What programs and operators ask for: gRPC methods, probes, documents, assets.

use super::people::SEE;
use super::{Sample, Shows, sample};
use crate::town::Call;

/// `ServerReflectionRequest { list_services: "" }`: field 7, a text of no length.
const LIST_SERVICES: &[u8] = &[0x3a, 0];

pub fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/openapi.json",
        "/api/problems",
        "/api/docs",
        "/api/docs/",
    ] {
        samples.push(sample("GET", path, Shows::Everyone, async |_| Call::default()));
    }
    samples.push(sample("GET", "/api/docs/{file}", Shows::Whoever, async |ctx| {
        Call::default().at(&[if ctx.unknown() {
            "nothing.css"
        } else {
            "swagger-ui.css"
        }])
    }));
    samples.extend(grpc());
    samples.push(sample(
        "GET",
        front::frame::ASSET_ROUTE,
        Shows::Whoever,
        async |ctx| {
            let address = front::frame::address("house.css");
            let mut parts = address.rsplit('/');
            let name = parts.next().unwrap();
            let hash = parts.next().unwrap();
            Call::default().at(&[hash, if ctx.unknown() { "nothing.css" } else { name }])
        },
    ));
    samples
}

fn grpc() -> Vec<Sample> {
    let mut samples = Vec::new();
    for method in ["Check", "Watch"] {
        let path = format!("/grpc.health.v1.Health/{method}").leak();
        samples.push(sample(
            "POST",
            path,
            Shows::Everyone,
            async |_| Call::message(&[]),
        ));
    }
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo").leak();
        samples.push(sample("POST", path, Shows::Everyone, async |_| {
            Call::message(LIST_SERVICES)
        }));
    }
    for method in ["ListPeople", "UpsertReplica", "WhoAmI"] {
        let path = format!("/townhall.registry.v1.People/{method}").leak();
        samples.push(sample(
            "POST",
            path,
            Shows::Everyone,
            async |_| Call::message(&[]),
        ));
    }
    samples.push(sample(
        "POST",
        "/townhall.registry.v1.People/GetPerson",
        SEE,
        async |ctx| {
            // `GetPersonRequest { id }`: field 1, a text.
            let id = ctx.owner.id.as_bytes();
            let mut message = vec![0x0a, u8::try_from(id.len()).unwrap()];
            message.extend_from_slice(id);
            Call::message(&message)
        },
    ));
    samples
}
