-- Bulk leaves in the order of deadlines.

CREATE INDEX letters_by_deadline ON letters ((vshard / 1024), wanted_until) WHERE lane = 2 AND due_at IS NOT NULL;
