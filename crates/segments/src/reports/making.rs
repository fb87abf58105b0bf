//! Making a report: people are read a page after another, replayed, and written down as they come.

use std::collections::HashMap;
use std::sync::Arc;

use archive::Name;
use bytes::Bytes;
use jiff::tz::TimeZone;
use kernel::{Moment, PersonId, VirtualShard};
use store::{Shard, StoreError, VshardRange};
use tokio::sync::mpsc;

use super::rows;
use super::service::{KEPT_SECONDS, Report, ReportState};
use crate::past::{self, Versions};
use crate::people;
use crate::rules::replay::{Books, Life};
use crate::service::{Segments, blocking};
use crate::types::DrawNumber;

/// People that are replayed between two pieces of the file.
const PAGE: u16 = 500;
/// Pieces that may wait for the archive.
const AHEAD: usize = 4;
/// Between two notes of how far it is.
const NOTED_MICROS: i64 = 2_000_000;
const HEAD: &str = "person;segment;operation;date and time\n";

/// Why a report came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMade {
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    #[error("the archive: {0}")]
    Archive(String),
    #[error("the file's name: {0}")]
    Name(String),
}

/// Who was drawn of one virtual shard.
pub(crate) type Drawn = HashMap<PersonId, Vec<DrawNumber>>;

/// What a report is made with.
struct Work {
    report: Report,
    zone: TimeZone,
    books: Books,
    versions: Versions,
}

impl Segments {
    /// Makes one report that somebody waits for, and says whether there was one.
    pub async fn make_report(&self) -> Result<bool, StoreError> {
        let waiting = self.home()?.read::<_, StoreError>(rows::waiting).await?;
        let Some(report) = waiting else {
            return Ok(false);
        };
        let made = match self.make(&report).await {
            Ok((file, lines)) => Report {
                state: ReportState::Made,
                part: 1000,
                lines,
                file: Some(file),
                ended: Some(self.0.clock.now()),
                ..report
            },
            // The store comes back; then the report is made from the beginning. What is broken does not, and others wait.
            Err(NotMade::Store(error @ (StoreError::Unavailable { .. } | StoreError::Busy))) => {
                return Err(error);
            }
            Err(problem) => {
                tracing::warn!(report = %report.id, %problem, "a report could not be made");
                Report {
                    state: ReportState::Failed(problem.to_string()),
                    ended: Some(self.0.clock.now()),
                    ..report
                }
            }
        };
        self.save_report(made).await?;
        Ok(true)
    }

    /// Forgets reports whose files are kept no more.
    pub async fn forget_reports(&self) -> Result<(), StoreError> {
        let ended_by = self.0.clock.now().plus_seconds(-KEPT_SECONDS);
        let forget = self
            .0
            .store
            .write_everywhere::<_, StoreError>(move |tx| rows::forget(tx, ended_by));
        forget.await
    }

    async fn make(&self, report: &Report) -> Result<(String, u64), NotMade> {
        let now = self.0.clock.now();
        let to = report.to.min(now);
        let versions = self.versions(to).await?;
        let path = format!("segments/reports/{}.csv", file_name(report, &versions));
        let name = Name::until(&path, now.plus_seconds(KEPT_SECONDS));
        let name = name.map_err(|bad| NotMade::Name(bad.to_string()))?;
        let work = Work {
            report: report.clone(),
            zone: TimeZone::get(&report.zone).map_err(|bad| NotMade::Name(bad.to_string()))?,
            books: versions.books(report.from, to),
            versions,
        };
        let (pieces, written) = mpsc::channel::<Result<Bytes, StoreError>>(AHEAD);
        let writing = self.write(work, to, pieces);
        let body = futures_util::stream::unfold(written, |mut written| async move {
            written.recv().await.map(|piece| (piece, written))
        });
        let putting = self.0.archive.put(&name, body);
        let (lines, put) = tokio::join!(writing, putting);
        let lines = lines?;
        put.map_err(|failed| NotMade::Archive(failed.to_string()))?;
        Ok((name.to_string(), lines))
    }

    /// Writes the lines, and says how many those were. What goes wrong breaks the file off, too.
    async fn write(
        &self,
        work: Work,
        to: Moment,
        pieces: mpsc::Sender<Result<Bytes, StoreError>>,
    ) -> Result<u64, StoreError> {
        let _ = pieces.send(Ok(Bytes::from_static(HEAD.as_bytes()))).await;
        let written = self.write_people(Arc::new(work), to, &pieces).await;
        if written.is_err() {
            let broken = StoreError::broken("the report broke off");
            let _ = pieces.send(Err(broken)).await;
        }
        written
    }

