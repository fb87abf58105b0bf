-- The plan of bulk is made anew each minute from all that waits, and what leaves is found by its deadline. Both read this
-- index alone: with a million letters waiting, looking each of them up would take longer than the minute has.

DROP INDEX letters_by_deadline;
CREATE INDEX letters_by_deadline ON letters ((vshard / 1024), wanted_until, due_at, state, vshard)
    WHERE lane = 2 AND due_at IS NOT NULL;
