//! The rows of people.

use kernel::{Id, Language, PersonId};
use serde_json::json;
use store::{Row, StoreError, Tx, params, sql};

use super::types::{
    About, Attributes, BlockedBy, Email, Origin, Person, ReturnsTo, State, StateName, Value, Zone,
    after_prefix, search_key,
};
use crate::grants::types::{HOUSE, HouseRole};

pub fn person(tx: &mut Tx<'_>, id: PersonId) -> Result<Option<Person>, StoreError> {
    tx.query_opt(
        sql!(
            "SELECT id, state, accepted, blocked_by, email, name, language, zone, attributes, source_version,
                    version, created_at, changed_at, former_emails
             FROM people WHERE id = $1"
        ),
        params![id],
        read,
    )
}

/// Whether this person bears the address with this key.
pub fn bears(tx: &mut Tx<'_>, id: PersonId, email_key: &str) -> Result<bool, StoreError> {
    let key: Option<Option<Vec<u8>>> = tx.query_opt(
        sql!("SELECT email_key FROM people WHERE id = $1"),
        params![id],
        |row| row.get(0),
    )?;
    Ok(key.flatten().is_some_and(|key| key == email_key.as_bytes()))
}

pub fn insert(tx: &mut Tx<'_>, person: &Person) -> Result<(), StoreError> {
    let columns = Columns::of(person);
    tx.execute(
        sql!(
            "INSERT INTO people (id, vshard, state, accepted, blocked_by, email, email_key, name, name_key, language,
                                 zone, attributes, source_version, version, created_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        ),
        params![
            person.id,
            person.id.0.virtual_shard(),
            columns.state,
            columns.accepted,
            columns.blocked_by,
            columns.email,
            columns.email_key,
            columns.name,
            columns.name_key,
            columns.language,
            columns.zone,
            columns.attributes,
            columns.source_version,
            person.version,
            person.created,
            person.changed
        ],
    )?;
    Ok(())
}

pub fn save(tx: &mut Tx<'_>, person: &Person) -> Result<(), StoreError> {
    let columns = Columns::of(person);
    tx.execute(
        sql!(
            "UPDATE people SET state = $2, accepted = $3, blocked_by = $4, email = $5, email_key = $6, name = $7,
                    name_key = $8, language = $9, zone = $10, attributes = $11, source_version = $12, version = $13,
                    changed_at = $14, former_emails = $15
             WHERE id = $1"
        ),
        params![
            person.id,
            columns.state,
            columns.accepted,
            columns.blocked_by,
            columns.email,
            columns.email_key,
            columns.name,
            columns.name_key,
            columns.language,
            columns.zone,
            columns.attributes,
            columns.source_version,
            person.version,
            person.changed,
            columns.former_emails
        ],
    )?;
    Ok(())
}

/// A range of keys in one state, in the order of (key, id), after a place.
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub state: StateName,
    pub after: (Vec<u8>, Id),
    /// Up to but without this key; `None` for no end.
    pub until: Option<Vec<u8>>,
    /// In a list by address: not those whose names start with this, because they are in the list by name.
    pub but_named: Vec<u8>,
    /// Only those who hold this role on the house.
    pub role: Option<HouseRole>,
    pub rows: i64,
}

/// Sorts after every key: a key is UTF-8 and has no such byte.
const KEY_MAX: &[u8] = &[0xff];

pub(super) fn by_name(tx: &mut Tx<'_>, range: &Range) -> Result<Vec<Person>, StoreError> {
    if let Some(role) = range.role {
        return by_name_with_role(tx, range, role);
    }
    tx.query(
        sql!(
            "SELECT id, state, accepted, blocked_by, email, name, language, zone, attributes, source_version,
                    version, created_at, changed_at, former_emails
             FROM people WHERE state = $1 AND (name_key, id) > ($2, $3) AND name_key < $4
             ORDER BY name_key, id LIMIT $5"
        ),
        params![
            state_code(range.state),
            range.after.0,
            range.after.1,
            range.until.as_deref().unwrap_or(KEY_MAX),
            range.rows
        ],
        read,
    )
}

