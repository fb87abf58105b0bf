-- Entries of calendars elsewhere in the order of their names, as calendar programs read them page by page.
CREATE INDEX calendar_feed_entries_by_entry ON calendar_feed_entries (feed, entry);
