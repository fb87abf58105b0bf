//! Prepares a statement without running it, for the test that walks every statement of the program.

use postgres::types::Type;

use crate::lane::Lane;
use crate::sql::question_marks;
use crate::{Store, StoreError};

impl Store {
    /// Refuses a statement that the engine would not take, or whose parameters or columns are of another type than
    /// the three that are held.
    pub async fn check_statement(&self, text: &str) -> Result<(), StoreError> {
        let text = text.to_owned();
        for server in self.servers() {
            let text = text.clone();
            match &server.lane {
                Lane::Sqlite { readers, .. } => {
                    readers
                        .connection()?
                        .prepare(&question_marks(&text))
                        .map_err(|error| StoreError::broken(error.to_string()))?;
                }
                Lane::Postgres { reads, .. } => {
                    let types = reads
                        .with_session(move |session| types_of(session.client(), &text))
                        .await?;
                    for (what, wire) in types {
                        if ![Type::INT8, Type::TEXT, Type::BYTEA].contains(&wire) {
                            return Err(StoreError::broken(format!("{what} is {wire}: CAST it")));
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn types_of(client: &mut postgres::Client, text: &str) -> Result<Vec<(String, Type)>, StoreError> {
    let statement = client.prepare(text).map_err(|error| {
        let said = error
            .as_db_error()
            .map_or_else(|| error.to_string(), ToString::to_string);
        StoreError::broken(said)
    })?;
    let params = statement.params().iter().enumerate();
    let columns = statement.columns().iter();
    Ok(params
        .map(|(at, wire)| (format!("${}", at + 1), wire.clone()))
        .chain(columns.map(|column| (column.name().to_owned(), column.type_().clone())))
        .collect())
}
