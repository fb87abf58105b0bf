//! Segments themselves, their numbers, draws and holdouts.

use front::{Code, ETag, IfMatch, Problem};
use tonic::{Request, Response, Status};
use wire::segments::v1 as pb;
use wire::segments::v1::segments_server::Segments;

use super::shapes::{rollout_in, rollout_out, segment_out, variants_in, variants_out};
use super::{Speaker, caller, draws};
use crate::catalog::Made;
use crate::days::Day;
use crate::http::catalog::{SegmentChangeIn, SegmentIn, matched};
use crate::http::days::DaysIn;
use crate::http::numbers::{PreviewIn, overlap};
use crate::http::{actor, wire as shapes};
use crate::numbers::Numbers;
use crate::types::{Key, Segment};

impl Speaker {
    fn shown(&self, segment: &Segment) -> Response<pb::Segment> {
        Response::new(segment_out(segment, &self.0.shelf_now()))
    }
}

#[tonic::async_trait]
impl Segments for Speaker {
    async fn list_segments(
        &self,
        request: Request<pb::ListSegmentsRequest>,
    ) -> Result<Response<pb::ListSegmentsResponse>, Status> {
        let shelf = self.0.shelf_now();
        let all = self.0.segments(request.get_ref().archived);
        Ok(Response::new(pb::ListSegmentsResponse {
            segments: all.iter().map(|segment| segment_out(segment, &shelf)).collect(),
        }))
    }

    async fn get_segment(
        &self,
        request: Request<pb::GetSegmentRequest>,
    ) -> Result<Response<pb::Segment>, Status> {
        let segment = self.0.segment(&request.get_ref().key);
        Ok(self.shown(&segment.map_err(Problem::from)?))
    }

    async fn create_segment(
        &self,
        request: Request<pb::CreateSegmentRequest>,
    ) -> Result<Response<pb::Segment>, Status> {
        let by = actor(&caller(&request)?);
        let given = request.into_inner();
        let asked = SegmentIn {
            key: given.key,
            title: given.title,
            description: given.description,
            owner: given.owner,
            rollout: given.rollout.map(rollout_in),
            variants: variants_in(given.variants),
        };
        let draft = asked.draft(&self.0).await?;
        let created = self.0.create(draft, by).await;
        Ok(self.shown(&created.map_err(Problem::from)?))
    }

    async fn change_segment(
        &self,
        request: Request<pb::ChangeSegmentRequest>,
    ) -> Result<Response<pb::Segment>, Status> {
        use pb::change_segment_request::Rule;
        let by = actor(&caller(&request)?);
        let given = request.into_inner();
        let before = matched(&self.0, &given.key, &read_as(given.version)?)?;
        let asked = SegmentChangeIn {
            title: given.title,
            description: given.description,
            owner: given.owner,
            rollout: match given.rule {
                Some(Rule::Rollout(rollout)) => Some(Some(rollout_in(rollout))),
                Some(Rule::NoRollout(true)) => Some(None),
                Some(Rule::NoRollout(false)) | None => None,
            },
            variants: given.variants.map(|variants| variants_in(variants.variants)),
        };
        let edit = asked.edit(&self.0, &before).await?;
        let changed = self.0.change(&given.key, Some(before.version), edit, by).await;
        Ok(self.shown(&changed.map_err(Problem::from)?))
    }

    async fn archive_segment(
        &self,
        request: Request<pb::ArchiveSegmentRequest>,
    ) -> Result<Response<pb::Segment>, Status> {
        let by = actor(&caller(&request)?);
        let given = request.into_inner();
        let before = matched(&self.0, &given.key, &read_as(given.version)?)?;
        let archived = self.0.archive(&given.key, Some(before.version), by).await;
        Ok(self.shown(&archived.map_err(Problem::from)?))
    }

    async fn preview_segment(
        &self,
        request: Request<pb::PreviewSegmentRequest>,
    ) -> Result<Response<pb::PreviewSegmentResponse>, Status> {
        let given = request.into_inner();
        let asked = PreviewIn {
            rollout: given.rollout.map(rollout_in),
            variants: variants_in(given.variants),
        };
        let edited = asked.tried(&self.0, &given.key).await?;
        Ok(Response::new(pb::PreviewSegmentResponse {
            adds: edited.adds,
            removes: edited.removes,
            members: edited.members,
        }))
    }

