-- People, their claims on e-mail addresses, grants, links, and the audit trail of the registry.

-- A person. Keys for searching are bytes, so that they sort the same on every database.
-- sharded by id
CREATE TABLE people (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    state BIGINT NOT NULL CHECK (state IN (1, 2, 3, 4)),
    accepted BIGINT NOT NULL CHECK (accepted IN (0, 1)),
    blocked_by BIGINT CHECK (blocked_by IN (1, 2)),
    email TEXT,
    email_key BYTEA,
    name TEXT NOT NULL,
    name_key BYTEA NOT NULL,
    language TEXT NOT NULL,
    zone TEXT NOT NULL,
    attributes TEXT NOT NULL,
    source_version BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    CHECK ((state = 3) = (blocked_by IS NOT NULL)),
    CHECK (state <> 4 OR (email IS NULL AND email_key IS NULL AND name = '' AND attributes = '{}'))
);
CREATE INDEX people_by_name ON people (state, name_key, id);
CREATE INDEX people_by_email ON people (email_key, id) WHERE email_key IS NOT NULL;
CREATE INDEX people_by_vshard ON people (vshard, id);

-- Who has an e-mail address. The id is made of the normalised address, so all claims on one address meet in one row.
-- sharded by id
CREATE TABLE emails (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    person BYTEA NOT NULL,
    claimed_at BIGINT NOT NULL,
    confirmed BIGINT NOT NULL CHECK (confirmed IN (0, 1))
);
CREATE INDEX emails_by_vshard ON emails (vshard, id);

-- A relation of a person to a scope: admin of the house.
-- sharded by person
CREATE TABLE grants (
    person BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    scope TEXT NOT NULL,
    relation TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (person, scope, relation)
);
CREATE INDEX grants_by_relation ON grants (scope, relation, person);
CREATE INDEX grants_by_vshard ON grants (vshard, person);

-- Who counts as an administrator that can sign in. All in one shard, so that the last one cannot leave.
-- sharded by house
CREATE TABLE house_admins (
    house BYTEA NOT NULL,
    vshard BIGINT NOT NULL,
    person BYTEA NOT NULL,
    counted BIGINT NOT NULL CHECK (counted IN (0, 1)),
    fence BIGINT NOT NULL,
    PRIMARY KEY (house, person)
);
CREATE INDEX house_admins_by_vshard ON house_admins (vshard, person);

-- Invitations and password resets: single use, known by their hash only.
-- sharded by person
CREATE TABLE links (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    person BYTEA NOT NULL,
    purpose BIGINT NOT NULL CHECK (purpose IN (1, 2)),
    token_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX links_by_person ON links (person, purpose);
CREATE INDEX links_by_vshard ON links (vshard, id);

-- sharded by subject
CREATE TABLE audit (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    at BIGINT NOT NULL,
    act TEXT NOT NULL,
    actor_kind BIGINT NOT NULL CHECK (actor_kind IN (0, 1, 2, 3)),
    actor BYTEA,
    request TEXT NOT NULL,
    details TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_by_subject ON audit (subject, at, id);
CREATE INDEX audit_by_actor ON audit (actor, at, id) WHERE actor IS NOT NULL;
CREATE INDEX audit_by_vshard ON audit (vshard, id);
