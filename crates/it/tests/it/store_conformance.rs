//! What every engine must do, run on SQLite, on one PostgreSQL and on two.
