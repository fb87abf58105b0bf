//! A house of several databases: who belongs to it, and which of them is home.
//!
//! Each database knows its own name and house, so that swapped addresses, somebody else's database or an empty one in
//! the place of one that was full are noticed before anything is read or written. A server joins by a transaction
//! over the home and itself: it is a full member, with the reference tables, or none.

use kernel::Moment;
use postgres::Client;

use super::link::{Contact, database_of};
use super::map::{self, BadMap, Map};
use super::recovery;
use super::tables::{Tables, columns, read_stream, write_stream};
use super::trouble::{Attempt, Trouble, again};
use super::two_phase::{Ended, Gid, Work, commit_together};
use crate::crash::Points;
use crate::{OpenError, StoreError, pg};

/// Whoever holds this lock of the home's database sets the house up; it ends with the connection.
const LOCK: i64 = 0x746f_776e_0003;

/// What the configuration says of the servers, the home first.
pub(crate) struct Household<'a> {
    pub(crate) contacts: &'a [Contact],
    pub(crate) cold: Option<&'a str>,
}

/// A database's own row of the table `house`.
struct Card {
    server: String,
    house: String,
    role: String,
}

impl Household<'_> {
    fn role(&self, at: usize) -> &'static str {
        match self.contacts.get(at) {
            _ if at == 0 => "home",
            Some(contact) if Some(contact.name()) == self.cold => "cold",
            _ => "hot",
        }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.contacts
            .iter()
            .map(|contact| contact.name().to_owned())
            .collect()
    }

    /// What can be known to be wrong without asking anybody.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        let refuse = |why: String| Err(OpenError::Misconfigured(why));
        let names = self.names();
        let Some(home) = names.first() else {
            return refuse("a PostgreSQL store needs at least one server".to_owned());
        };
        for (at, name) in names.iter().enumerate() {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
            if name.is_empty() || name.len() > 40 || !name.chars().all(fits) {
                return refuse(format!(
                    "`{name}` cannot name a server: use up to 40 lower-case letters, digits, `-` and `_`"
                ));
            }
            if names[..at].contains(name) {
                return refuse(format!(
                    "two servers are named `{name}`: give each a name of its own"
                ));
            }
        }
        match self.cold {
            Some(cold) if cold == home => refuse(format!(
                "`{cold}` comes first, so it is the home server and cannot be the cold one: name another"
            )),
            Some(cold) if !names.iter().any(|name| name == cold) => refuse(format!(
                "the cold server `{cold}` is not among the servers ({}): add it, or correct its name",
                names.join(", ")
            )),
            _ => Ok(()),
        }
    }
}

/// After the migrations: makes one house of the servers. Done again, it changes nothing.
pub(crate) fn settle_in(household: &Household<'_>, tables: &Tables, now: Moment) -> Result<(), OpenError> {
    household.check()?;
    let mut clients = connect_all(household.contacts)?;
    let Some((home, others)) = clients.split_first_mut() else {
        return Ok(());
    };
    let home_name = household.contacts[0].name();
    home.execute("SELECT pg_advisory_lock($1)", &[&LOCK])
        .map_err(|error| unfit(home_name, &error))?;
    tables.index(home).map_err(|error| unfit(home_name, &error))?;
    again(|| found(home, household)).map_err(|trouble| of_trouble(home_name, &trouble))?;
    let house = home_card(home, home_name)?.house;
    for (at, other) in others.iter_mut().enumerate() {
        let (at, name) = (at + 1, household.contacts[at + 1].name());
        tables.index(other).map_err(|error| unfit(name, &error))?;
        let joining = Joining {
            household,
            at,
            house: &house,
            tables,
            now,
        };
        again(|| joining.join(home, other)).map_err(|trouble| of_trouble(name, &trouble))?;
    }
    let names = household.names();
    home.execute(
        "DELETE FROM house WHERE role = 'hot' AND NOT server = ANY($1)
         AND NOT EXISTS (SELECT 1 FROM shard_map WHERE shard_map.server = house.server)",
        &[&names],
    )
    .map_err(|error| unfit(home_name, &error))?;
    verify(home, household)
}

/// Before a store opens: whether all servers are who the configuration says they are, and the map names them only.
pub(crate) fn verify_all(household: &Household<'_>) -> Result<Map, OpenError> {
    household.check()?;
    let mut clients = connect_all(household.contacts)?;
    let Some((home, others)) = clients.split_first_mut() else {
        return Err(OpenError::Misconfigured(
            "a PostgreSQL store needs at least one server".to_owned(),
        ));
    };
    let house = home_card(home, household.contacts[0].name())?.house;
    verify(home, household)?;
    for (other, contact) in others.iter_mut().zip(&household.contacts[1..]) {
        let card = card(other, contact.name())?;
        is_ours(&card, contact.name(), &house)?;
    }
    let entries = map::load(home).map_err(|error| unfit(household.contacts[0].name(), &error))?;
    Map::new(entries, &household.names()).map_err(|bad| bad_map(&bad))
}

