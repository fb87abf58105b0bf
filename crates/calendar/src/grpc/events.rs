//! Events, and what happens when.

use front::{Caller, Problem};
use futures_util::stream;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};
use wire::calendar::v1 as pb;
use wire::calendar::v1::events_server::Events;

use super::shapes::{aim_in, changed_out, difference_out, event_out, fields_in, instance_out, version_out};
use super::{Speaker, caller, id, ids, instant_in, read_as, words};
use crate::agenda::Shown;
use crate::events::Changed;
use crate::http::agenda::RangeIn;
use crate::http::events::{
    AnswerWord, AtIn, EventPreviewIn, MoveIn, ReturnIn, Tried, instance, look, tongue,
};
use crate::http::{visitor, written_by};
use crate::service::Refused;
use crate::types::Stored;

/// Bytes of one message of instances: well below the four megabytes that clients take.
const MESSAGE_BYTES: usize = 1 << 20;
/// What an instance takes beside its words, at most.
const INSTANCE_BYTES: usize = 256;

#[tonic::async_trait]
impl Events for Speaker {
    type ListInstancesStream = BoxStream<pb::ListInstancesResponse>;

    async fn list_instances(
        &self,
        request: Request<pb::ListInstancesRequest>,
    ) -> Result<Response<Self::ListInstancesStream>, Status> {
        let visitor = visitor(&caller(&request)?)?;
        let given = request.into_inner();
        let range = RangeIn {
            from: instant_in(given.from_micros),
            to: instant_in(given.to_micros),
            zone: given.zone,
            calendar: given.calendar,
            search: given.search,
        };
        let shown = range.shown(&self.0, &visitor).await?;
        let told = stream::iter(messages(shown).into_iter().map(Ok));
        Ok(Response::new(Box::pin(told)))
    }

    async fn get_event(&self, request: Request<pb::GetEventRequest>) -> Result<Response<pb::Event>, Status> {
        let by = caller(&request)?;
        let asked = request.get_ref();
        let instance = instance(asked.instance.as_deref())?;
        let called = ids(&asked.calendar, &asked.event)?;
        let found = self.0.visible_event(by.person()?.id, called).await;
        let (_, found) = found.map_err(Problem::from)?;
        Ok(Response::new(event_out(&found, instance, &tongue(&by)?)?))
    }

