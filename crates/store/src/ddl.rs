//! Reads a migration: splits it into statements, learns from its marks what kind each table is, and says each
//! statement in the engine's own types.
//!
//! A text that both engines understand needs only this much: SQLite wants INTEGER, BLOB and STRICT; PostgreSQL wants
//! text to be ordered by its bytes (`COLLATE "C"`), as SQLite orders it whatever the database's own collation is.

/// What a table is for, as the comment line before its CREATE TABLE says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// Its rows lie with their owner, whose id is in this column, and move with the virtual shard.
    Sharded { owner: String },
    /// The same rows on every server.
    Reference,
    /// The store's own, different on every server.
    Internal,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub kind: TableKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub text: String,
    pub table: Option<Table>,
}

/// The statements of a migration, or what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Vec<Statement>, String> {
    split(text).into_iter().map(statement).collect()
}

/// A statement without its comments, and the last comment line before it.
struct Chunk {
    text: String,
    mark: Option<String>,
}

fn split(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut body = String::new();
    let mut mark = None;
    for token in Tokens(text) {
        match token {
            Token::Comment(comment) if body.trim().is_empty() => mark = Some(comment.trim().to_owned()),
            Token::Comment(_) => {}
            Token::End => {
                let text = std::mem::take(&mut body).trim().to_owned();
                if !text.is_empty() {
                    chunks.push(Chunk {
                        text,
                        mark: mark.take(),
                    });
                }
            }
            Token::Word(text) | Token::Quoted(text) | Token::Other(text) => body.push_str(text),
        }
    }
    let text = body.trim().to_owned();
    if !text.is_empty() {
        chunks.push(Chunk { text, mark });
    }
    chunks
}

fn statement(chunk: Chunk) -> Result<Statement, String> {
    let Some(name) = created_table(&chunk.text) else {
        return Ok(Statement {
            text: chunk.text,
            table: None,
        });
    };
    let missing = || {
        format!(
            "right before CREATE TABLE {name} must stand -- sharded by OWNER, -- reference or -- internal"
        )
    };
    let kind = match chunk.mark.as_deref().ok_or_else(missing)? {
        "reference" => TableKind::Reference,
        "internal" => TableKind::Internal,
        mark => {
            let owner = mark
                .strip_prefix("sharded by ")
                .ok_or_else(missing)?
                .trim()
                .to_owned();
            for column in ["vshard", &owner] {
                if !words(&chunk.text).any(|word| word.eq_ignore_ascii_case(column)) {
                    return Err(format!("sharded table {name} has no column {column}"));
                }
            }
            TableKind::Sharded { owner }
        }
    };
    Ok(Statement {
        text: chunk.text,
        table: Some(Table { name, kind }),
    })
}

fn created_table(text: &str) -> Option<String> {
    let mut words = words(text);
    let is =
        |word: Option<&str>, expected: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(expected));
    (is(words.next(), "CREATE") && is(words.next(), "TABLE")).then(|| words.next().map(str::to_owned))?
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    Tokens(text).filter_map(|token| match token {
        Token::Word(word) => Some(word),
        _ => None,
    })
}

impl Statement {
    pub(crate) fn said_in(&self, dialect: Dialect) -> String {
        let mut said = String::with_capacity(self.text.len() + 16);
        let mut before = "";
        for token in Tokens(&self.text) {
            match token {
                Token::Word(word) => {
                    said.push_str(&type_in(dialect, word, before));
                    before = word;
                }
                Token::Quoted(text) | Token::Other(text) => said.push_str(text),
                Token::Comment(_) | Token::End => {}
            }
        }
        if dialect == Dialect::Sqlite && self.table.is_some() {
            said.push_str(" STRICT");
        }
        said
    }
}

