-- Letters from asked for to delivered, and the book that is kept of them.

-- A letter. Its id is made of kind, owner and key, so that asking twice meets the primary key. Codes of states stand in
-- post/src/letters/types.rs. `due_at` is when somebody has to look at it next, none when nobody has to. The story has one
-- line for each step. `data` is emptied when the letter needs it no more.
-- sharded by owner
CREATE TABLE letters (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    owner BYTEA NOT NULL,
    kind BIGINT NOT NULL,
    lane BIGINT NOT NULL CHECK (lane IN (1, 2)),
    state BIGINT NOT NULL CHECK (state BETWEEN 1 AND 12),
    due_at BIGINT,
    asked_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    wanted_until BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    provider TEXT NOT NULL,
    stick BIGINT NOT NULL CHECK (stick IN (0, 1, 2)),
    provider_name TEXT,
    letter_key BYTEA NOT NULL,
    outside TEXT,
    data TEXT NOT NULL,
    story TEXT NOT NULL
);
CREATE INDEX letters_by_owner ON letters (vshard, owner, asked_at);
-- What is due, by quarters of the virtual shards, which are what workers hold: none steps over what others work on.
CREATE INDEX letters_due ON letters (lane, (vshard / 1024), due_at) WHERE due_at IS NOT NULL;
CREATE INDEX letters_sending ON letters (vshard) WHERE state = 3;
CREATE INDEX letters_by_day ON letters (asked_at, id);
CREATE INDEX letters_in_trouble ON letters (state, asked_at, id) WHERE state IN (10, 11);

-- The book: how many letters of a kind, asked for on a day, are in each state with each provider. Kept by the same
-- transactions as the letters and never read by them, so that the two can be held against each other. State 0 counts
-- what was asked for. A page only spreads writers; the sum over all pages and servers counts.
-- internal
CREATE TABLE letter_book (
    kind BIGINT NOT NULL,
    day BIGINT NOT NULL,
    state BIGINT NOT NULL,
    provider TEXT NOT NULL,
    page BIGINT NOT NULL,
    letters BIGINT NOT NULL,
    PRIMARY KEY (day, kind, state, provider, page)
);
