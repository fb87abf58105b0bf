-- Who is in which segment: definitions on every server, people and their history in their own shards.

-- A segment as it is. Small, and needed to judge anybody, so it is on every server.
-- reference
CREATE TABLE segments (
    number BIGINT NOT NULL PRIMARY KEY CHECK (number BETWEEN 0 AND 16383),
    segment_key TEXT NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    owner TEXT NOT NULL,
    definition TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    archived_at BIGINT
);

-- Each version that a segment ever had, and who made it. Never deleted: the past is judged by them.
-- reference
CREATE TABLE segment_versions (
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    actor_kind BIGINT NOT NULL CHECK (actor_kind IN (0, 1, 2)),
    actor BYTEA,
    definition TEXT NOT NULL,
    archived BIGINT NOT NULL CHECK (archived IN (0, 1)),
    PRIMARY KEY (number, version)
);

-- A draw: who was asked for, how many there were, and the seed that says who was drawn. `state`: 1 being drawn, 2 visible,
-- 3 failed.
-- reference
CREATE TABLE segment_draws (
    number BIGINT NOT NULL PRIMARY KEY CHECK (number BETWEEN 0 AND 32767),
    segment BIGINT NOT NULL,
    state BIGINT NOT NULL CHECK (state IN (1, 2, 3)),
    definition TEXT NOT NULL,
    request_key TEXT UNIQUE,
    matching BIGINT NOT NULL,
    drawn BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    visible_at BIGINT,
    ends_at BIGINT,
    actor_kind BIGINT NOT NULL CHECK (actor_kind IN (0, 1, 2)),
    actor BYTEA
);
CREATE INDEX segment_draws_by_segment ON segment_draws (segment, number);

-- Who was drawn: of each virtual shard in one row, which belongs to the first of them.
-- sharded by first_person
CREATE TABLE segment_drawn (
    draw BIGINT NOT NULL,
    first_person BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    people BYTEA NOT NULL,
    PRIMARY KEY (draw, first_person)
);
CREATE INDEX segment_drawn_by_vshard ON segment_drawn (vshard, first_person);

-- People who are kept out of all rollouts and draws.
-- reference
CREATE TABLE segment_holdouts (
    name TEXT NOT NULL PRIMARY KEY,
    salt TEXT NOT NULL,
    share BIGINT NOT NULL CHECK (share BETWEEN 0 AND 1000000000),
    since BIGINT NOT NULL,
    ends_at BIGINT
);

-- A report that somebody asked for. `state`: 1 waiting or being made, 2 made, 3 failed. `part` is how far it is, of 1000.
-- reference
CREATE TABLE segment_reports (
    report BYTEA NOT NULL PRIMARY KEY,
    state BIGINT NOT NULL CHECK (state IN (1, 2, 3)),
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    zone TEXT NOT NULL,
    of_person BYTEA,
    of_segment BIGINT,
    asked_at BIGINT NOT NULL,
    actor_kind BIGINT NOT NULL CHECK (actor_kind IN (0, 1, 2)),
    actor BYTEA,
    part BIGINT NOT NULL,
    file_lines BIGINT NOT NULL,
    file_name TEXT,
    problem TEXT,
    ended_at BIGINT
);
CREATE INDEX segment_reports_by_time ON segment_reports (asked_at, report);

-- A person as segments know them: what rules ask for, and where they were put by hand. One row and not one for each
-- membership: it is written as a whole, and all people are read as fast as the disk gives them.
-- sharded by person
CREATE TABLE segment_people (
    person BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    version BIGINT NOT NULL,
    facts TEXT,
    hand BYTEA NOT NULL,
    ends_at BIGINT,
    -- since when somebody who was deleted is here again: draws before that count no more
    returned_at BIGINT
);
CREATE INDEX segment_people_by_vshard ON segment_people (vshard, person);
CREATE INDEX segment_people_ending ON segment_people (ends_at) WHERE ends_at IS NOT NULL;

-- What was known about a person before, so that the past can be judged.
-- sharded by person
CREATE TABLE segment_facts (
    person BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    known_until BIGINT NOT NULL,
    facts TEXT,
    PRIMARY KEY (person, known_until)
);
CREATE INDEX segment_facts_by_vshard ON segment_facts (vshard, person);

-- What happened to a person by hand, or because it was over. `what`: 1 added, 2 removed, 3 ended, 4 the person is gone.
-- sharded by person
CREATE TABLE segment_history (
    person BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    version BIGINT NOT NULL,
    segment BIGINT NOT NULL,
    what BIGINT NOT NULL CHECK (what IN (1, 2, 3, 4)),
    happened_at BIGINT NOT NULL,
    ends_at BIGINT,
    actor_kind BIGINT NOT NULL CHECK (actor_kind IN (0, 1, 2)),
    actor BYTEA,
    PRIMARY KEY (person, version, segment, what)
);
CREATE INDEX segment_history_by_vshard ON segment_history (vshard, person);
CREATE INDEX segment_history_by_time ON segment_history (happened_at, person);
