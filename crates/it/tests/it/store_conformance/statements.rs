//! Decisions 1, 2, 3 and 11: one text for both engines, values of four kinds, every statement known.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kernel::{Id, Moment, VirtualShard};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use store::{Bind as _, StoreError, Tx, params, sql};
use testkit::stores::{self, Kind, TestStore};

use super::{Thing, on_every_kind, owner, save_one, stored, thing};

on_every_kind!(
    the_order_of_parameters_does_not_matter,
    values_come_back_as_they_went_in,
    any_values_come_back_as_they_went_in,
    text_with_nul_is_refused,
    text_is_ordered_by_its_bytes,
    the_welcome_part_of_sql_answers_alike,
    a_wrong_number_of_parameters_is_refused,
    a_value_of_another_kind_is_refused_by_the_reader,
    what_is_not_held_is_refused_by_the_reader,
    two_rows_where_one_is_expected_are_a_fault,
);

async fn the_order_of_parameters_does_not_matter(house: TestStore) {
    let shard = house.store.shard_of(owner());
    let answer = shard
        .read(|tx| {
            tx.query_one(
                sql!(
                    "SELECT CAST($3 AS BIGINT), CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), '$1'"
                ),
                params!["first", 2i64, 3i64],
                |row| {
                    let numbers: (i64, i64, i64) = (row.get(0)?, row.get(2)?, row.get(3)?);
                    let texts: (String, String) = (row.get(1)?, row.get(4)?);
                    Ok((numbers, texts))
                },
            )
        })
        .await;
    let answer: ((i64, i64, i64), (String, String)) = answer.map_err(|error: StoreError| error).unwrap();
    assert_eq!(answer, ((3, 2, 3), ("first".into(), "$1".into())));
}

