-- What readers do not want: streams that they stopped, and hours in which they want quiet.

-- A stream that somebody stopped: a person, or an address that belongs to nobody in the house.
-- sharded by owner
CREATE TABLE stopped_streams (
    owner BYTEA NOT NULL,
    stream TEXT NOT NULL,
    vshard BIGINT NOT NULL,
    stopped_at BIGINT NOT NULL,
    PRIMARY KEY (owner, stream)
);
CREATE INDEX stopped_streams_by_vshard ON stopped_streams (vshard, owner);

-- Minutes of the day between which somebody wants quiet, by the clock where they live.
-- sharded by owner
CREATE TABLE quiet_hours (
    owner BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    from_minute BIGINT NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    until_minute BIGINT NOT NULL CHECK (until_minute BETWEEN 0 AND 1439),
    CHECK (from_minute <> until_minute)
);
CREATE INDEX quiet_hours_by_vshard ON quiet_hours (vshard, owner);
