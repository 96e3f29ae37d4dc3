-- A rollout may wait for its suite's own program; a CHECK cannot be changed in place. The order
-- of rows is their time.

CREATE TABLE rollouts_to_be (
    rollout_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    arm_id VARCHAR NOT NULL,
    task_id VARCHAR NOT NULL,
    seed BIGINT NOT NULL,
    outcome VARCHAR NOT NULL CHECK (
        outcome IN ('passed', 'failed', 'limit', 'tampered', 'invalid', 'error', 'ungraded')
    ),
    reason VARCHAR NOT NULL,
    n_iterations INTEGER NOT NULL,
    first_state VARCHAR NOT NULL,
    find VARCHAR NOT NULL,
    replacement VARCHAR NOT NULL,
    n_passed INTEGER NOT NULL,
    n_tests INTEGER NOT NULL,
    n_prompt_tokens BIGINT NOT NULL,
    n_completion_tokens BIGINT NOT NULL,
    cost_microusd BIGINT NOT NULL,
    wall_s DOUBLE NOT NULL,
    sandbox_level VARCHAR NOT NULL,
    finished_at TIMESTAMP NOT NULL,
    others VARCHAR DEFAULT ''
);

INSERT INTO rollouts_to_be SELECT * FROM rollouts ORDER BY rowid;
DROP TABLE rollouts;
ALTER TABLE rollouts_to_be RENAME TO rollouts;

-- What a suite's own program said of a patch, so that it is asked once and a stop loses nothing.

CREATE TABLE official_grades (
    judged VARCHAR NOT NULL,
    task_id VARCHAR NOT NULL,
    judgement VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    judged_at TIMESTAMP NOT NULL
);