    async fn write_people(
        &self,
        work: Arc<Work>,
        to: Moment,
        pieces: &mpsc::Sender<Result<Bytes, StoreError>>,
    ) -> Result<u64, StoreError> {
        let mut lines = 0;
        if let Some(person) = work.report.person {
            let life = self.life(person).await?;
            return self
                .write_page(&work, to, life.into_iter().collect(), pieces)
                .await;
        }
        let servers = self.0.store.everywhere();
        let mut noted = self.0.clock.now();
        for (nth, server) in servers.iter().enumerate() {
            let mut after = None;
            let mut drawn: Option<(VirtualShard, Drawn)> = None;
            loop {
                let page = server
                    .read::<_, StoreError>(move |tx| {
                        let people = people::rows::page(tx, VshardRange::ALL, after, PAGE)?;
                        people
                            .into_iter()
                            .map(|person| past::rows::kept(tx, person))
                            .collect::<Result<Vec<_>, _>>()
                    })
                    .await?;
                let Some(last) = page.last().map(|kept| kept.person.id) else {
                    break;
                };
                let is_last = page.len() < usize::from(PAGE);
                let mut lives = Vec::with_capacity(page.len());
                for kept in page {
                    let vshard = kept.person.id.0.virtual_shard();
                    if drawn.as_ref().is_none_or(|(of, _)| *of != vshard) {
                        drawn = Some((vshard, self.drawn_of(&servers, vshard).await?));
                    }
                    let own = drawn
                        .as_mut()
                        .and_then(|(_, drawn)| drawn.remove(&kept.person.id));
                    lives.push(past::life(kept, own.unwrap_or_default()));
                }
                lines += self.write_page(&work, to, lives, pieces).await?;
                after = Some(last);
                let now = self.0.clock.now();
                if now.micros_since(noted) > NOTED_MICROS {
                    noted = now;
                    self.note(&work.report, lines, part(nth, servers.len(), last))
                        .await?;
                }
                if is_last {
                    break;
                }
            }
        }
        Ok(lines)
    }

    pub(crate) async fn drawn_of(
        &self,
        servers: &[Shard],
        vshard: VirtualShard,
    ) -> Result<Drawn, StoreError> {
        let mut drawn = Drawn::new();
        for server in servers {
            for (person, draws) in server.read(move |tx| past::rows::drawn(tx, vshard)).await? {
                drawn.entry(person).or_default().extend(draws);
            }
        }
        Ok(drawn)
    }

    async fn write_page(
        &self,
        work: &Arc<Work>,
        to: Moment,
        lives: Vec<Life>,
        pieces: &mpsc::Sender<Result<Bytes, StoreError>>,
    ) -> Result<u64, StoreError> {
        let with = Arc::clone(work);
        let (text, lines) = blocking("a replay", move || with.lines(&lives, to)).await?;
        // The archive hung up: it says why itself.
        let _ = pieces.send(Ok(Bytes::from(text))).await;
        Ok(lines)
    }

    async fn note(&self, report: &Report, lines: u64, part: u16) -> Result<(), StoreError> {
        let noted = Report {
            part,
            lines,
            ..report.clone()
        };
        self.save_report(noted).await
    }
}

impl Work {
    fn lines(&self, lives: &[Life], to: Moment) -> (String, u64) {
        let mut text = String::new();
        let mut lines = 0;
        for life in lives {
            for step in self.books.steps(life, self.report.from, to) {
                if self.report.segment.is_some_and(|segment| segment != step.segment) {
                    continue;
                }
                let operation = if step.joined { "joined" } else { "left" };
                let key = self.versions.key_of(step.segment);
                let at = step.at.to_timestamp().to_zoned(self.zone.clone());
                let at = at.strftime("%Y-%m-%dT%H:%M:%S%:z");
                text.push_str(&format!("{};{key};{operation};{at}\n", life.id));
                lines += 1;
            }
        }
        (text, lines)
    }
}

/// How far a report is when this person was the last: people come in the order of virtual shards.
fn part(server: usize, servers: usize, last: PersonId) -> u16 {
    let done = u64::from(last.0.virtual_shard().number()) * 1000 / u64::from(VirtualShard::LAST.number());
    let (server, servers) = (
        u64::try_from(server).unwrap_or_default(),
        u64::try_from(servers).unwrap_or(1).max(1),
    );
    u16::try_from((server * 1000 + done) / servers).unwrap_or(1000)
}

/// `2026-11-VOICE_MESSAGES-0190…`, without what names of files cannot have.
fn file_name(report: &Report, versions: &Versions) -> String {
    let zone = TimeZone::get(&report.zone).unwrap_or(TimeZone::UTC);
    let month = report
        .from
        .to_timestamp()
        .to_zoned(zone)
        .strftime("%Y-%m")
        .to_string();
    let about = match (report.segment, report.person) {
        (Some(segment), _) => versions.key_of(segment).to_string().replace('.', "-"),
        (None, Some(person)) => person.to_string(),
        (None, None) => "everything".to_owned(),
    };
    format!("{}/{month}-{about}", report.id)
}