    async fn list_versions(
        &self,
        request: Request<pb::ListVersionsRequest>,
    ) -> Result<Response<pb::ListVersionsResponse>, Status> {
        let made = self.0.made(&request.get_ref().key).await.map_err(Problem::from)?;
        let shelf = self.0.shelf_now();
        let version = |made: Made| pb::Version {
            version: made.version,
            made_at_micros: made.at.as_micros(),
            by: shapes::actor(made.by),
            archived: made.archived,
            rollout: rollout_out(&made.definition, &shelf),
            variants: variants_out(&made.definition),
        };
        Ok(Response::new(pb::ListVersionsResponse {
            versions: made.into_iter().map(version).collect(),
        }))
    }

    async fn get_numbers(
        &self,
        _: Request<pb::GetNumbersRequest>,
    ) -> Result<Response<pb::GetNumbersResponse>, Status> {
        let (people, of) = self.0.numbers().await.map_err(Problem::internal)?;
        let numbers = |(key, numbers): (Key, Numbers)| pb::Numbers {
            key: key.to_string(),
            members: numbers.members(),
            by_hand: numbers.by_hand,
            by_draw: numbers.by_draw,
            by_rollout: numbers.by_rollout,
        };
        Ok(Response::new(pb::GetNumbersResponse {
            people,
            segments: of.into_iter().map(numbers).collect(),
        }))
    }

    async fn get_overlap(
        &self,
        request: Request<pb::GetOverlapRequest>,
    ) -> Result<Response<pb::GetOverlapResponse>, Status> {
        let overlap = overlap(&self.0, &request.get_ref().keys).await?;
        let count = |(key, members): (Key, u64)| pb::Count {
            key: key.to_string(),
            members,
        };
        let pair = |(one, other, both): (Key, Key, u64)| pb::Pair {
            one: one.to_string(),
            other: other.to_string(),
            both,
        };
        Ok(Response::new(pb::GetOverlapResponse {
            each: overlap.each.into_iter().map(count).collect(),
            pairs: overlap.pairs.into_iter().map(pair).collect(),
            all: overlap.all,
            any: overlap.any,
        }))
    }

    async fn get_days(
        &self,
        request: Request<pb::GetDaysRequest>,
    ) -> Result<Response<pb::GetDaysResponse>, Status> {
        let given = request.into_inner();
        let asked = DaysIn {
            first: given.first,
            last: given.last,
            zone: given.zone,
        };
        let days = asked.counted(&self.0, &given.key).await?;
        let day = |day: &Day| pb::Day {
            day: day.date.to_string(),
            joined: day.joined,
            left: day.left,
        };
        Ok(Response::new(pb::GetDaysResponse {
            days: days.iter().map(day).collect(),
        }))
    }

    async fn list_draws(
        &self,
        request: Request<pb::ListDrawsRequest>,
    ) -> Result<Response<pb::ListDrawsResponse>, Status> {
        Ok(Response::new(draws::list(&self.0, request.get_ref())?))
    }

    async fn draw_people(
        &self,
        request: Request<pb::DrawPeopleRequest>,
    ) -> Result<Response<pb::Draw>, Status> {
        let by = actor(&caller(&request)?);
        let drawn = draws::draw(&self.0, request.into_inner(), by).await?;
        Ok(Response::new(drawn))
    }

    async fn end_draw(&self, request: Request<pb::EndDrawRequest>) -> Result<Response<pb::Draw>, Status> {
        Ok(Response::new(draws::end(&self.0, request.get_ref()).await?))
    }

    async fn list_holdouts(
        &self,
        _: Request<pb::ListHoldoutsRequest>,
    ) -> Result<Response<pb::ListHoldoutsResponse>, Status> {
        let holdouts = self.0.holdouts();
        Ok(Response::new(pb::ListHoldoutsResponse {
            holdouts: holdouts.iter().map(draws::holdout_out).collect(),
        }))
    }

    async fn create_holdout(
        &self,
        request: Request<pb::CreateHoldoutRequest>,
    ) -> Result<Response<pb::Holdout>, Status> {
        let held = draws::hold_out(&self.0, request.into_inner()).await?;
        Ok(Response::new(held))
    }

    async fn end_holdout(
        &self,
        request: Request<pb::EndHoldoutRequest>,
    ) -> Result<Response<pb::Holdout>, Status> {
        let ended = self.0.end_holdout(&request.get_ref().name).await;
        Ok(Response::new(draws::holdout_out(&ended.map_err(Problem::from)?)))
    }
}

/// The version that the caller read. No version is zero, which is what is there when none was given.
fn read_as(version: i64) -> Result<IfMatch, Problem> {
    match version {
        0 => Err(Problem::new(Code::PreconditionRequired)),
        version => Ok(IfMatch::one(ETag::of(version))),
    }
}