async fn values_come_back_as_they_went_in(house: TestStore) {
    let owner = owner();
    let names = [
        None,
        Some(""),
        Some("Анна O'Brien \u{1f3e0} $1 ?"),
        Some("a\n\tb"),
    ];
    let bodies: [Option<&[u8]>; 4] = [None, Some(b""), Some(b"\0\xff\x80"), Some(b"text")];
    let mut expected = Vec::new();
    for (number, (name, body)) in [i64::MIN, -1, 0, i64::MAX]
        .into_iter()
        .zip(names.into_iter().zip(bodies))
    {
        let thing = Thing {
            number,
            name: name.map(str::to_owned),
            body: body.map(<[u8]>::to_vec),
        };
        save_one(&house.store, owner, thing.clone()).await.unwrap();
        expected.push(thing);
    }
    assert_eq!(stored(&house.store.shard_of(owner), owner).await, expected);

    let moment = Moment::from_micros(1_795_000_000_123_456);
    let answer: Result<_, StoreError> = house
        .store
        .shard_of(owner)
        .read(move |tx| {
            tx.query_one(
                sql!(
                    "SELECT CAST($1 AS BIGINT), CAST($2 AS BYTEA), CAST($3 AS BIGINT), CAST($4 AS BIGINT), \
                     CAST($5 AS BIGINT)"
                ),
                params![moment, owner, true, owner.virtual_shard(), None::<u16>],
                |row| {
                    let one: (Moment, Id, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
                    let two: (VirtualShard, Option<u16>) = (row.get(3)?, row.get(4)?);
                    Ok((one, two))
                },
            )
        })
        .await;
    // BYTEA is no type of SQLite's, where CAST makes a number of it; there the column types do the work.
    if house.databases.is_empty() {
        assert!(answer.is_err());
    } else {
        assert_eq!(
            answer.unwrap(),
            ((moment, owner, true), (owner.virtual_shard(), None))
        );
    }
}

async fn any_values_come_back_as_they_went_in(house: TestStore) {
    let values = (
        any::<i64>(),
        proptest::option::of("[^\\x00]{0,50}"),
        any::<Option<Vec<u8>>>(),
    );
    let many = proptest::collection::btree_map(any::<i64>(), values, 20);
    let mut runner = TestRunner::deterministic();
    let picked = many.new_tree(&mut runner).unwrap().current();
    let owner = owner();
    let mut expected = Vec::new();
    for (number, (salt, name, body)) in picked {
        // Names and bodies of one owner are unique.
        let name = name.map(|name| format!("{name}{salt}"));
        let body = body.map(|mut body| {
            body.extend(salt.to_be_bytes());
            body
        });
        let thing = Thing { number, name, body };
        save_one(&house.store, owner, thing.clone()).await.unwrap();
        expected.push(thing);
    }
    assert_eq!(stored(&house.store.shard_of(owner), owner).await, expected);
}

async fn text_with_nul_is_refused(house: TestStore) {
    let owner = owner();
    let mut torn = thing(1);
    torn.name = Some("a\0b".to_owned());
    let answer = save_one(&house.store, owner, torn).await;
    assert!(matches!(answer, Err(StoreError::Broken(_))), "{answer:?}");
    assert_eq!(stored(&house.store.shard_of(owner), owner).await, []);
}

async fn text_is_ordered_by_its_bytes(house: TestStore) {
    let words = ["b", "a", "B", "ё", "я", "z", "Z", "-", "a b", "ab"];
    let mut expected: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    expected.sort();
    let answer: Vec<String> = house
        .store
        .shard_of(owner())
        .write(move |tx| {
            for word in words {
                tx.execute(
                    sql!(
                        "INSERT INTO leases (task, first_vshard, last_vshard, owner, held_until, fence)
                         VALUES ($1, 0, 0, '', 0, 0)"
                    ),
                    params![word],
                )?;
            }
            tx.query(
                sql!("SELECT task FROM leases WHERE task >= $1 ORDER BY task"),
                params![""],
                |row| row.get(0),
            )
        })
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    assert_eq!(answer, expected);
}

/// `ON CONFLICT`, `RETURNING`, row values, CTE, window functions, partial indexes.
async fn the_welcome_part_of_sql_answers_alike(house: TestStore) {
    let owner = owner();
    for number in 1..=4 {
        save_one(&house.store, owner, thing(number)).await.unwrap();
    }
    let shard = house.store.shard_of(owner);
    let answer: Result<_, StoreError> = shard.write(move |tx| welcome(tx, owner)).await;
    let (upserted, paged, ranked) = answer.unwrap();
    assert_eq!(upserted, "changed");
    assert_eq!(paged, [3, 4]);
    assert_eq!(ranked, [(4, 1), (3, 2), (2, 3), (1, 4)]);
}

type Welcome = (String, Vec<i64>, Vec<(i64, i64)>);

fn welcome(tx: &mut Tx<'_>, owner: Id) -> Result<Welcome, StoreError> {
    tx.execute(
        sql!("CREATE INDEX things_named ON things (name) WHERE body IS NULL"),
        params![],
    )?;
    let upserted = tx.query_one(
        sql!(
            "INSERT INTO things (vshard, owner, number, name) VALUES ($1, $2, 4, 'new')
             ON CONFLICT (vshard, owner, number) DO UPDATE SET name = 'changed' RETURNING name"
        ),
        params![owner.virtual_shard(), owner],
        |row| row.get(0),
    )?;
    let paged = tx.query(
        sql!(
            "SELECT number FROM things WHERE (owner, number) > ($1, $2) AND owner = $1 ORDER BY owner, number LIMIT $3"
        ),
        params![owner, 2i64, 5i64],
        |row| row.get(0),
    )?;
    let ranked = tx.query(
        sql!(
            "WITH mine AS (SELECT number FROM things WHERE owner = $1)
             SELECT number, row_number() OVER (ORDER BY number DESC) FROM mine ORDER BY 2"
        ),
        params![owner],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok((upserted, paged, ranked))
}

async fn a_wrong_number_of_parameters_is_refused(house: TestStore) {
    let shard = house.store.shard_of(owner());
    for count in [0, 2] {
        let answer: Result<Vec<i64>, StoreError> = shard
            .read(move |tx| {
                let all = [1i64.bind(), 2i64.bind()];
                tx.query(
                    sql!("SELECT number FROM things WHERE number = $1"),
                    &all[..count],
                    |row| row.get(0),
                )
            })
            .await;
        assert!(
            matches!(answer, Err(StoreError::Broken(_))),
            "{count} given: {answer:?}"
        );
    }
}

async fn a_value_of_another_kind_is_refused_by_the_reader(house: TestStore) {
    let owner = owner();
    save_one(&house.store, owner, thing(7)).await.unwrap();
    let answer: Result<Vec<i64>, StoreError> = house
        .store
        .shard_of(owner)
        .read(|tx| tx.query(sql!("SELECT name FROM things"), params![], |row| row.get(0)))
        .await;
    let said = answer.unwrap_err().to_string();
    assert!(said.contains("expected a whole number, found text"), "{said}");
    assert!(
        !said.contains("thing 7"),
        "a value may be somebody's name and stays out of errors"
    );
}

async fn what_is_not_held_is_refused_by_the_reader(house: TestStore) {
    let answer: Result<Vec<i64>, StoreError> = house
        .store
        .shard_of(owner())
        .read(|tx| tx.query(sql!("SELECT 1.5"), params![], |row| row.get(0)))
        .await;
    assert!(matches!(answer, Err(StoreError::Broken(_))), "{answer:?}");
}

async fn two_rows_where_one_is_expected_are_a_fault(house: TestStore) {
    let owner = owner();
    save_one(&house.store, owner, thing(1)).await.unwrap();
    save_one(&house.store, owner, thing(2)).await.unwrap();
    let answer: Result<Option<i64>, StoreError> = house
        .store
        .shard_of(owner)
        .read(|tx| tx.query_opt(sql!("SELECT number FROM things"), params![], |row| row.get(0)))
        .await;
    assert!(matches!(answer, Err(StoreError::Broken(_))), "{answer:?}");
}

/// What PostgreSQL would make of a sum or of `$1 + 1` is not what SQLite makes of it.
#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_other_types_are_refused_with_advice() {
    let house = super::house(Kind::OnePostgres).await;
    let shard = house.store.shard_of(owner());
    let parameter: Result<Vec<i64>, StoreError> = shard
        .read(|tx| {
            tx.query(
                sql!("SELECT number FROM things WHERE number = $1 + 1"),
                params![1i64],
                |row| row.get(0),
            )
        })
        .await;
    let column: Result<Vec<Option<i64>>, StoreError> = shard
        .read(|tx| {
            tx.query(sql!("SELECT sum(number) FROM things"), params![], |row| {
                row.get(0)
            })
        })
        .await;
    for answer in [parameter.map(|_| ()), column.map(|_| ())] {
        let StoreError::Broken(fault) = answer.unwrap_err() else {
            panic!("a fault of ours")
        };
        let mut said = fault.to_string();
        let mut cause = std::error::Error::source(&fault);
        while let Some(next) = cause {
            said = format!("{said}: {next}");
            cause = next.source();
        }
        assert!(said.contains("CAST it"), "{said}");
    }
}

/// Decision 11: no statement of the program reaches a user without having been prepared on both engines.
#[tokio::test(flavor = "multi_thread")]
async fn every_statement_of_the_program_prepares_on_both_engines() {
    let statements = statements_of_the_program();
    assert!(
        statements.len() > 8,
        "the search finds them: {}",
        statements.len()
    );
    assert!(statements.iter().any(|(_, texts)| texts.postgres.is_some()));
    for kind in [Kind::Sqlite, Kind::OnePostgres] {
        let house = stores::open(kind).await.unwrap();
        for (place, text) in statements.iter().map(|(place, texts)| (place, texts.of(kind))) {
            if let Err(error) = house.store.check_statement(text).await {
                panic!("{place} on {kind:?}: {error}\n{text}");
            }
        }
    }
}

/// How a statement is said: to both engines alike, or by the store itself to each in its own way.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Texts {
    sqlite: String,
    postgres: Option<String>,
}

