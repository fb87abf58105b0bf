-- Calendars and what lies in them, in the shard of the person they belong to.

-- A calendar. `changes` counts what happened in it, so a reader's place is a number; places below `forgotten` are too old,
-- because what was deleted by then is no longer known. `kinds` has a bit for each kind of entry that it takes: 1 events,
-- 2 tasks, 4 journals. A deleted calendar is kept for a while and can be put back.
-- sharded by owner
CREATE TABLE calendars (
    calendar BYTEA NOT NULL PRIMARY KEY,
    owner BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    color BIGINT NOT NULL CHECK (color BETWEEN 0 AND 16777215),
    zone TEXT NOT NULL,
    position BIGINT NOT NULL,
    kinds BIGINT NOT NULL CHECK (kinds BETWEEN 1 AND 7),
    busy BIGINT NOT NULL CHECK (busy IN (0, 1)),
    version BIGINT NOT NULL,
    changes BIGINT NOT NULL,
    forgotten BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX calendars_by_name ON calendars (owner, name) WHERE deleted_at IS NULL;
CREATE INDEX calendars_by_vshard ON calendars (vshard, owner);

-- What lies in a calendar: one UID with everything that moves single instances of it, as a client wrote it. `change` is the
-- number of the calendar's change that made it so. Of a deleted one the row stays without a text, so that readers hear of it.
-- sharded by owner
CREATE TABLE calendar_objects (
    object BYTEA NOT NULL PRIMARY KEY,
    owner BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    calendar BYTEA NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL,
    kind BIGINT NOT NULL CHECK (kind IN (1, 2, 4)),
    change BIGINT NOT NULL,
    ical TEXT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX calendar_objects_by_name ON calendar_objects (calendar, name);
CREATE UNIQUE INDEX calendar_objects_by_uid ON calendar_objects (calendar, uid) WHERE ical IS NOT NULL;
CREATE UNIQUE INDEX calendar_objects_by_change ON calendar_objects (calendar, change);
CREATE INDEX calendar_objects_by_vshard ON calendar_objects (vshard, owner);

-- How an object was until it was changed or deleted.
-- sharded by owner
CREATE TABLE calendar_history (
    object BYTEA NOT NULL,
    change BIGINT NOT NULL,
    owner BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    calendar BYTEA NOT NULL,
    ical TEXT,
    since_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (object, change)
);
CREATE INDEX calendar_history_by_vshard ON calendar_history (vshard, owner);

-- When an object happens, coarsely: instances that follow each other closely are one span. A range of time is answered from
-- these, and by looking at the objects that they name. `reach` says how long a span is at most: 0 a day, 1 eight days,
-- 2 64 days, 3 512 days, 4 longer or without end; so those that reach into a range begin not long before it.
-- sharded by owner
CREATE TABLE calendar_spans (
    object BYTEA NOT NULL,
    starts_at BIGINT NOT NULL,
    owner BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    calendar BYTEA NOT NULL,
    reach BIGINT NOT NULL CHECK (reach BETWEEN 0 AND 4),
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (object, starts_at)
);
CREATE INDEX calendar_spans_by_start ON calendar_spans (calendar, reach, starts_at);
CREATE INDEX calendar_spans_by_end ON calendar_spans (calendar, ends_at) WHERE reach = 4;
CREATE INDEX calendar_spans_by_vshard ON calendar_spans (vshard, owner);
