-- What the store keeps for itself: changes on their way to other services, and who is working on what.
-- This one text serves PostgreSQL and SQLite; the migrator adapts the types. Never edit it after a release.

-- A change that waits to be delivered. The numbers of one owner's waiting changes grow in the order of their commits.
-- sharded by owner
CREATE TABLE outbox (
    vshard BIGINT NOT NULL,
    owner BYTEA NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    change_key BYTEA NOT NULL,
    body BYTEA NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (vshard, owner, number)
);

CREATE INDEX outbox_due ON outbox (vshard, due_at);

-- Who works on a task for a range of virtual shards of this server, until when, and how often it changed hands.
-- internal
CREATE TABLE leases (
    task TEXT NOT NULL,
    first_vshard BIGINT NOT NULL,
    last_vshard BIGINT NOT NULL,
    owner TEXT NOT NULL,
    held_until BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    PRIMARY KEY (task, first_vshard, last_vshard)
);
