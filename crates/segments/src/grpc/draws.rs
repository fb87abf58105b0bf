//! Draws and holdouts.

use front::Problem;
use kernel::Moment;
use wire::segments::v1 as pb;

use super::shapes::{among_out, condition_in, instant_in};
use crate::http::draws::{DrawIn, HoldoutIn};
use crate::http::wire as shapes;
use crate::service::{Segments, Shelf};
use crate::types::{Actor, Draw, DrawNumber, DrawState, Holdout, Reason};

pub(super) fn list(
    segments: &Segments,
    asked: &pb::ListDrawsRequest,
) -> Result<pb::ListDrawsResponse, Problem> {
    let shelf = segments.shelf_now();
    let draws = segments.draws(&asked.key)?;
    Ok(pb::ListDrawsResponse {
        draws: draws.iter().map(|draw| draw_out(draw, &shelf)).collect(),
    })
}

pub(super) async fn draw(
    segments: &Segments,
    given: pb::DrawPeopleRequest,
    by: Actor,
) -> Result<pb::Draw, Problem> {
    let asked = DrawIn {
        share: given.share,
        conditions: given.conditions.into_iter().map(condition_in).collect(),
        include: given.include,
        exclude: given.exclude,
        until: given.until_micros.map(instant_in),
    };
    let wanted = asked.wanted(segments, given.idempotency_key.as_deref())?;
    let drawn = segments.draw(&given.key, wanted, by).await?;
    Ok(draw_out(&drawn, &segments.shelf_now()))
}

pub(super) async fn end(segments: &Segments, asked: &pb::EndDrawRequest) -> Result<pb::Draw, Problem> {
    let number = u16::try_from(asked.number).map_err(|_| Problem::not_found())?;
    let known = DrawNumber::new(number).ok_or(Reason::NoDraw(number))?;
    let ended = segments.end_draw(&asked.key, known).await?;
    Ok(draw_out(&ended, &segments.shelf_now()))
}

pub(super) async fn hold_out(
    segments: &Segments,
    given: pb::CreateHoldoutRequest,
) -> Result<pb::Holdout, Problem> {
    let asked = HoldoutIn {
        name: given.name,
        share: given.share,
        until: given.until_micros.map(instant_in),
    };
    Ok(holdout_out(&asked.hold_out(segments).await?))
}

pub(super) fn holdout_out(holdout: &Holdout) -> pb::Holdout {
    pb::Holdout {
        name: holdout.name.to_string(),
        share: shapes::percent(holdout.share),
        since_micros: holdout.since.as_micros(),
        until_micros: holdout.until.map(Moment::as_micros),
    }
}

fn draw_out(draw: &Draw, shelf: &Shelf) -> pb::Draw {
    let state = match draw.state {
        DrawState::Drawing => pb::DrawState::Drawing,
        DrawState::Visible => pb::DrawState::Visible,
        DrawState::Failed => pb::DrawState::Failed,
    };
    let (conditions, include, exclude) = among_out(&draw.wanted, shelf);
    pb::Draw {
        number: draw.number.get().into(),
        state: state.into(),
        share: shapes::percent(draw.wanted.share),
        conditions,
        include,
        exclude,
        seed: draw.wanted.salt.clone(),
        matching: draw.matching,
        drawn: draw.drawn,
        begun_at_micros: draw.begun.as_micros(),
        visible_at_micros: draw.visible.map(Moment::as_micros),
        until_micros: draw.until.map(Moment::as_micros),
        by: shapes::actor(draw.by),
    }
}
