-- What cannot be written is parked after some writings that failed; attempts to hand it over are counted apart.

ALTER TABLE letters ADD COLUMN writings BIGINT NOT NULL DEFAULT 0;
