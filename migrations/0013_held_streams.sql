-- Streams that stand still for all processes, because servers refused them for policy. One that goes again loses its row.
-- sharded by id
CREATE TABLE held_streams (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    stream TEXT NOT NULL,
    held_until BIGINT NOT NULL
);
CREATE INDEX held_streams_by_vshard ON held_streams (vshard, id);
