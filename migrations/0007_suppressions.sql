-- Whom letters do not go to, and how that came about.

-- What does not go to an address any more. `address` is the id of its normal spelling, which routes it; several reasons
-- may stand beside each other. Codes stand in post/src/suppressions/types.rs; `stream` is empty unless the scope is one stream.
-- sharded by address
CREATE TABLE suppressions (
    id BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    address BYTEA NOT NULL,
    email TEXT NOT NULL,
    scope BIGINT NOT NULL CHECK (scope IN (1, 2, 3)),
    stream TEXT NOT NULL,
    reason BIGINT NOT NULL CHECK (reason BETWEEN 1 AND 5),
    since BIGINT NOT NULL,
    source TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (address, scope, stream)
);
CREATE INDEX suppressions_by_time ON suppressions (since, id);
CREATE INDEX suppressions_by_vshard ON suppressions (vshard, address);

-- What happened to suppressions: begun (1) or cleared (2), by whom and why. Only ever added to.
-- sharded by address
CREATE TABLE suppression_story (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    address BYTEA NOT NULL,
    email TEXT NOT NULL,
    at BIGINT NOT NULL,
    act BIGINT NOT NULL CHECK (act IN (1, 2)),
    scope BIGINT NOT NULL CHECK (scope IN (1, 2, 3)),
    stream TEXT NOT NULL,
    reason BIGINT NOT NULL CHECK (reason BETWEEN 1 AND 5),
    source TEXT NOT NULL,
    words TEXT NOT NULL
);
CREATE INDEX suppression_story_by_time ON suppression_story (at, id);
CREATE INDEX suppression_story_by_address ON suppression_story (address, at, id);
CREATE INDEX suppression_story_by_vshard ON suppression_story (vshard, address);

-- Letters that came back from an address for a reason that may pass. Old ones are forgotten when a new one comes.
-- sharded by address
CREATE TABLE soft_bounces (
    address BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    letter BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (address, letter)
);
CREATE INDEX soft_bounces_by_vshard ON soft_bounces (vshard, address);
