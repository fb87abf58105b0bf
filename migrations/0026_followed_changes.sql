-- Calendars elsewhere as calendar programs follow them: each entry that is written or goes has a number, and so has the calendar.
-- And what is followed in the letter about the day.

-- The number of the last change of what lies in it; deletions up to `forgotten` are no longer known.
ALTER TABLE calendar_feeds ADD COLUMN changes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE calendar_feeds ADD COLUMN forgotten BIGINT NOT NULL DEFAULT 0;

-- The number of the change that made it so.
ALTER TABLE calendar_feed_entries ADD COLUMN change BIGINT NOT NULL DEFAULT 0;
CREATE INDEX calendar_feed_entries_by_change ON calendar_feed_entries (feed, change);

-- Entries that are there no more, for whoever asks what changed.
-- sharded by feed
CREATE TABLE calendar_feed_gone (
    entry BYTEA NOT NULL PRIMARY KEY,
    feed BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    change BIGINT NOT NULL
);
CREATE INDEX calendar_feed_gone_by_change ON calendar_feed_gone (feed, change);
CREATE INDEX calendar_feed_gone_by_vshard ON calendar_feed_gone (vshard, feed);

-- Whether what it brings stands in the letter about the day.
ALTER TABLE calendar_subscriptions ADD COLUMN daily BIGINT NOT NULL DEFAULT 1;

-- What was got has no numbers: it is got once more.
DELETE FROM calendar_feed_spans;
DELETE FROM calendar_feed_entries;
UPDATE calendar_feeds SET etag = NULL, modified = NULL, due_at = 0;
