//! People in segments: one, many, and all of them.

use std::time::Duration;

use front::{Code, Problem};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use kernel::{Moment, PersonId};
use tokio::sync::mpsc;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};
use wire::segments::v1 as pb;
use wire::segments::v1::members_server::Members;

use super::shapes::instant_in;
use super::{Speaker, caller};
use crate::http::members::{AHEAD, Coming, RowIn};
use crate::http::numbers::after;
use crate::http::people::{AddedIn, MembershipChangeIn, SpanIn, WhenIn};
use crate::http::{actor, wire as shapes};
use crate::past::Step;
use crate::people::{Doing, Explained, Membership, Outcome, Pile, Totals};
use crate::service::Segments;
use crate::types::{Actor, Key};

/// Whoever sends no rows for so long has gone, though their connection stands.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// People of one message: some forty kilobytes, well below what clients take.
const TOGETHER: usize = 1_000;

#[tonic::async_trait]
impl Members for Speaker {
    async fn get_segments_of_person(
        &self,
        request: Request<pb::GetSegmentsOfPersonRequest>,
    ) -> Result<Response<pb::GetSegmentsOfPersonResponse>, Status> {
        let asked = request.get_ref();
        let when = when(asked.at_micros);
        let found = when.segments_of(&self.0, person(&asked.person)?).await?;
        let membership = |one: Membership| pb::Membership {
            key: one.segment.to_string(),
            variant: one.variant.map(|variant| variant.to_string()),
        };
        Ok(Response::new(pb::GetSegmentsOfPersonResponse {
            segments: found.into_iter().map(membership).collect(),
        }))
    }

    async fn explain_segment_of_person(
        &self,
        request: Request<pb::ExplainSegmentOfPersonRequest>,
    ) -> Result<Response<pb::Explanation>, Status> {
        let asked = request.get_ref();
        let when = when(asked.at_micros);
        let why = when.why(&self.0, person(&asked.person)?, &asked.key).await?;
        Ok(Response::new(explanation(&why, &self.0)))
    }

    async fn change_segments_of_person(
        &self,
        request: Request<pb::ChangeSegmentsOfPersonRequest>,
    ) -> Result<Response<pb::ChangeSegmentsOfPersonResponse>, Status> {
        let by = actor(&caller(&request)?);
        let given = request.into_inner();
        let added = given.add.into_iter().map(|added| AddedIn {
            key: added.key,
            until: added.until_micros.map(instant_in),
        });
        let asked = MembershipChangeIn {
            add: added.collect(),
            remove: given.remove,
        };
        let changed = asked.put(&self.0, person(&given.person)?, by).await?;
        let names = |keys: Vec<Key>| keys.iter().map(Key::to_string).collect();
        Ok(Response::new(pb::ChangeSegmentsOfPersonResponse {
            added: names(changed.added),
            removed: names(changed.removed),
            unchanged: names(changed.unchanged),
        }))
    }

    async fn get_history_of_person(
        &self,
        request: Request<pb::GetHistoryOfPersonRequest>,
    ) -> Result<Response<pb::GetHistoryOfPersonResponse>, Status> {
        let asked = request.get_ref();
        let person = person(&asked.person)?;
        let span = SpanIn {
            from: asked.from_micros.map(instant_in),
            to: asked.to_micros.map(instant_in),
        };
        let (from, to) = span.read(&self.0)?;
        let steps = self.0.steps(person, from, to).await.map_err(Problem::from)?;
        Ok(Response::new(pb::GetHistoryOfPersonResponse {
            steps: steps.iter().map(step_out).collect(),
        }))
    }

    type ChangePeopleOfSegmentStream = BoxStream<pb::ChangePeopleOfSegmentResponse>;

    async fn change_people_of_segment(
        &self,
        request: Request<Streaming<pb::ChangePeopleOfSegmentRequest>>,
    ) -> Result<Response<Self::ChangePeopleOfSegmentStream>, Status> {
        let by = actor(&caller(&request)?);
        let segments = self.0.clone();
        let rows = request.into_inner();
        // Answered before the rows have come: they may take longer than an answer may.
        let doing = stream::once(async move { done_with(&segments, rows, by).await });
        let told = doing.map_ok(told).try_flatten();
        Ok(Response::new(Box::pin(told)))
    }

    type ListPeopleOfSegmentStream = BoxStream<pb::ListPeopleOfSegmentResponse>;

    async fn list_people_of_segment(
        &self,
        request: Request<pb::ListPeopleOfSegmentRequest>,
    ) -> Result<Response<Self::ListPeopleOfSegmentStream>, Status> {
        let asked = request.get_ref();
        let after = after(Some(asked.after.as_str()).filter(|after| !after.is_empty()))?;
        let people = self.0.all_people_of(&asked.key, after).map_err(Problem::from)?;
        let messages = people
            .map_ok(|people| {
                let messages = people.chunks(TOGETHER).map(|people| {
                    Ok(pb::ListPeopleOfSegmentResponse {
                        people: people.iter().map(ToString::to_string).collect(),
                    })
                });
                stream::iter(messages.collect::<Vec<_>>())
            })
            .map_err(|error| Status::from(Problem::internal(error)))
            .try_flatten();
        Ok(Response::new(Box::pin(messages)))
    }
}

