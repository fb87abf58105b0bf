-- Means to sign in, sessions, passwords for clients, keys of services, and what was revoked.

-- A person's means to sign in. Access tokens of a lower generation than this one are refused.
-- sharded by person
CREATE TABLE accounts (
    person BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    password_hash TEXT,
    password_set_at BIGINT,
    generation BIGINT NOT NULL
);
CREATE INDEX accounts_by_vshard ON accounts (vshard, person);

-- Wrong passwords in a row: of a person or, so that both look alike from outside, of an address that nobody has.
-- sharded by owner
CREATE TABLE sign_in_failures (
    owner BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    locked_until BIGINT
);
CREATE INDEX sign_in_failures_by_vshard ON sign_in_failures (vshard, last_at);

-- One device that is signed in. Of its refresh tokens only hashes are here: what all of them have in common, the one
-- that is good now, and the one before it.
-- sharded by person
CREATE TABLE sessions (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    person BYTEA NOT NULL,
    surface BIGINT NOT NULL CHECK (surface IN (1, 2)),
    device TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    family_hash BYTEA NOT NULL,
    current_hash BYTEA NOT NULL,
    previous_hash BYTEA,
    rotated_at BIGINT NOT NULL,
    ended BIGINT CHECK (ended IN (1, 2, 3))
);
CREATE INDEX sessions_by_person ON sessions (person, last_seen_at, id);
CREATE INDEX sessions_by_vshard ON sessions (vshard, id);

-- A password for one client of a person, which can do nothing better than HTTP Basic.
-- sharded by person
CREATE TABLE app_passwords (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    person BYTEA NOT NULL,
    name TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX app_passwords_by_person ON app_passwords (person, id);
CREATE INDEX app_passwords_by_vshard ON app_passwords (vshard, id);

-- A key of a service. Its scopes are words with a space between.
-- sharded by id
CREATE TABLE api_keys (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_keys_by_vshard ON api_keys (vshard, id);

-- What every instance must refuse although it was good a moment ago: a session, an app password, a key (no generation
-- is low enough) or the access tokens of a person below a generation. A row is of use until the last token is over.
-- sharded by subject
CREATE TABLE revocations (
    subject BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    lowest BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    kept_until BIGINT NOT NULL
);
CREATE INDEX revocations_by_time ON revocations (revoked_at, subject);
CREATE INDEX revocations_by_vshard ON revocations (vshard, kept_until);

-- The keys that sign access tokens, all in one shard. The private half is sealed with the secret of the house, and
-- gone once the key no longer signs.
-- sharded by house
CREATE TABLE signing_keys (
    id BYTEA NOT NULL PRIMARY KEY,
    vshard BIGINT NOT NULL,
    house BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    sealed_key BYTEA,
    created_at BIGINT NOT NULL,
    verifies_until BIGINT
);
CREATE INDEX signing_keys_by_vshard ON signing_keys (vshard, id);
