-- What waits apart is looked for by whoever invites: nobody has more than a few there.
CREATE INDEX calendar_apart_by_organizer ON calendar_apart (owner, organizer, arrived_at);

-- Messages in inboxes are forgotten by their age. Only those are called by their own names there.
CREATE INDEX calendar_objects_messages ON calendar_objects (changed_at) WHERE uid = name AND ical IS NOT NULL;
