//! Virtual shards, moves, the cold server and two-phase commit on two PostgreSQL servers.
