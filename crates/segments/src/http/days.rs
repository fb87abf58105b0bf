//! Joinings and leavings by day over HTTP.

use axum::extract::State;
use front::{Body, InPath, Problem, Query, Routes, routes};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::LOOKS;
use crate::days::{Day, DaysWanted};
use crate::service::Segments;

pub(super) fn routes(routes: Routes<Segments>) -> Routes<Segments> {
    routes.api(LOOKS, routes!(get_segment_days))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DaysIn {
    /// The first day. Absent: so many before the last that there are 31, which is the most.
    #[param(format = Date, example = "2026-11-01")]
    pub(crate) first: Option<String>,
    /// The last day. Absent: today.
    #[param(format = Date, example = "2026-11-30")]
    pub(crate) last: Option<String>,
    /// Of the IANA database: where days begin and end. `UTC` if not given.
    #[param(max_length = 64, example = "Europe/Moscow")]
    pub(crate) zone: Option<String>,
}

impl DaysIn {
    pub(crate) async fn counted(self, segments: &Segments, key: &str) -> Result<Vec<Day>, Problem> {
        let wanted = DaysWanted {
            first: self.first,
            last: self.last,
            zone: self.zone.unwrap_or_else(|| "UTC".to_owned()),
        };
        Ok(segments.days(key, &wanted).await?)
    }
}

#[derive(Serialize, ToSchema)]
struct DayOut {
    #[schema(format = Date)]
    day: String,
    joined: u64,
    left: u64,
}

impl From<&Day> for DayOut {
    fn from(day: &Day) -> DayOut {
        DayOut {
            day: day.date.to_string(),
            joined: day.joined,
            left: day.left,
        }
    }
}

/// The days in their order.
#[derive(Serialize, ToSchema)]
struct DaysOut {
    items: Vec<DayOut>,
}

/// How many joined and left a segment on each day, by hand, by draw and by rollout
///
/// At most 31 days. When more than 200,000 people were changed by hand since the first of them, or more is known of them that the
/// rule asks for, the answer is a problem (422): ask for later days, or for a report.
#[utoipa::path(get, path = "/api/v1/segments/{key}/days", operation_id = "get_segment_days",
    params(("key" = String, Path, description = "The segment"), DaysIn),
    responses((status = OK, body = DaysOut)))]
async fn get_segment_days(
    State(segments): State<Segments>,
    InPath(key): InPath<String>,
    Query(asked): Query<DaysIn>,
) -> Result<Body<DaysOut>, Problem> {
    let days = asked.counted(&segments, &key).await?;
    Ok(Body(DaysOut {
        items: days.iter().map(DayOut::from).collect(),
    }))
}
