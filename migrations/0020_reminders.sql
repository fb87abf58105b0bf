-- What calendars remind of, and who gets a letter each day.

-- Minutes before the start of an event, for events that say nothing of alarms themselves.
ALTER TABLE calendars ADD COLUMN reminders TEXT NOT NULL DEFAULT '10 0';
-- By which rules of time zones the reminders of what lies in it were last worked out.
ALTER TABLE calendars ADD COLUMN zone_rules BIGINT NOT NULL DEFAULT 0;
CREATE INDEX calendars_by_zone_rules ON calendars (zone_rules);

-- People as calendars know them. `had_calendars`: they had some once, of which no row is left. `daily_at`: at which minute of the
-- day, by the clocks of `zone`, a letter about that day is written.
-- sharded by owner
CREATE TABLE calendar_people (
    owner BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    had_calendars BIGINT NOT NULL CHECK (had_calendars IN (0, 1)),
    daily_at BIGINT CHECK (daily_at BETWEEN 0 AND 1439),
    zone TEXT NOT NULL
);
CREATE INDEX calendar_people_by_vshard ON calendar_people (vshard, owner);
