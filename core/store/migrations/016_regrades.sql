-- Stored patches whose tests were run again: what a rollout was said to be, and what it is.

CREATE TABLE regrade_states (
    regrade_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('running', 'finished')),
    changed_at TIMESTAMP NOT NULL
);

CREATE TABLE regrades (
    regrade_id VARCHAR NOT NULL,
    rollout_id VARCHAR NOT NULL,
    old_outcome VARCHAR NOT NULL,
    old_reason VARCHAR NOT NULL,
    old_n_passed INTEGER NOT NULL,
    old_n_tests INTEGER NOT NULL,
    outcome VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    n_passed INTEGER NOT NULL,
    n_tests INTEGER NOT NULL,
    sandbox_level VARCHAR NOT NULL,
    graded_at TIMESTAMP NOT NULL
);
