//! What can be done with a segment. Each change is one transaction on all servers, and is known here when it is answered.

use kernel::Text;
use store::{StoreError, Tx, log};

use super::rows;
use crate::points;
use crate::rules::{change, layers};
use crate::service::{RULES, Refused, Segments, blocking};
use crate::types::{Actor, Definition, Key, Reason, Rollout, Segment};

/// A segment that somebody wants.
#[derive(Clone, Debug)]
pub struct Draft {
    pub key: Key,
    pub title: Text,
    pub description: Text,
    pub owner: Text,
    pub definition: Definition,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub title: Option<Text>,
    pub description: Option<Text>,
    pub owner: Option<Text>,
    pub definition: Option<Definition>,
}

impl Segments {
    pub async fn create(&self, draft: Draft, by: Actor) -> Result<Segment, Refused> {
        let now = self.0.clock.now();
        let created = self
            .0
            .store
            .write_everywhere::<_, Refused>(move |tx| {
                if rows::with_key(tx, &draft.key)?.is_some() {
                    return Err(Reason::KeyTaken(draft.key.clone()).into());
                }
                let number = rows::next_number(tx)?.ok_or(Reason::TooManySegments)?;
                let segments = rows::all(tx)?;
                let new = Segment {
                    number,
                    key: draft.key.clone(),
                    title: draft.title.clone(),
                    description: draft.description.clone(),
                    owner: draft.owner.clone(),
                    definition: layers::allotted(number, draft.definition.clone(), &segments)?,
                    version: 1,
                    created: now,
                    changed: now,
                    archived: None,
                };
                change::check(number, &new.key, &new.definition, &segments, now)?;
                rows::insert(tx, &new, by)?;
                tell(tx, &new)?;
                Ok(new)
            })
            .await?;
        self.reload_rules().await?;
        Ok(created)
    }

    /// Changes a segment that nobody changed since `version`; `None`: whatever its version is.
    pub async fn change(
        &self,
        key: &str,
        version: Option<i64>,
        edit: Edit,
        by: Actor,
    ) -> Result<Segment, Refused> {
        let now = self.0.clock.now();
        self.change_by(key, version, by, move |before, others| {
            let edit = edit.clone();
            let after = Segment {
                title: edit.title.unwrap_or_else(|| before.title.clone()),
                description: edit.description.unwrap_or_else(|| before.description.clone()),
                owner: edit.owner.unwrap_or_else(|| before.owner.clone()),
                definition: match edit.definition {
                    Some(definition) => layers::allotted(before.number, definition, others)?,
                    None => before.definition.clone(),
                },
                changed: now,
                ..before.clone()
            };
            change::check(after.number, &after.key, &after.definition, others, now)?;
            Ok(after)
        })
        .await
    }

    /// Takes a segment from everybody at this instant. Its history stays, and its key is not given again.
    pub async fn archive(&self, key: &str, version: Option<i64>, by: Actor) -> Result<Segment, Refused> {
        let now = self.0.clock.now();
        self.change_by(key, version, by, move |before, _| {
            Ok(Segment {
                archived: Some(now),
                changed: now,
                ..before.clone()
            })
        })
        .await
    }

    async fn change_by(
        &self,
        key: &str,
        version: Option<i64>,
        by: Actor,
        decide: impl Fn(&Segment, &[Segment]) -> Result<Segment, Reason> + Send + Sync + 'static,
    ) -> Result<Segment, Refused> {
        let name = key.to_owned();
        let changed = self
            .0
            .store
            .write_everywhere::<_, Refused>(move |tx| {
                let no_segment = || Reason::NoSegment(name.clone());
                let key = Key::parse(&name).map_err(|_| no_segment())?;
                let before = rows::with_key(tx, &key)?.ok_or_else(no_segment)?;
                if before.archived.is_some() {
                    return Err(Reason::Archived(key).into());
                }
                if version.is_some_and(|version| version != before.version) {
                    return Err(Reason::Stale.into());
                }
                let after = Segment {
                    version: before.version + 1,
                    ..decide(&before, &rows::all(tx)?)?
                };
                rows::save(tx, &after, by)?;
                tell(tx, &after)?;
                Ok(after)
            })
            .await?;
        self.reload_rules().await?;
        Ok(changed)
    }

    /// A segment, archived or not.
    pub fn segment(&self, key: &str) -> Result<Segment, Reason> {
        self.shelf(self.0.clock.now()).with_key(key).cloned()
    }

    /// All segments in the order of their keys, archived ones too when asked for.
    pub fn segments(&self, archived: bool) -> Vec<Segment> {
        let shelf = self.shelf(self.0.clock.now());
        let wanted = shelf
            .segments
            .iter()
            .filter(|one| archived || one.archived.is_none());
        let mut segments: Vec<Segment> = wanted.cloned().collect();
        segments.sort_by(|one, other| one.key.cmp(&other.key));
        segments
    }

    /// A definition as saving would make it: exact if that is wanted, with the spans of its layer.
    /// To be exact everybody is looked at, which is no work for a thread that answers others.
    pub(crate) async fn settled(
        &self,
        before: Option<&Segment>,
        definition: Definition,
        exact: bool,
    ) -> Result<Definition, Refused> {
        let definition = if exact {
            let (segments, before) = (self.clone(), before.cloned());
            let work = move || segments.made_exact(before.as_ref(), definition);
            blocking("an exact share", work).await?
        } else {
            definition
        };
        let Some(before) = before else {
            return Ok(definition);
        };
        let segments = &self.shelf_now().segments;
        change::check(before.number, &before.key, &definition, segments, self.now())?;
        Ok(layers::allotted(before.number, definition, segments)?)
    }

    /// The same definition with a threshold that takes exactly its share of those whom its rule applies to now. Whoever
    /// was in by the rule before, with a share that was not larger, stays in.
    pub fn made_exact(&self, before: Option<&Segment>, mut definition: Definition) -> Definition {
        let Some(rollout) = &mut definition.rollout else {
            return definition;
        };
        let now = self.0.clock.now();
        let shelf = self.shelf(now);
        let mut found = Vec::new();
        self.0.census.each(|seen| {
            if shelf
                .book
                .could_join(seen, before.map(|before| before.number), rollout, now)
            {
                found.push(points::in_rollout(seen.id, rollout));
            }
        });
        let exact = points::exact_threshold(&mut found, rollout.share);
        let earlier = before.and_then(|before| before.definition.rollout.as_ref());
        let grows = |earlier: &&Rollout| {
            earlier.salt == rollout.salt
                && earlier.hashing == rollout.hashing
                && earlier.share <= rollout.share
        };
        rollout.exact = match earlier.filter(grows) {
            None => exact,
            Some(earlier) => {
                let was = earlier.exact.or_else(|| earlier.share.threshold());
                exact.zip(was).map(|(exact, was)| exact.max(was))
            }
        };
        definition
    }
}

fn tell(tx: &mut Tx<'_>, segment: &Segment) -> Result<(), StoreError> {
    log::tell(tx, RULES, &segment.number.get().to_be_bytes())
}