pub(super) fn by_email(tx: &mut Tx<'_>, range: &Range) -> Result<Vec<Person>, StoreError> {
    if let Some(role) = range.role {
        return by_email_with_role(tx, range, role);
    }
    tx.query(
        sql!(
            "SELECT id, state, accepted, blocked_by, email, name, language, zone, attributes, source_version,
                    version, created_at, changed_at, former_emails
             FROM people WHERE email_key IS NOT NULL AND (email_key, id) > ($2, $3) AND email_key < $4
               AND NOT (name_key >= $6 AND name_key < $7) AND state = $1
             ORDER BY email_key, id LIMIT $5"
        ),
        params![
            state_code(range.state),
            range.after.0,
            range.after.1,
            range.until.as_deref().unwrap_or(KEY_MAX),
            range.rows,
            range.but_named,
            after_prefix(&range.but_named).as_deref().unwrap_or(KEY_MAX)
        ],
        read,
    )
}

/// A page of those with a role costs what reading all who hold it costs: few do. CROSS JOIN keeps SQLite from going
/// over all people instead.
fn by_name_with_role(tx: &mut Tx<'_>, range: &Range, role: HouseRole) -> Result<Vec<Person>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, state, accepted, blocked_by, email, name, language, zone, attributes, source_version,
                    version, created_at, changed_at, former_emails
             FROM grants CROSS JOIN people
             WHERE scope = $6 AND relation = $7 AND id = person
               AND state = $1 AND (name_key, id) > ($2, $3) AND name_key < $4
             ORDER BY name_key, id LIMIT $5"
        ),
        params![
            state_code(range.state),
            range.after.0,
            range.after.1,
            range.until.as_deref().unwrap_or(KEY_MAX),
            range.rows,
            HOUSE,
            role.relation()
        ],
        read,
    )
}

fn by_email_with_role(tx: &mut Tx<'_>, range: &Range, role: HouseRole) -> Result<Vec<Person>, StoreError> {
    tx.query(
        sql!(
            "SELECT id, state, accepted, blocked_by, email, name, language, zone, attributes, source_version,
                    version, created_at, changed_at, former_emails
             FROM grants CROSS JOIN people
             WHERE scope = $8 AND relation = $9 AND id = person
               AND email_key IS NOT NULL AND (email_key, id) > ($2, $3) AND email_key < $4
               AND NOT (name_key >= $6 AND name_key < $7) AND state = $1
             ORDER BY email_key, id LIMIT $5"
        ),
        params![
            state_code(range.state),
            range.after.0,
            range.after.1,
            range.until.as_deref().unwrap_or(KEY_MAX),
            range.rows,
            range.but_named,
            after_prefix(&range.but_named).as_deref().unwrap_or(KEY_MAX),
            HOUSE,
            role.relation()
        ],
        read,
    )
}

/// How many people this server holds, deleted ones too.
pub(super) fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.query_one(sql!("SELECT count(*) FROM people"), params![], |row| row.get(0))
}

/// How many changes wait on this server.
#[cfg(test)]
pub(crate) fn count_outbox(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    tx.query_one(sql!("SELECT count(*) FROM outbox"), params![], |row| row.get(0))
}

struct Columns<'a> {
    state: i64,
    accepted: bool,
    blocked_by: Option<i64>,
    email: Option<&'a str>,
    email_key: Option<Vec<u8>>,
    former_emails: String,
    name: &'a str,
    name_key: Vec<u8>,
    language: &'static str,
    zone: &'a str,
    attributes: String,
    source_version: Option<i64>,
}

impl Columns<'_> {
    fn of(person: &Person) -> Columns<'_> {
        let about = person.about();
        let (accepted, blocked_by) = match &person.state {
            State::Invited(_) | State::Deleted => (false, None),
            State::Active(_) => (true, None),
            State::Blocked { returns_to, by, .. } => {
                (*returns_to == ReturnsTo::Active, Some(blocked_by_code(*by)))
            }
        };
        Columns {
            state: state_code(person.state.name()),
            accepted,
            blocked_by,
            email: person.email().map(Email::as_str),
            email_key: person.email().map(|email| email.key().into_bytes()),
            former_emails: {
                let former = person.former_emails.iter().map(Email::as_str);
                former.collect::<Vec<_>>().join(" ")
            },
            name: about.map_or("", |about| about.name.as_str()),
            name_key: about.map_or(Vec::new(), |about| search_key(&about.name)),
            language: about.map_or(Language::default(), |about| about.language).code(),
            zone: about.map_or("UTC", |about| about.zone.as_str()),
            attributes: about.map_or_else(|| "{}".to_owned(), |about| attributes_json(&about.attributes)),
            source_version: match person.origin {
                Origin::House => None,
                Origin::Source(version) => Some(version),
            },
        }
    }
}

