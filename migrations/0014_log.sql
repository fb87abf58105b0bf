-- The log that every process of the house follows by itself.
-- This one text serves PostgreSQL and SQLite; the migrator adapts the types. Never edit it after a release.

-- What was told on this server lately. A turn is a transaction: the number that PostgreSQL gives it, or that we give it.
-- internal
CREATE TABLE log_entries (
    turn BIGINT NOT NULL,
    topic BIGINT NOT NULL,
    entry_key BYTEA NOT NULL,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (turn, topic, entry_key)
);

-- One row: of turns below `trimmed` entries may be missing, if the log is still the one named here; and the last turn
-- that was taken, where we number them ourselves.
-- internal
CREATE TABLE log_ends (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    log TEXT NOT NULL,
    trimmed BIGINT NOT NULL,
    last_turn BIGINT NOT NULL
);

-- Below which turn all had ended at some instants of the last half hour: those are to be trimmed later.
-- internal
CREATE TABLE log_marks (
    log TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    ended_below BIGINT NOT NULL,
    PRIMARY KEY (log, seen_at)
);

INSERT INTO log_ends (one, log, trimmed, last_turn) VALUES (1, '', 0, 0);
