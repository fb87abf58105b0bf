-- What is looked for in many rows: what changed in a calendar since an instant, what somebody deleted of a UID, and objects one after
-- the other, whoever they belong to.

CREATE INDEX calendar_objects_by_time ON calendar_objects (calendar, changed_at);
CREATE INDEX calendar_objects_gone ON calendar_objects (owner, uid, changed_at) WHERE ical IS NULL;
DROP INDEX calendar_objects_by_vshard;
CREATE INDEX calendar_objects_by_vshard ON calendar_objects (vshard, owner, object);
