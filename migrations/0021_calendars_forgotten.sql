-- What is forgotten after a while, found by its age.

CREATE INDEX calendars_in_the_bin ON calendars (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX calendar_history_by_age ON calendar_history (until_at);
CREATE INDEX calendar_objects_emptied ON calendar_objects (changed_at) WHERE ical IS NULL;