fn connect_all(contacts: &[Contact]) -> Result<Vec<Client>, OpenError> {
    let connect = |contact: &Contact| {
        contact.connect().map_err(|error| OpenError::Unreachable {
            server: contact.name().to_owned(),
            why: pg::said(&error),
        })
    };
    contacts.iter().map(connect).collect()
}

/// The home server becomes the home of a new house, with a map that spreads the virtual shards evenly.
fn found(home: &mut Client, household: &Household<'_>) -> Attempt<()> {
    let names = household.names();
    let mut tx = home.transaction()?;
    tx.batch_execute("LOCK TABLE house IN EXCLUSIVE MODE")?;
    if tx.query_opt("SELECT 1 FROM house WHERE here = 1", &[])?.is_some() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO house (server, house, role, here) VALUES ($1, $2, 'home', 1)",
        &[&names[0], &kernel::random_token()],
    )?;
    let warm: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| Some(*name) != household.cold)
        .collect();
    for entry in Map::even(&warm) {
        let (first, last) = (entry.range.first_column(), entry.range.last_column());
        tx.execute(
            "INSERT INTO shard_map (first_vshard, last_vshard, server, epoch) VALUES ($1, $2, $3, $4)",
            &[&first, &last, &entry.server, &entry.epoch],
        )?;
    }
    tx.batch_execute(&own_ranges(&names[0], &Map::even(&warm)))?;
    tx.commit()?;
    Ok(())
}

fn own_ranges(server: &str, entries: &[map::Entry]) -> String {
    let mine = entries.iter().filter(|entry| entry.server == server);
    mine.map(|entry| {
        format!(
            "INSERT INTO shard_ranges (first_vshard, last_vshard, epoch, state, pass) \
             VALUES ({}, {}, {}, 'here', 0);",
            entry.range.first, entry.range.last, entry.epoch
        )
    })
    .collect()
}

/// Server number `at` on its way to become a member.
struct Joining<'a> {
    household: &'a Household<'a>,
    at: usize,
    house: &'a str,
    tables: &'a Tables,
    now: Moment,
}

impl Joining<'_> {
    fn name(&self) -> &str {
        self.household.contacts[self.at].name()
    }

    /// Nothing to do for a server that is a member in this role.
    fn join(&self, home: &mut Client, other: &mut Client) -> Attempt<()> {
        let first = &self.household.contacts[0];
        recovery::settle_here(other, recovery::ANY_AGE, self.now, &mut |gid| {
            Ok(if gid.home == first.name() {
                Some(first.connect()?)
            } else {
                None
            })
        })?;
        let role = self.household.role(self.at);
        let own = other.query_opt("SELECT server, house FROM house WHERE here = 1", &[])?;
        let (is_new, is_foreign) = match &own {
            Some(row) => (
                false,
                row.get::<_, &str>(0) != self.name() || row.get::<_, &str>(1) != self.house,
            ),
            None => (true, false),
        };
        let listed = home.query_opt(
            "SELECT role FROM house WHERE server = $1 AND here = 0",
            &[&self.name()],
        )?;
        match (listed.as_ref().map(|row| row.get::<_, &str>(0)), is_new) {
            (Some(_), true) => Err(refusal(
                "this database is empty, but the house knows a server of that name: correct its address, or restore \
                 it from a backup",
            )),
            _ if is_foreign => Err(refusal(
                "this database belongs to another house, or is another server of this one: correct its address",
            )),
            (Some(before), false) if before == role => Ok(()),
            (Some("cold"), false) => Err(refusal(
                "it was the cold server and people live there: put its name back as `cold` in [store]",
            )),
            _ => self.enter(home, other, role, is_new),
        }
    }

    fn enter(&self, home: &mut Client, other: &mut Client, role: &str, is_new: bool) -> Attempt<()> {
        let entries = map::load(home)?;
        if role == "cold" && entries.iter().any(|entry| entry.server == self.name()) {
            return Err(refusal(
                "it owns virtual shards, so it cannot become the cold server: move them away first",
            ));
        }
        let gid = Gid::new(self.household.contacts[0].name(), &database_of(home)?);
        let mut entry = Entry {
            joining: self,
            role,
            is_new,
            entries,
            copied: Vec::new(),
        };
        match commit_together(&mut [home, other], &gid, self.now, &Points::default(), &mut entry) {
            Ended::Committed => Ok(()),
            Ended::Undone(trouble) | Ended::Unknown(trouble) => Err(trouble),
        }
    }
}

/// The transaction that makes a server a member, or gives it another role.
struct Entry<'a> {
    joining: &'a Joining<'a>,
    role: &'a str,
    is_new: bool,
    entries: Vec<map::Entry>,
    copied: Vec<Copied>,
}