impl Texts {
    fn of(&self, kind: Kind) -> &str {
        match (&self.postgres, kind) {
            (Some(text), Kind::OnePostgres | Kind::TwoPostgres) => text,
            _ => &self.sqlite,
        }
    }
}

/// What stands between `sql!(` and its closing parenthesis, with the file it stands in.
fn statements_of_the_program() -> BTreeSet<(String, Texts)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeSet::new();
    for krate in fs::read_dir(&crates).unwrap() {
        let source = krate.unwrap().path().join("src");
        for file in rust_files(&source) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for statement in literals(code) {
                found.insert((file.display().to_string(), statement));
            }
        }
    }
    found
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                rust_files(&path)
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                vec![path]
            } else {
                Vec::new()
            }
        })
        .collect()
}

fn literals(code: &str) -> Vec<Texts> {
    let calls = code.match_indices("sql!(").filter(|(at, _)| {
        let line = &code[code[..*at].rfind('\n').map_or(0, |end| end + 1)..*at];
        !line.trim_start().starts_with("//")
    });
    calls
        .filter_map(|(at, call)| texts(code[at + call.len()..].trim_start()))
        .collect()
}

fn texts(code: &str) -> Option<Texts> {
    let Some(of_two) = code.strip_prefix("sqlite: ") else {
        return literal(code).map(|sqlite| Texts {
            sqlite,
            postgres: None,
        });
    };
    let (_, postgres) = of_two.split_once("postgres: ").unwrap();
    Some(Texts {
        sqlite: literal(of_two).unwrap(),
        postgres: Some(literal(postgres).unwrap()),
    })
}

/// A string literal at the start of `code`, with its escapes undone; also a raw one.
fn literal(code: &str) -> Option<String> {
    if let Some(raw) = code.strip_prefix("r#\"") {
        return raw.split_once("\"#").map(|(text, _)| text.to_owned());
    }
    let mut text = String::new();
    let mut characters = code.strip_prefix('"')?.chars().peekable();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => match characters.next()? {
                '\n' => while characters.next_if(|next| next.is_whitespace()).is_some() {},
                'n' => text.push('\n'),
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
}
