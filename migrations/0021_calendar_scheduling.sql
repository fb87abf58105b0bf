-- Who takes part in what others organize: the inbox that messages come to, and since when others see an object as it is.

-- `role` 1: the inbox of its owner. Messages lie in it under names of their own, each with its own address as its UID.
ALTER TABLE calendars ADD COLUMN role BIGINT NOT NULL DEFAULT 0 CHECK (role IN (0, 1));

-- The change with which it last became another thing for those who take part; NULL: it has no organizer.
ALTER TABLE calendar_objects ADD COLUMN schedule_change BIGINT;
CREATE INDEX calendar_objects_by_owner ON calendar_objects (owner, uid) WHERE ical IS NOT NULL;
