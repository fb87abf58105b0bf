//! All or none on several servers.
//!
//! Every server but one votes with PREPARE TRANSACTION. The one that is home to the transaction does not: its ordinary
//! COMMIT carries its share of the work *and* the verdict row, and that commit is the moment of decision. So there is
//! no moment at which the home's work is kept and the verdict is not, and one flush of a disk is saved.
//!
//! A prepared transaction whose coordinator died is settled by recovery, which first writes the verdict `abort`. The
//! row's primary key makes that a fence: a coordinator that was only slow can no longer write `commit`.

use kernel::Moment;
use postgres::Client;
use postgres::error::SqlState;

use super::trouble::{Attempt, Trouble, is_refusal};
use crate::crash::Points;

pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
const PREFIX: &str = "townhall";

/// The name of a transaction over several servers. It says where its verdict is found: server, then database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gid {
    pub(crate) home: String,
    pub(crate) token: String,
    pub(crate) database: String,
}

impl Gid {
    pub(crate) fn new(home: &str, database: &str) -> Gid {
        let token = kernel::random_token();
        Gid {
            home: home.to_owned(),
            token,
            database: database.to_owned(),
        }
    }

    /// `None` for the prepared transactions of other programs.
    pub(crate) fn parse(text: &str) -> Option<Gid> {
        let mut parts = text.splitn(4, ':');
        if parts.next() != Some(PREFIX) {
            return None;
        }
        let mut next = || parts.next().map(str::to_owned);
        Some(Gid {
            home: next()?,
            token: next()?,
            database: next()?,
        })
    }

    fn literal(&self) -> String {
        format!("'{}'", self.to_string().replace('\'', "''"))
    }
}

impl std::fmt::Display for Gid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}:{}:{}:{}", self.home, self.token, self.database)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Commit,
    Abort,
}

/// A connection that takes part.
pub(crate) trait Member {
    fn client(&mut self) -> &mut Client;
}

impl Member for Client {
    fn client(&mut self) -> &mut Client {
        self
    }
}

impl<M: Member + ?Sized> Member for &mut M {
    fn client(&mut self) -> &mut Client {
        (**self).client()
    }
}

/// How it ended for the coordinator.
#[derive(Debug)]
pub(crate) enum Ended {
    Committed,
    Undone(Trouble),
    /// The home server did not answer to the COMMIT. [`judge`] finds out, once the home can be reached.
    Unknown(Trouble),
}

/// What is done on each member, inside its transaction.
pub(crate) trait Work<M: Member> {
    fn begin_at_home(&mut self, home: &mut M) -> Attempt<()> {
        Ok(home.client().batch_execute(BEGIN)?)
    }
    fn at_home(&mut self, home: &mut M) -> Attempt<()>;
    fn begin_at_other(&mut self, _home: &mut M, other: &mut M) -> Attempt<()> {
        Ok(other.client().batch_execute(BEGIN)?)
    }
    /// Members are counted from one: the home is none.
    fn at_other(&mut self, number: usize, other: &mut M) -> Attempt<()>;
    /// Once the others have voted: the home's last word.
    fn seal(&mut self, _home: &mut M) -> Attempt<()> {
        Ok(())
    }
}

/// Does `work` on all members, or on none; the first is home. Each is between transactions before and after.
///
/// The home works first. What is changed on several servers is the same on each, so two coordinators that would get
/// into each other's way meet at the home, before either of them holds anything elsewhere.
pub(crate) fn commit_together<M: Member>(
    members: &mut [M],
    gid: &Gid,
    now: Moment,
    points: &Points,
    work: &mut impl Work<M>,
) -> Ended {
    let mut prepared = 0;
    if let Err(trouble) = vote(members, gid, points, work, &mut prepared) {
        undo(members, gid, prepared);
        return Ended::Undone(trouble);
    }
    let Some((home, others)) = members.split_first_mut() else {
        return Ended::Committed;
    };
    points.pass("two_phase.before_decision");
    let end = if others.is_empty() {
        "COMMIT".to_owned()
    } else {
        decision(gid, now)
    };
    if let Err(error) = home.client().batch_execute(&end) {
        return match error {
            error if is_refusal(&error) => {
                undo(members, gid, prepared);
                let is_fenced = error.code() == Some(&SqlState::UNIQUE_VIOLATION);
                Ended::Undone(if is_fenced { Trouble::Fenced } else { error.into() })
            }
            error => Ended::Unknown(error.into()),
        };
    }
    points.pass("two_phase.decided");
    for (at, other) in others.iter_mut().enumerate() {
        // It is decided. What cannot be told to a server now, recovery tells it later.
        if let Err(error) = settle(other.client(), gid, Verdict::Commit) {
            tracing::warn!(%error, %gid, "a decided transaction is left to recovery");
        }
        if at == 0 {
            points.pass("two_phase.settled_one");
        }
    }
    points.pass("two_phase.settled_all");
    Ended::Committed
}

