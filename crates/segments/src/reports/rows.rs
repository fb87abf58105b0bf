//! The rows of reports, on every server.

use kernel::{Id, Moment};
use store::{Row, StoreError, Tx, params, sql};

use super::service::{Report, ReportState};
use crate::catalog::rows::{actor, actor_columns};
use crate::stored::broken;
use crate::types::Number;

/// The latest, the last asked for first.
pub(crate) fn latest(tx: &mut Tx<'_>, count: u16) -> Result<Vec<Report>, StoreError> {
    tx.query(
        sql!(
            "SELECT report, state, from_at, to_at, zone, of_person, of_segment, asked_at, actor_kind, actor, part,
                file_lines, file_name, problem, ended_at
             FROM segment_reports ORDER BY asked_at DESC, report DESC LIMIT $1"
        ),
        params![count],
        report,
    )
}

pub(crate) fn with_id(tx: &mut Tx<'_>, id: Id) -> Result<Option<Report>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT report, state, from_at, to_at, zone, of_person, of_segment, asked_at, actor_kind, actor, part,
                file_lines, file_name, problem, ended_at
             FROM segment_reports WHERE report = $1"
        ),
        params![id],
        report,
    )
}

/// What is to be made next: whatever was asked for first.
pub(crate) fn waiting(tx: &mut Tx<'_>) -> Result<Option<Report>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT report, state, from_at, to_at, zone, of_person, of_segment, asked_at, actor_kind, actor, part,
                file_lines, file_name, problem, ended_at
             FROM segment_reports WHERE state = 1 ORDER BY asked_at, report LIMIT 1"
        ),
        params![],
        report,
    )
}

pub(crate) fn save(tx: &mut Tx<'_>, report: &Report) -> Result<(), StoreError> {
    let (kind, by) = actor_columns(report.by);
    let (state, problem) = match &report.state {
        ReportState::Making => (1_i64, None),
        ReportState::Made => (2, None),
        ReportState::Failed(problem) => (3, Some(problem.as_str())),
    };
    tx.execute(
        sql!(
            "INSERT INTO segment_reports (report, state, from_at, to_at, zone, of_person, of_segment, asked_at, actor_kind,
                actor, part, file_lines, file_name, problem, ended_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             ON CONFLICT (report) DO UPDATE SET state = excluded.state, part = excluded.part,
                file_lines = excluded.file_lines, file_name = excluded.file_name, problem = excluded.problem,
                ended_at = excluded.ended_at"
        ),
        params![
            report.id,
            state,
            report.from,
            report.to,
            report.zone,
            report.person,
            report.segment.map(|segment| i64::from(segment.get())),
            report.asked,
            kind,
            by,
            i64::from(report.part),
            i64::try_from(report.lines).unwrap_or(i64::MAX),
            report.file.as_deref(),
            problem,
            report.ended
        ],
    )?;
    Ok(())
}

/// Forgets those whose files are gone.
pub(crate) fn forget(tx: &mut Tx<'_>, ended_by: Moment) -> Result<(), StoreError> {
    tx.execute(
        sql!("DELETE FROM segment_reports WHERE ended_at <= $1"),
        params![ended_by],
    )?;
    Ok(())
}

fn report(row: &Row<'_>) -> Result<Report, StoreError> {
    let segment = match row.get::<Option<i64>>(6)? {
        None => None,
        Some(number) => {
            let number = u16::try_from(number).ok().and_then(Number::new);
            Some(number.ok_or_else(|| broken("the number"))?)
        }
    };
    Ok(Report {
        id: row.get(0)?,
        state: match row.get::<i64>(1)? {
            1 => ReportState::Making,
            2 => ReportState::Made,
            _ => ReportState::Failed(row.get::<Option<String>>(13)?.unwrap_or_default()),
        },
        from: row.get(2)?,
        to: row.get(3)?,
        zone: row.get(4)?,
        person: row.get(5)?,
        segment,
        asked: row.get(7)?,
        by: actor(row.get(8)?, row.get(9)?)?,
        part: u16::try_from(row.get::<i64>(10)?).unwrap_or_default(),
        lines: row.get::<i64>(11)?.unsigned_abs(),
        file: row.get(12)?,
        ended: row.get(14)?,
    })
}
