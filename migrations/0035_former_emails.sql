-- Addresses that somebody bore until they took another one, the last one first, with spaces between them: what others wrote to these is
-- still theirs, until somebody else bears them.
ALTER TABLE people ADD COLUMN former_emails TEXT NOT NULL DEFAULT '';