impl Work<&mut Client> for Entry<'_> {
    fn at_home(&mut self, home: &mut &mut Client) -> Attempt<()> {
        home.execute(
            "INSERT INTO house (server, house, role, here) VALUES ($1, $2, $3, 0)
             ON CONFLICT (server) DO UPDATE SET role = excluded.role",
            &[&self.joining.name(), &self.joining.house, &self.role],
        )?;
        if self.is_new {
            self.copied = reference_rows(home, self.joining.tables)?;
        }
        Ok(())
    }

    fn at_other(&mut self, _number: usize, other: &mut &mut Client) -> Attempt<()> {
        if !self.is_new {
            other.execute("UPDATE house SET role = $1 WHERE here = 1", &[&self.role])?;
            return Ok(());
        }
        other.execute(
            "INSERT INTO house (server, house, role, here) VALUES ($1, $2, $3, 1)",
            &[&self.joining.name(), &self.joining.house, &self.role],
        )?;
        other.batch_execute(&own_ranges(self.joining.name(), &self.entries))?;
        give_reference_rows(other, &self.copied)
    }
}

/// Reference tables are small by their nature, so they fit into memory.
struct Copied {
    table: String,
    columns: String,
    stream: Vec<u8>,
}

fn reference_rows(home: &mut Client, tables: &Tables) -> Attempt<Vec<Copied>> {
    let mut all = Vec::new();
    for table in &tables.reference {
        let columns = columns(home, table)?;
        let stream = read_stream(home, &format!("SELECT {columns} FROM {table}"))?;
        all.push(Copied {
            table: table.clone(),
            columns,
            stream,
        });
    }
    Ok(all)
}

fn give_reference_rows(other: &mut Client, copied: &[Copied]) -> Attempt<()> {
    for Copied {
        table,
        columns,
        stream,
    } in copied
    {
        write_stream(other, stream, table, columns)?;
    }
    Ok(())
}

fn card(client: &mut Client, name: &str) -> Result<Card, OpenError> {
    let row = client
        .query_opt("SELECT server, house, role FROM house WHERE here = 1", &[])
        .map_err(|error| unfit(name, &error))?;
    row.map(|row| Card {
        server: row.get(0),
        house: row.get(1),
        role: row.get(2),
    })
    .ok_or_else(|| OpenError::Unfit {
        server: name.to_owned(),
        why: "it has not joined the house; run `townhall migrate`".into(),
    })
}

fn is_ours(card: &Card, name: &str, house: &str) -> Result<(), OpenError> {
    let why = if card.house != house {
        "this database belongs to another house: correct its address".to_owned()
    } else if card.server != name {
        format!(
            "this database is that of the server `{}`: correct the addresses or the names",
            card.server
        )
    } else {
        return Ok(());
    };
    Err(OpenError::Unfit {
        server: name.to_owned(),
        why,
    })
}

/// The house, as the database of the first server knows it.
fn home_card(home: &mut Client, name: &str) -> Result<Card, OpenError> {
    let own = card(home, name)?;
    is_ours(&own, name, &own.house)?;
    if own.role == "home" {
        return Ok(own);
    }
    Err(OpenError::Misconfigured(format!(
        "`{name}` comes first in the configuration but is not the home server: the home server must come first"
    )))
}

/// What the home server knows of the house, held against the configuration.
fn verify(home: &mut Client, household: &Household<'_>) -> Result<(), OpenError> {
    let names = household.names();
    let name = &names[0];
    let entries = map::load(home).map_err(|error| unfit(name, &error))?;
    Map::new(entries, &names).map_err(|bad| bad_map(&bad))?;
    let listed = home
        .query("SELECT server, role FROM house", &[])
        .map_err(|error| unfit(name, &error))?;
    for (at, name) in names.iter().enumerate() {
        let role = listed
            .iter()
            .find(|row| row.get::<_, &str>(0) == name)
            .map(|row| row.get::<_, &str>(1));
        if role != Some(household.role(at)) {
            return Err(OpenError::Unfit {
                server: name.clone(),
                why: "the house does not know this server in this role; run `townhall migrate`".to_owned(),
            });
        }
    }
    for row in &listed {
        let (server, role) = (row.get::<_, &str>(0), row.get::<_, &str>(1));
        if names.iter().any(|name| name == server) {
            continue;
        }
        return Err(OpenError::Misconfigured(if role == "cold" {
            format!(
                "people live on the cold server `{server}`, which the configuration does not name: add it to [store]"
            )
        } else {
            format!(
                "the server `{server}` belongs to the house and the configuration does not name it: add it to \
                 [store], or, when it owns no virtual shards any more, run `townhall migrate` to let it go"
            )
        }));
    }
    Ok(())
}

fn bad_map(bad: &BadMap) -> OpenError {
    OpenError::Misconfigured(bad.to_string())
}

fn refusal(why: &str) -> Trouble {
    Trouble::Store(StoreError::broken(why))
}

fn unfit(server: &str, error: &postgres::Error) -> OpenError {
    OpenError::Unfit {
        server: server.to_owned(),
        why: pg::said(error),
    }
}

fn of_trouble(server: &str, trouble: &Trouble) -> OpenError {
    OpenError::Unfit {
        server: server.to_owned(),
        why: trouble.to_string(),
    }
}
