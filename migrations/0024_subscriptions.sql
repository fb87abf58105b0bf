-- Calendars elsewhere that people follow.

-- What somebody follows. `source`: `holidays:` with a country, which needs no network, or else an address, and then `feed` is what is
-- got from there for everybody. An empty title: as it calls itself.
-- sharded by owner
CREATE TABLE calendar_subscriptions (
    subscription BYTEA NOT NULL PRIMARY KEY,
    owner BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    source TEXT NOT NULL,
    feed BYTEA,
    title TEXT NOT NULL,
    color BIGINT NOT NULL CHECK (color BETWEEN 0 AND 16777215),
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX calendar_subscriptions_by_source ON calendar_subscriptions (owner, source);
CREATE INDEX calendar_subscriptions_by_vshard ON calendar_subscriptions (vshard, owner);

-- A calendar at an address, got once for all who follow it; its id follows from the address. `due_at`: it is asked for again then,
-- and whoever asks moves this on before. `etag` and `modified` are the server's marks of what is stored. `trouble` is why it could not
-- be got since `failing_since`, `failures` times; what was got before stays. `unread` entries could not be read, `unread_why` tells of some.
-- sharded by feed
CREATE TABLE calendar_feeds (
    feed BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    address TEXT NOT NULL,
    title TEXT NOT NULL,
    etag TEXT,
    modified TEXT,
    entries BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    unread_why TEXT NOT NULL,
    every_seconds BIGINT NOT NULL,
    asked_at BIGINT,
    fetched_at BIGINT,
    due_at BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    failing_since BIGINT,
    trouble TEXT,
    trouble_why TEXT NOT NULL
);
CREATE INDEX calendar_feeds_by_due ON calendar_feeds (due_at);
CREATE INDEX calendar_feeds_by_vshard ON calendar_feeds (vshard, feed);

-- Who follows it. When nobody does any more it is forgotten.
-- sharded by feed
CREATE TABLE calendar_feed_followers (
    feed BYTEA NOT NULL,
    person BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    PRIMARY KEY (feed, person)
);
CREATE INDEX calendar_feed_followers_by_vshard ON calendar_feed_followers (vshard, feed);

-- What lies in it: one UID with everything that moves single instances of it. `fingerprint` is the same for as long as it says the same.
-- sharded by feed
CREATE TABLE calendar_feed_entries (
    entry BYTEA NOT NULL PRIMARY KEY,
    feed BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    uid TEXT NOT NULL,
    kind BIGINT NOT NULL CHECK (kind IN (1, 2, 4)),
    fingerprint BYTEA NOT NULL,
    ical TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX calendar_feed_entries_by_uid ON calendar_feed_entries (feed, uid);
CREATE INDEX calendar_feed_entries_by_vshard ON calendar_feed_entries (vshard, feed);

-- When an entry happens, coarsely, as the spans of objects in calendars.
-- sharded by feed
CREATE TABLE calendar_feed_spans (
    entry BYTEA NOT NULL,
    starts_at BIGINT NOT NULL,
    feed BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    reach BIGINT NOT NULL CHECK (reach BETWEEN 0 AND 4),
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (entry, starts_at)
);
CREATE INDEX calendar_feed_spans_by_start ON calendar_feed_spans (feed, reach, starts_at);
CREATE INDEX calendar_feed_spans_by_end ON calendar_feed_spans (feed, ends_at) WHERE reach = 4;
CREATE INDEX calendar_feed_spans_by_vshard ON calendar_feed_spans (vshard, feed);
