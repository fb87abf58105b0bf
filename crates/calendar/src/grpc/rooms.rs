//! Rooms and things.

use front::{Listing, Problem};
use kernel::PersonId;
use tonic::{Request, Response, Status};
use wire::calendar::v1 as pb;
use wire::calendar::v1::resources_server::Resources;

use super::{Speaker, id, instant_in, paging, words};
use crate::http::resources::ResourcesIn;
use crate::resources::{Resource, Sort};

#[tonic::async_trait]
impl Resources for Speaker {
    async fn list_resources(
        &self,
        request: Request<pb::ListResourcesRequest>,
    ) -> Result<Response<pb::ListResourcesResponse>, Status> {
        let given = request.into_inner();
        let asked = ResourcesIn {
            seats: Some(given.seats),
            from: given.from_micros.map(instant_in),
            to: given.to_micros.map(instant_in),
        };
        let paging = paging(&given.cursor, given.limit)?;
        let (page, free) = asked.listed(&self.0, &paging).await?;
        let mut free = free.into_iter().flatten();
        let listed = Listing::of(page, |resource| resource_out(resource, free.next()));
        Ok(Response::new(pb::ListResourcesResponse {
            resources: listed.items,
            next: listed.next.unwrap_or_default(),
        }))
    }

    async fn put_resource(
        &self,
        request: Request<pb::PutResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let given = request.into_inner();
        let person = PersonId(id(&given.person)?);
        let about = (words::must::<Sort>("sort", given.sort)?, given.place, given.seats);
        let made = self.0.make_resource(person, about).await.map_err(Problem::from)?;
        Ok(Response::new(resource_out(made, None)))
    }

    async fn end_resource(
        &self,
        request: Request<pb::EndResourceRequest>,
    ) -> Result<Response<pb::EndResourceResponse>, Status> {
        let person = PersonId(id(&request.get_ref().person)?);
        let ended = self.0.end_resource(person).await;
        ended.map_err(Problem::from)?;
        Ok(Response::new(pb::EndResourceResponse {}))
    }
}

pub(super) fn resource_out(resource: Resource, free: Option<bool>) -> pb::Resource {
    pb::Resource {
        person: resource.person.to_string(),
        sort: words::tell(resource.sort),
        name: resource.name,
        place: resource.place,
        seats: resource.seats,
        free,
    }
}