/// What cannot be an id names nobody.
fn person(id: &str) -> Result<PersonId, Problem> {
    id.parse().map_err(|_| Problem::not_found())
}

fn when(micros: Option<i64>) -> WhenIn {
    WhenIn {
        at: micros.map(instant_in),
    }
}

fn explanation(explained: &Explained, segments: &Segments) -> pb::Explanation {
    let told = shapes::Told::of(explained, segments);
    pb::Explanation {
        is_in: explained.why.is_in(),
        why: explained.why.word().to_owned(),
        point: told.stand.map(|(point, _)| point),
        of: told.stand.map(|(_, of)| of),
        version: told.version,
        until_micros: told.until.map(Moment::as_micros),
        what: told.what,
        since_micros: told.since.map(Moment::as_micros),
        by: told.by,
        draw: told.draw.map(u32::from),
    }
}

fn step_out(step: &Step) -> pb::PersonStep {
    let operation = if step.joined {
        pb::Operation::Joined
    } else {
        pb::Operation::Left
    };
    pb::PersonStep {
        key: step.segment.to_string(),
        operation: operation.into(),
        at_micros: step.at.as_micros(),
        why: step.cause.to_owned(),
        by: step.by.map(shapes::actor),
    }
}

/// Takes all rows, and is about to do them.
async fn done_with(
    segments: &Segments,
    mut messages: Streaming<pb::ChangePeopleOfSegmentRequest>,
    by: Actor,
) -> Result<Doing, Status> {
    let Some(first) = next(&mut messages).await? else {
        return Err(Problem::invalid("rows", "empty", "must be at least one").into());
    };
    let doing = segments.to_put(&first.key, by).map_err(Problem::from)?;
    let (hand, handed) = mpsc::channel(AHEAD);
    let coming = Coming::new(segments);
    let reading = tokio::task::spawn_blocking(move || laid_by(handed, coming));
    let mut rows = Some(first.rows);
    while let Some(some) = rows {
        // Nobody takes them any more: so much is wrong already.
        if hand.send(some).await.is_err() {
            break;
        }
        rows = next(&mut messages).await?.map(|message| message.rows);
    }
    drop(hand);
    let pile = reading.await.map_err(Problem::internal)??;
    Ok(doing.over(pile).map_err(Problem::from)?)
}

async fn next(
    messages: &mut Streaming<pb::ChangePeopleOfSegmentRequest>,
) -> Result<Option<pb::ChangePeopleOfSegmentRequest>, Status> {
    let next = tokio::time::timeout(SILENCE_MAX, messages.message()).await;
    next.map_err(|_| Status::from(Problem::new(Code::RequestTimeout)))?
}

/// Lays rows by on a thread that may wait for the disk.
fn laid_by(mut handed: mpsc::Receiver<Vec<pb::PersonRow>>, mut coming: Coming) -> Result<Pile, Problem> {
    while let Some(rows) = handed.blocking_recv() {
        for row in rows {
            let row = RowIn {
                person: row.person,
                operation: row.remove.then(|| "remove".to_owned()),
                until: row.until_micros.map(instant_in),
            };
            if !coming.take(Ok(row))? {
                return coming.all();
            }
        }
    }
    coming.all()
}

/// What became of rows, as it does.
fn told(doing: Doing) -> BoxStream<pb::ChangePeopleOfSegmentResponse> {
    let told = stream::try_unfold(doing, |mut doing| async move {
        let done = doing.next().await.map_err(|why| {
            tracing::warn!(problem = %why, "a change of many people broke off");
            Status::from(Problem::from(why))
        })?;
        if done.is_empty() && doing.is_told() {
            return Ok(None);
        }
        let totals = done.is_empty().then(|| {
            doing.has_told();
            totals_out(doing.totals())
        });
        let outcomes = done.iter().map(|(_, outcome)| outcome_out(*outcome).into());
        let message = pb::ChangePeopleOfSegmentResponse {
            outcomes: outcomes.collect(),
            totals,
        };
        Ok(Some((message, doing)))
    });
    told.boxed()
}

fn totals_out(totals: Totals) -> pb::RowTotals {
    pb::RowTotals {
        added: totals.added,
        removed: totals.removed,
        unchanged: totals.unchanged,
    }
}

fn outcome_out(outcome: Outcome) -> pb::RowOutcome {
    match outcome {
        Outcome::Added => pb::RowOutcome::Added,
        Outcome::Removed => pb::RowOutcome::Removed,
        Outcome::Unchanged => pb::RowOutcome::Unchanged,
    }
}
