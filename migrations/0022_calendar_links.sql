-- Calendars that whoever has their link may look at.

-- The link of a calendar. `shows` 1: what is public in it; 2: only when its owner is busy.
-- sharded by owner
CREATE TABLE calendar_links (
    calendar BYTEA NOT NULL PRIMARY KEY,
    owner BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    token TEXT NOT NULL,
    shows BIGINT NOT NULL CHECK (shows IN (1, 2)),
    made_at BIGINT NOT NULL
);
CREATE INDEX calendar_links_by_vshard ON calendar_links (vshard, owner);
