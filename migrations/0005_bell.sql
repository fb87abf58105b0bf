-- What is due later, and who is there to do it.
-- This one text serves PostgreSQL and SQLite; the migrator adapts the types. Never edit it after a release.

-- A timer. Its name is a hash of kind, owner and key, so that a long key stands here once and in no index.
-- sharded by owner
CREATE TABLE timers (
    name BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    owner BYTEA NOT NULL,
    kind BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    parked BIGINT NOT NULL CHECK (parked IN (0, 1)),
    timer_key BYTEA NOT NULL,
    note BYTEA,
    reason TEXT,
    PRIMARY KEY (vshard, name)
);

-- Workers look by quarters of the virtual shards: one number instead of a range keeps the order of time.
CREATE INDEX timers_due ON timers ((vshard / 1024), kind, due_at) WHERE parked = 0;
CREATE INDEX timers_parked ON timers (kind, vshard, name) WHERE parked = 1;

-- Changes for others that nobody could take in. They and all later ones of their owner wait for a person.
-- sharded by owner
CREATE TABLE outbox_parked (
    vshard BIGINT NOT NULL,
    owner BYTEA NOT NULL,
    number BIGINT NOT NULL,
    parked_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (vshard, owner, number)
);

-- Which process takes part in which task on this server, so that each takes its fair share and no more.
-- internal
CREATE TABLE attendance (
    worker TEXT NOT NULL,
    task TEXT NOT NULL,
    present_until BIGINT NOT NULL,
    PRIMARY KEY (worker, task)
);
