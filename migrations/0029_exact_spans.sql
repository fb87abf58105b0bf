-- Most events happen once, at a time that is the same whoever looks. Their span says it all, so that a range of time is answered from
-- it without a look at the text. Those that were written before keep 0, which asks for a look and is never wrong.
ALTER TABLE calendar_spans ADD COLUMN exact BIGINT NOT NULL DEFAULT 0 CHECK (exact IN (0, 1));
