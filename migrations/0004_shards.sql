-- Where virtual shards live, moves on their way, and the votes of transactions that span servers. An embedded store
-- has these tables too, because one text serves both databases, and leaves them empty.

-- Who a database is: its own row says `here`. The home server's lists every server of the house.
-- internal
CREATE TABLE house (
    server TEXT PRIMARY KEY,
    house TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('home', 'hot', 'cold')),
    here BIGINT NOT NULL CHECK (here IN (0, 1))
);

-- The shard map, on the home server only: every virtual shard is in exactly one range.
-- internal
CREATE TABLE shard_map (
    first_vshard BIGINT PRIMARY KEY,
    last_vshard BIGINT NOT NULL,
    server TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    CHECK (first_vshard >= 0 AND first_vshard <= last_vshard AND last_vshard < 4096)
);

-- The ranges this server owns. It, not the map, has the last word on whether a write may happen here.
-- internal
CREATE TABLE shard_ranges (
    first_vshard BIGINT PRIMARY KEY,
    last_vshard BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('here', 'moving', 'fenced')),
    move TEXT,
    pass BIGINT NOT NULL,
    CHECK (first_vshard >= 0 AND first_vshard <= last_vshard AND last_vshard < 4096),
    CHECK ((state = 'here') = (move IS NULL))
);

CREATE INDEX shard_ranges_on_the_move ON shard_ranges (state) WHERE state <> 'here';

-- What was written while a range moves, so that the next pass copies it again. Minus one: anything in the range.
-- internal
CREATE TABLE shard_touched (
    vshard BIGINT NOT NULL,
    pass BIGINT NOT NULL
);

-- Moves that are under way, on the home server. A row that nobody works on is a move that was killed.
-- internal
CREATE TABLE shard_moves (
    id TEXT PRIMARY KEY,
    first_vshard BIGINT NOT NULL,
    last_vshard BIGINT NOT NULL,
    source TEXT NOT NULL,
    destination TEXT NOT NULL,
    gid TEXT NOT NULL,
    started_at BIGINT NOT NULL
);

-- How transactions over several servers were decided, on the server that is home to them.
-- internal
CREATE TABLE verdicts (
    gid TEXT PRIMARY KEY,
    verdict TEXT NOT NULL CHECK (verdict IN ('commit', 'abort')),
    decided_at BIGINT NOT NULL
);

-- Where there is a cold server: on the others, the owners who have come from it; on the cold one, those who have left.
-- sharded by owner
CREATE TABLE warm_owners (
    vshard BIGINT NOT NULL,
    owner BYTEA NOT NULL,
    PRIMARY KEY (vshard, owner)
);