fn type_in(dialect: Dialect, word: &str, before: &str) -> String {
    let is = |expected: &str| word.eq_ignore_ascii_case(expected);
    match dialect {
        Dialect::Sqlite if is("BIGINT") => "INTEGER".to_owned(),
        Dialect::Sqlite if is("BYTEA") => "BLOB".to_owned(),
        // In CAST(x AS TEXT) no collation may stand.
        Dialect::Postgres if is("TEXT") && !before.eq_ignore_ascii_case("AS") => {
            "TEXT COLLATE \"C\"".to_owned()
        }
        _ => word.to_owned(),
    }
}

enum Token<'a> {
    Word(&'a str),
    Quoted(&'a str),
    Comment(&'a str),
    End,
    Other(&'a str),
}

struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let text = self.0;
        let first = text.chars().next()?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            '\'' | '"' => text[1..].find(first).map_or(text.len(), |end| end + 2),
            '-' if text.starts_with("--") => text.find('\n').unwrap_or(text.len()),
            c if is_word(c) => text.find(|c| !is_word(c)).unwrap_or(text.len()),
            c => c.len_utf8(),
        };
        let (token, rest) = text.split_at(length);
        self.0 = rest;
        Some(match first {
            '\'' | '"' => Token::Quoted(token),
            '-' if token.len() > 1 => Token::Comment(&token[2..]),
            ';' => Token::End,
            c if is_word(c) => Token::Word(token),
            _ => Token::Other(token),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEOPLE: &str =
        "-- People; all of them.\n-- sharded by id\nCREATE TABLE people (\n  vshard BIGINT NOT NULL,
  id BYTEA NOT NULL, -- a GUID; ours or foreign\n  kind TEXT NOT NULL CHECK (kind <> 'BIGINT;'),
  PRIMARY KEY (id)\n);\nCREATE INDEX people_kind ON people (CAST(kind AS TEXT));\n";

    #[test]
    fn one_text_is_said_in_the_types_of_either_engine() {
        let statements = parse(PEOPLE).unwrap();
        assert_eq!(statements.len(), 2);
        let sqlite = statements[0].said_in(Dialect::Sqlite);
        assert!(sqlite.contains("vshard INTEGER NOT NULL"), "{sqlite}");
        assert!(sqlite.contains("id BLOB NOT NULL"), "{sqlite}");
        assert!(sqlite.contains("kind <> 'BIGINT;'"), "{sqlite}");
        assert!(sqlite.ends_with(") STRICT"), "{sqlite}");
        let postgres = statements[0].said_in(Dialect::Postgres);
        assert!(
            postgres.contains("kind TEXT COLLATE \"C\" NOT NULL"),
            "{postgres}"
        );
        assert!(
            statements[1]
                .said_in(Dialect::Postgres)
                .contains("CAST(kind AS TEXT)")
        );
    }

    #[test]
    fn a_table_says_what_it_is_for() {
        let statements = parse(PEOPLE).unwrap();
        let table = Table {
            name: "people".into(),
            kind: TableKind::Sharded { owner: "id".into() },
        };
        assert_eq!(statements[0].table, Some(table));
        assert_eq!(statements[1].table, None);
        let check = |text, expected: &str| assert!(parse(text).unwrap_err().contains(expected), "{text}");
        check("CREATE TABLE a (b BIGINT)", "right before CREATE TABLE a");
        check(
            "-- a remark\nCREATE TABLE a (b BIGINT)",
            "right before CREATE TABLE a",
        );
        check("-- sharded by b\nCREATE TABLE a (b BYTEA)", "no column vshard");
        check("-- sharded by c\nCREATE TABLE a (vshard BIGINT)", "no column c");
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_in_a_migration_nothing_of_it_is_lost(text in "[-a-zA-Z_ 'й\"();\n]{0,40}") {
            let read: String = Tokens(&text)
                .map(|token| match token {
                    Token::Comment(text) => format!("--{text}"),
                    Token::Word(text) | Token::Quoted(text) | Token::Other(text) => text.to_owned(),
                    Token::End => ";".to_owned(),
                })
                .collect();
            proptest::prop_assert_eq!(read, text);
        }
    }
}
