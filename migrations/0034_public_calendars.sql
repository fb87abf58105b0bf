-- Published calendars that anybody may find.

-- A name, and the calendar that has it. It counts only while the link of that calendar says the same. `sought`: what the list is
-- searched by.
-- reference
CREATE TABLE calendar_public (
    name TEXT NOT NULL PRIMARY KEY,
    calendar BYTEA NOT NULL,
    owner BYTEA NOT NULL,
    sought TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX calendar_public_by_owner ON calendar_public (owner);

ALTER TABLE calendar_links ADD COLUMN public_name TEXT;
