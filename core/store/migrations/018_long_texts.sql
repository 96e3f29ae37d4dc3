-- Long texts say how they are compressed. Left to itself a checkpoint tries every way on them,
-- and commits wait for it: up to seconds for 16 MB. A column cannot be changed in place; the
-- order of rows is their time.

CREATE TABLE states_to_be (
    state VARCHAR NOT NULL,
    body VARCHAR NOT NULL USING COMPRESSION zstd
);

INSERT INTO states_to_be SELECT * FROM states ORDER BY rowid;
DROP TABLE states;
ALTER TABLE states_to_be RENAME TO states;

CREATE TABLE messages_to_be (
    message VARCHAR NOT NULL,
    body VARCHAR NOT NULL USING COMPRESSION zstd
);

INSERT INTO messages_to_be SELECT * FROM messages ORDER BY rowid;
DROP TABLE messages;
ALTER TABLE messages_to_be RENAME TO messages;

CREATE TABLE calls_to_be (
    run_id VARCHAR NOT NULL,
    rollout_id VARCHAR NOT NULL,
    iteration INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    model VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    finish_reason VARCHAR NOT NULL,
    reply VARCHAR NOT NULL USING COMPRESSION zstd,
    n_prompt_tokens BIGINT NOT NULL,
    n_completion_tokens BIGINT NOT NULL,
    n_cached_tokens BIGINT NOT NULL,
    n_reasoning_tokens BIGINT NOT NULL,
    cost_microusd BIGINT NOT NULL,
    latency_s DOUBLE NOT NULL,
    called_at TIMESTAMP NOT NULL,
    kind VARCHAR DEFAULT 'action',
    tool_calls VARCHAR DEFAULT '' USING COMPRESSION zstd,
    reasoning VARCHAR DEFAULT '' USING COMPRESSION zstd,
    task_id VARCHAR DEFAULT '',
    price_id VARCHAR DEFAULT ''
);

INSERT INTO calls_to_be SELECT * FROM calls ORDER BY rowid;
DROP TABLE calls;
ALTER TABLE calls_to_be RENAME TO calls;

CREATE TABLE iterations_to_be (
    run_id VARCHAR NOT NULL,
    rollout_id VARCHAR NOT NULL,
    iteration INTEGER NOT NULL,
    find VARCHAR NOT NULL USING COMPRESSION zstd,
    replacement VARCHAR NOT NULL USING COMPRESSION zstd,
    note VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    n_passed INTEGER NOT NULL,
    n_tests INTEGER NOT NULL,
    detail VARCHAR NOT NULL USING COMPRESSION zstd,
    test_wall_s DOUBLE NOT NULL,
    actions VARCHAR DEFAULT '' USING COMPRESSION zstd,
    forgiven VARCHAR DEFAULT ''
);

INSERT INTO iterations_to_be SELECT * FROM iterations ORDER BY rowid;
DROP TABLE iterations;
ALTER TABLE iterations_to_be RENAME TO iterations;