fn read(row: &Row<'_>) -> Result<Person, StoreError> {
    let state = state_name(row.get(1)?)?;
    let returns_to = if row.get(2)? {
        ReturnsTo::Active
    } else {
        ReturnsTo::Invited
    };
    let state = match state {
        StateName::Invited => State::Invited(read_about(row)?),
        StateName::Active => State::Active(read_about(row)?),
        StateName::Blocked => State::Blocked {
            about: read_about(row)?,
            returns_to,
            by: blocked_by(row.get(3)?)?,
        },
        StateName::Deleted => State::Deleted,
    };
    let source_version: Option<i64> = row.get(9)?;
    let former: String = row.get(13)?;
    let former = former.split_ascii_whitespace();
    Ok(Person {
        id: row.get(0)?,
        state,
        former_emails: former.map(|email| Email::stored(email.to_owned())).collect(),
        version: row.get(10)?,
        origin: source_version.map_or(Origin::House, Origin::Source),
        created: row.get(11)?,
        changed: row.get(12)?,
    })
}

fn read_about(row: &Row<'_>) -> Result<About, StoreError> {
    let email: Option<String> = row.get(4)?;
    let language: String = row.get(6)?;
    let attributes: String = row.get(8)?;
    Ok(About {
        email: email.map(Email::stored),
        name: row.get(5)?,
        language: language
            .parse()
            .map_err(|_| StoreError::broken("a person has a language we do not speak"))?,
        zone: Zone::stored(row.get(7)?),
        attributes: parse_attributes(&attributes)?,
    })
}

fn state_code(state: StateName) -> i64 {
    match state {
        StateName::Invited => 1,
        StateName::Active => 2,
        StateName::Blocked => 3,
        StateName::Deleted => 4,
    }
}

fn state_name(code: i64) -> Result<StateName, StoreError> {
    StateName::ALL
        .into_iter()
        .find(|state| state_code(*state) == code)
        .ok_or_else(|| StoreError::broken(format!("a person is in a state {code} that does not exist")))
}

fn blocked_by_code(by: BlockedBy) -> i64 {
    match by {
        BlockedBy::House => 1,
        BlockedBy::Source => 2,
    }
}

fn blocked_by(code: i64) -> Result<BlockedBy, StoreError> {
    match code {
        1 => Ok(BlockedBy::House),
        2 => Ok(BlockedBy::Source),
        _ => Err(StoreError::broken(format!(
            "a person is blocked by {code}, which is nobody"
        ))),
    }
}

pub(super) fn attributes_json(attributes: &Attributes) -> String {
    let object = attributes
        .iter()
        .map(|(name, value)| {
            let value = match value {
                Value::Text(text) => json!(text),
                Value::Integer(number) => json!(number),
                Value::Decimal(number) => json!(number),
                Value::Flag(flag) => json!(flag),
            };
            (name.to_owned(), value)
        })
        .collect::<serde_json::Map<_, _>>();
    serde_json::Value::Object(object).to_string()
}

fn parse_attributes(text: &str) -> Result<Attributes, StoreError> {
    let broken = || StoreError::broken("a person has attributes that are not an object of plain values");
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|_| broken())?;
    let values = object
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                serde_json::Value::String(text) => Value::Text(text),
                serde_json::Value::Bool(flag) => Value::Flag(flag),
                serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                    (Some(whole), _) => Value::Integer(whole),
                    (None, Some(decimal)) => Value::Decimal(decimal),
                    (None, None) => return Err(broken()),
                },
                _ => return Err(broken()),
            };
            Ok((name, value))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Attributes::new(values).map_err(|_| broken())
}
