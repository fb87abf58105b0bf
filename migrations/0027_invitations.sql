-- Invitations: whose become events at once, which wait apart, and which wait for an answer.

-- Whose invitations become events at once: 0 everybody's; 1 those of people of the house, and of whoever is known; 2 only of those
-- who are known.
ALTER TABLE calendar_people ADD COLUMN invitations BIGINT NOT NULL DEFAULT 1 CHECK (invitations BETWEEN 0 AND 2);

-- What somebody thinks of those who may invite them: `organizer` is a calendar address, `urn:uuid:` of a person of the house and
-- `mailto:` of everybody else. `standing` 1: known; 2: blocked.
-- sharded by owner
CREATE TABLE calendar_organizers (
    owner BYTEA NOT NULL,
    organizer TEXT NOT NULL,
    vshard BIGINT NOT NULL,
    standing BIGINT NOT NULL CHECK (standing IN (1, 2)),
    since_at BIGINT NOT NULL,
    PRIMARY KEY (owner, organizer)
);
CREATE INDEX calendar_organizers_by_vshard ON calendar_organizers (vshard, owner);

-- Invitations of those who are not known: no events, until their reader lets them in. `asks` 0: they were declined, and are kept
-- for what is said of them later. `ends_at`: when the last of it is over.
-- sharded by owner
CREATE TABLE calendar_apart (
    invitation BYTEA NOT NULL PRIMARY KEY,
    owner BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    uid TEXT NOT NULL,
    organizer TEXT NOT NULL,
    ical TEXT NOT NULL,
    asks BIGINT NOT NULL CHECK (asks IN (0, 1)),
    arrived_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX calendar_apart_by_uid ON calendar_apart (owner, uid);
CREATE INDEX calendar_apart_by_vshard ON calendar_apart (vshard, owner, arrived_at);
CREATE INDEX calendar_apart_by_end ON calendar_apart (ends_at);

-- Events to which their owner was invited and has not answered. `ends_at`: when the last of it is over.
-- sharded by owner
CREATE TABLE calendar_unanswered (
    object BYTEA NOT NULL PRIMARY KEY,
    owner BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    calendar BYTEA NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX calendar_unanswered_by_end ON calendar_unanswered (vshard, owner, ends_at);