    async fn create_event(
        &self,
        request: Request<pb::CreateEventRequest>,
    ) -> Result<Response<pb::Event>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let calendar = id(&given.calendar)?;
        let wish = fields_in(given.fields)?.wish()?;
        let owner = written_by(&self.0, &by, calendar).await?;
        told(self.0.create_event(owner, calendar, &wish).await, &by)
    }

    async fn change_event(
        &self,
        request: Request<pb::ChangeEventRequest>,
    ) -> Result<Response<pb::ChangedEvent>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let (called, read) = (ids(&given.calendar, &given.event)?, read_as(given.change)?);
        let aim = aim_in(given.aim)?.aim()?;
        let (owner, look) = look(&self.0, &by, called, &read, aim).await?;
        let wish = fields_in(given.fields)?.wish()?;
        became(self.0.change_event(owner, look, &wish).await, &by)
    }

    async fn delete_event(
        &self,
        request: Request<pb::DeleteEventRequest>,
    ) -> Result<Response<pb::ChangedEvent>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let (called, read) = (ids(&given.calendar, &given.event)?, read_as(given.change)?);
        let aim = aim_in(given.aim)?.aim()?;
        let (owner, look) = look(&self.0, &by, called, &read, aim).await?;
        became(self.0.delete_event(owner, look).await, &by)
    }

    async fn answer_event(
        &self,
        request: Request<pb::AnswerEventRequest>,
    ) -> Result<Response<pb::ChangedEvent>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let (called, read) = (ids(&given.calendar, &given.event)?, read_as(given.change)?);
        let aim = aim_in(given.aim)?.aim()?;
        let answer = words::must::<AnswerWord>("answer", given.answer)?.answer();
        let (owner, look) = look(&self.0, &by, called, &read, aim).await?;
        became(self.0.answer_event(owner, look, answer).await, &by)
    }

    async fn preview_event(
        &self,
        request: Request<pb::PreviewEventRequest>,
    ) -> Result<Response<pb::PreviewEventResponse>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let called = ids(&given.calendar, &given.event)?;
        let aim = aim_in(given.aim)?;
        let fields = given.fields.map(|fields| fields_in(Some(fields)));
        let asked = EventPreviewIn {
            change: fields.transpose()?,
        };
        let Tried { found, more } = asked.tried(&self.0, &by, called, &aim).await?;
        let reached = found.reached.into_iter().map(|one| pb::Reached {
            address: one.address,
            name: one.name,
            what: one.sent.word().to_owned(),
            by: one.means.word().to_owned(),
        });
        Ok(Response::new(pb::PreviewEventResponse {
            differences: found.differences.into_iter().map(difference_out).collect(),
            more,
            written_to: reached.collect(),
        }))
    }

    async fn explain_event(
        &self,
        request: Request<pb::ExplainEventRequest>,
    ) -> Result<Response<pb::ExplainEventResponse>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let called = ids(&given.calendar, &given.event)?;
        let asked = AtIn { at: given.at };
        let told = asked.explained(&self.0, &by, called).await?;
        Ok(Response::new(pb::ExplainEventResponse {
            there: told.there,
            why: told.why,
        }))
    }

    async fn list_versions_of_event(
        &self,
        request: Request<pb::ListVersionsOfEventRequest>,
    ) -> Result<Response<pb::ListVersionsOfEventResponse>, Status> {
        let by = caller(&request)?;
        let asked = request.get_ref();
        let called = ids(&asked.calendar, &asked.event)?;
        let owner = written_by(&self.0, &by, called.0).await?;
        let (change, versions) = self.0.history(owner, called).await.map_err(Problem::from)?;
        Ok(Response::new(pb::ListVersionsOfEventResponse {
            change,
            versions: versions.into_iter().map(version_out).collect(),
        }))
    }

    async fn return_event(
        &self,
        request: Request<pb::ReturnEventRequest>,
    ) -> Result<Response<pb::Event>, Status> {
        let by = caller(&request)?;
        let given = request.get_ref();
        let (called, read) = (ids(&given.calendar, &given.event)?, read_as(given.change)?);
        let asked = ReturnIn {
            change: given.version,
        };
        let returned = asked.put_back(&self.0, &by, called, &read).await;
        let returned = returned.map_err(of_version)?;
        Ok(Response::new(event_out(&returned, None, &tongue(&by)?)?))
    }

    async fn duplicate_event(
        &self,
        request: Request<pb::DuplicateEventRequest>,
    ) -> Result<Response<pb::Event>, Status> {
        let by = caller(&request)?;
        let asked = request.get_ref();
        let called = ids(&asked.calendar, &asked.event)?;
        let owner = written_by(&self.0, &by, called.0).await?;
        told(self.0.duplicate_event(owner, called).await, &by)
    }

    async fn move_event(
        &self,
        request: Request<pb::MoveEventRequest>,
    ) -> Result<Response<pb::Event>, Status> {
        let by = caller(&request)?;
        let given = request.into_inner();
        let (called, read) = (ids(&given.calendar, &given.event)?, read_as(given.change)?);
        let asked = MoveIn { calendar: given.to };
        let moved = asked.put(&self.0, &by, called, &read).await?;
        Ok(Response::new(event_out(&moved, None, &tongue(&by)?)?))
    }
}

/// What REST calls `change` is `version` here, beside the `change` that was read.
fn of_version(problem: Problem) -> Problem {
    match problem.errors() {
        [error] if error.field == "change" => Problem::invalid("version", "bounds", error.message.clone()),
        _ => problem,
    }
}

fn told(stored: Result<Stored, Refused>, by: &Caller) -> Result<Response<pb::Event>, Status> {
    let stored = stored.map_err(Problem::from)?;
    Ok(Response::new(event_out(&stored, None, &tongue(by)?)?))
}

fn became(changed: Result<Changed, Refused>, by: &Caller) -> Result<Response<pb::ChangedEvent>, Status> {
    let changed = changed.map_err(Problem::from)?;
    Ok(Response::new(changed_out(&changed, &tongue(by)?)?))
}

/// Everything in messages that are small enough.
fn messages(shown: Vec<Shown>) -> Vec<pb::ListInstancesResponse> {
    let mut messages = Vec::new();
    let (mut instances, mut bytes) = (Vec::new(), 0);
    for one in shown {
        bytes += INSTANCE_BYTES + one.title.len() + one.place.as_deref().map_or(0, str::len);
        instances.push(instance_out(one));
        if bytes >= MESSAGE_BYTES {
            let instances = std::mem::take(&mut instances);
            messages.push(pb::ListInstancesResponse { instances });
            bytes = 0;
        }
    }
    if !instances.is_empty() {
        messages.push(pb::ListInstancesResponse { instances });
    }
    messages
}
