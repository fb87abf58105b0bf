-- What calendar programs keep at a calendar for themselves, in a form that only they know.

ALTER TABLE calendars ADD COLUMN extra TEXT NOT NULL DEFAULT '';
