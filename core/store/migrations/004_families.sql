-- Relations between tasks, what people say of them, and where a split comes from.
-- A scan is one comparison of tasks, under the hash of everything that it compared. Answers are
-- an append-only journal, kept by program, so that they outlive tasks that are made anew: an
-- undo is a row, too, and its target is the answer that it takes back.

CREATE TABLE scans (
    scan_id VARCHAR NOT NULL,
    n_tasks INTEGER NOT NULL,
    scanned_at TIMESTAMP NOT NULL
);

CREATE TABLE scan_tests (
    scan_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    n_compared BIGINT NOT NULL,
    unit VARCHAR NOT NULL,
    n_found INTEGER NOT NULL
);

CREATE TABLE scan_links (
    scan_id VARCHAR NOT NULL,
    one VARCHAR NOT NULL,
    other VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL,
    is_certain BOOLEAN NOT NULL
);

CREATE TABLE behaviours (
    content VARCHAR NOT NULL,
    n_passed INTEGER NOT NULL,
    n_cases INTEGER NOT NULL,
    n_outputs INTEGER NOT NULL
);

CREATE TABLE answers (
    seq BIGINT NOT NULL,
    action VARCHAR NOT NULL CHECK (action IN ('yes', 'no', 'undo')),
    target BIGINT NOT NULL,
    one VARCHAR NOT NULL,
    other VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    answered_at TIMESTAMP NOT NULL
);

CREATE TABLE split_origins (
    split_id VARCHAR NOT NULL,
    parent VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    body VARCHAR NOT NULL
);

CREATE TABLE certificates (
    certificate_id VARCHAR NOT NULL,
    split_id VARCHAR NOT NULL,
    n_leaks INTEGER NOT NULL,
    n_questions INTEGER NOT NULL,
    body VARCHAR NOT NULL,
    checked_at TIMESTAMP NOT NULL
);
