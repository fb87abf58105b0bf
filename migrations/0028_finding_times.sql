-- When people are busy, for those who look for a time with them, and rooms and things that answer for themselves.

-- Four weeks of somebody, a bit for each quarter of an hour: what was worked out from their calendars when these were as `stamp` says.
-- Another stamp than that of the moment means nothing, so nobody who writes into a calendar has to think of these.
-- sharded by owner
CREATE TABLE calendar_busy (
    owner BYTEA NOT NULL,
    block BIGINT NOT NULL,
    vshard BIGINT NOT NULL,
    stamp BYTEA NOT NULL,
    bits BYTEA NOT NULL,
    PRIMARY KEY (owner, block)
);
CREATE INDEX calendar_busy_by_block ON calendar_busy (block);
CREATE INDEX calendar_busy_by_vshard ON calendar_busy (vshard, owner);

-- Somebody in the registry who is a room (`sort` 1) or a thing (2): invited, it comes if it is free. `asked` counts its invitations, so
-- that two of them never look at the same free hour. `name_key` is what they are sorted by.
-- sharded by owner
CREATE TABLE calendar_resources (
    owner BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    sort BIGINT NOT NULL CHECK (sort IN (1, 2)),
    name TEXT NOT NULL,
    name_key BYTEA NOT NULL,
    place TEXT NOT NULL,
    seats BIGINT NOT NULL CHECK (seats BETWEEN 0 AND 100000),
    asked BIGINT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX calendar_resources_by_name ON calendar_resources (name_key, owner);
CREATE INDEX calendar_resources_by_vshard ON calendar_resources (vshard, owner);
