-- Letters are not kept for ever, and what was done with them still adds up.

-- Letters whose rows are gone, counted as the book counts them: book = rows + these. A page only spreads writers.
-- internal
CREATE TABLE letters_forgotten (
    kind BIGINT NOT NULL,
    day BIGINT NOT NULL,
    state BIGINT NOT NULL,
    provider TEXT NOT NULL,
    page BIGINT NOT NULL,
    letters BIGINT NOT NULL,
    PRIMARY KEY (day, kind, state, provider, page)
);
