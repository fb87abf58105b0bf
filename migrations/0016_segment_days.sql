-- Whose place in a segment was changed by hand since an instant, and of whom something else is known since then: those
-- are looked at one by one when joinings are counted by day. Nothing asked by time alone.
DROP INDEX segment_history_by_time;
CREATE INDEX segment_history_by_segment ON segment_history (segment, happened_at, person);
CREATE INDEX segment_facts_by_time ON segment_facts (known_until, person);
