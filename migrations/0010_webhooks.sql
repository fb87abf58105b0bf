-- Webhooks that were heard, so that each counts once. A row is of use while the same request would be believed again.
-- sharded by id
CREATE TABLE webhooks (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    kept_until BIGINT NOT NULL
);
CREATE INDEX webhooks_by_time ON webhooks (kept_until);
CREATE INDEX webhooks_by_vshard ON webhooks (vshard, id);