/// The verdict and the end of the home's transaction, in one round trip.
fn decision(gid: &Gid, now: Moment) -> String {
    format!(
        "INSERT INTO verdicts (gid, verdict, decided_at) VALUES ({}, 'commit', {}); COMMIT",
        gid.literal(),
        now.as_micros()
    )
}

fn vote<M: Member>(
    members: &mut [M],
    gid: &Gid,
    points: &Points,
    work: &mut impl Work<M>,
    prepared: &mut usize,
) -> Attempt<()> {
    let Some((home, others)) = members.split_first_mut() else {
        return Ok(());
    };
    work.begin_at_home(home)?;
    work.at_home(home)?;
    points.pass("two_phase.home_done");
    for (number, other) in (1..).zip(others) {
        work.begin_at_other(home, other)?;
        work.at_other(number, other)?;
        other
            .client()
            .batch_execute(&format!("PREPARE TRANSACTION {}", gid.literal()))?;
        *prepared = number;
        if number == 1 {
            points.pass("two_phase.prepared_one");
        }
    }
    points.pass("two_phase.prepared_all");
    work.seal(home)
}

fn undo<M: Member>(members: &mut [M], gid: &Gid, prepared: usize) {
    for (at, member) in members.iter_mut().enumerate() {
        let client = member.client();
        let result = if (1..=prepared).contains(&at) {
            settle(client, gid, Verdict::Abort)
        } else {
            // Outside a transaction this is only a warning to the server's log.
            client.batch_execute("ROLLBACK")
        };
        if let Err(error) = result {
            tracing::warn!(%error, %gid, "an undone transaction is left to the server or to recovery");
        }
    }
}

/// The verdict, final from now on: where there was none, this makes it `abort`. Waits for a COMMIT that is under way.
pub(crate) fn judge(home: &mut Client, gid: &Gid, now: Moment) -> Result<Verdict, postgres::Error> {
    let text = gid.to_string();
    home.execute(
        "INSERT INTO verdicts (gid, verdict, decided_at) VALUES ($1, 'abort', $2) ON CONFLICT (gid) DO NOTHING",
        &[&text, &now.as_micros()],
    )?;
    let row = home.query_one("SELECT verdict FROM verdicts WHERE gid = $1", &[&text])?;
    Ok(if row.get::<_, &str>(0) == "commit" {
        Verdict::Commit
    } else {
        Verdict::Abort
    })
}

/// Ends a prepared transaction. That it is ended already, or being ended, is as good.
pub(crate) fn settle(client: &mut Client, gid: &Gid, verdict: Verdict) -> Result<(), postgres::Error> {
    let word = match verdict {
        Verdict::Commit => "COMMIT",
        Verdict::Abort => "ROLLBACK",
    };
    match client.batch_execute(&format!("{word} PREPARED {}", gid.literal())) {
        Err(error)
            if [
                Some(&SqlState::UNDEFINED_OBJECT),
                Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE),
            ]
            .contains(&error.code()) =>
        {
            Ok(())
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gid_names_its_home_whatever_the_database_is_called() {
        let gid = Gid::new("a", "it's:odd");
        assert_eq!(Gid::parse(&gid.to_string()), Some(gid.clone()));
        assert!(gid.literal().contains("it''s:odd"));
        assert_eq!(Gid::parse("somebody else's"), None);
        assert_eq!(Gid::parse("townhall:a"), None);
        assert!(
            Gid::new(&"a".repeat(40), &"d".repeat(63)).to_string().len() < 200,
            "PostgreSQL's maximum"
        );
    }
}
