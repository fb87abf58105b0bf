-- Groups of people, and calendars that are shared with them.

-- A group of people; its keeper is one of them.
-- sharded by people_group
CREATE TABLE people_groups (
    people_group BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    name TEXT NOT NULL,
    keeper BYTEA NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX people_groups_by_keeper ON people_groups (keeper);
CREATE INDEX people_groups_by_vshard ON people_groups (vshard, people_group);

-- Who is in a group: what stands here counts.
-- sharded by people_group
CREATE TABLE people_group_members (
    people_group BYTEA NOT NULL,
    person BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (people_group, person)
);
CREATE INDEX people_group_members_by_vshard ON people_group_members (vshard, people_group);

-- The groups that somebody is in, in their own shard: where to look for them. Follows the members through the outbox.
-- sharded by person
CREATE TABLE people_memberships (
    person BYTEA NOT NULL,
    people_group BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    PRIMARY KEY (person, people_group)
);
CREATE INDEX people_memberships_by_vshard ON people_memberships (vshard, person);

-- What those in a group may do with a calendar, in the shard of its owner: what stands here counts. `rights` as in
-- calendar_shares.
-- sharded by owner
CREATE TABLE calendar_group_shares (
    calendar BYTEA NOT NULL,
    people_group BYTEA NOT NULL,
    owner BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    rights BIGINT NOT NULL CHECK (rights BETWEEN 1 AND 4),
    made_at BIGINT NOT NULL,
    PRIMARY KEY (calendar, people_group)
);
CREATE INDEX calendar_group_shares_by_vshard ON calendar_group_shares (vshard, owner);

-- Who is in a group that a calendar is shared with, as its owner's shard heard; `since`: when it heard. It gives no rights
-- without the share itself.
-- sharded by owner
CREATE TABLE calendar_group_people (
    calendar BYTEA NOT NULL,
    person BYTEA NOT NULL,
    people_group BYTEA NOT NULL,
    owner BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (calendar, person, people_group)
);
CREATE INDEX calendar_group_people_by_group ON calendar_group_people (calendar, people_group);
CREATE INDEX calendar_group_people_by_vshard ON calendar_group_people (vshard, owner);

-- The calendars that are shared with a group, in the shard of the group: where to look when its people change. `held_by` is the
-- owner of the calendar.
-- sharded by people_group
CREATE TABLE calendar_group_calendars (
    people_group BYTEA NOT NULL,
    calendar BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    held_by BYTEA NOT NULL,
    PRIMARY KEY (people_group, calendar)
);
CREATE INDEX calendar_group_calendars_by_vshard ON calendar_group_calendars (vshard, people_group);
