-- The price that each call was settled at, once per price; and what a call was for, so that the
-- ledger can be summed by task.
CREATE TABLE prices (
    price_id VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    prompt BIGINT NOT NULL,
    completion BIGINT NOT NULL,
    cached BIGINT NOT NULL,
    as_of VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    first_used_at TIMESTAMP NOT NULL
);

ALTER TABLE calls ADD COLUMN task_id VARCHAR DEFAULT '';
ALTER TABLE calls ADD COLUMN price_id VARCHAR DEFAULT '';
ALTER TABLE reservations ADD COLUMN model VARCHAR DEFAULT '';
ALTER TABLE reservations ADD COLUMN task_id VARCHAR DEFAULT '';

UPDATE calls SET task_id = rollouts.task_id FROM rollouts
WHERE rollouts.rollout_id = calls.rollout_id;

-- What a run was said to come to before it began, figure by figure, and what it came to.
CREATE TABLE forecasts (
    run_id VARCHAR NOT NULL,
    figure VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    low DOUBLE NOT NULL,
    mean DOUBLE NOT NULL,
    high DOUBLE NOT NULL,
    worst DOUBLE NOT NULL,
    basis VARCHAR NOT NULL,
    n_rollouts INTEGER NOT NULL,
    made_at TIMESTAMP NOT NULL
);

CREATE TABLE forecast_grades (
    run_id VARCHAR NOT NULL,
    figure VARCHAR NOT NULL,
    actual DOUBLE NOT NULL,
    n_rollouts INTEGER NOT NULL,
    graded_at TIMESTAMP NOT NULL
);
