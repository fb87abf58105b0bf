-- Calendars that their owners share with other people of the house.

-- What somebody else may do with a calendar, in the shard of its owner: what stands here counts. `rights` 1: see when its owner
-- is busy; 2: read; 3: also change what lies in it; 4: also change what is said of it, and share it. `answer` 0: none yet,
-- 1: taken, 2: refused.
-- sharded by owner
CREATE TABLE calendar_shares (
    calendar BYTEA NOT NULL,
    person BYTEA NOT NULL,
    owner BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    rights BIGINT NOT NULL CHECK (rights BETWEEN 1 AND 4),
    answer BIGINT NOT NULL CHECK (answer BETWEEN 0 AND 2),
    made_at BIGINT NOT NULL,
    PRIMARY KEY (calendar, person)
);
CREATE INDEX calendar_shares_by_vshard ON calendar_shares (vshard, owner);

-- What was offered to somebody, in their own shard: where to look for it, what they answered, and how they show it. `held_by` is
-- the owner of the calendar, `color` is empty until they choose one of their own.
-- sharded by owner
CREATE TABLE calendar_offers (
    owner BYTEA NOT NULL,
    calendar BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    held_by BYTEA NOT NULL,
    answer BIGINT NOT NULL CHECK (answer BETWEEN 0 AND 2),
    color BIGINT CHECK (color BETWEEN 0 AND 16777215),
    offered_at BIGINT NOT NULL,
    PRIMARY KEY (owner, calendar)
);
CREATE INDEX calendar_offers_by_vshard ON calendar_offers (vshard, owner);
