-- What happened to a training job, in order, and what it was trained on.
-- `remote_id` is the event's own name at a remote trainer, so that a list that is fetched
-- again adds only what is new; it is empty for events that were made here.

CREATE TABLE job_events (
    job_id VARCHAR NOT NULL,
    level VARCHAR NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    kind VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    step INTEGER,
    remote_id VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL
);

CREATE TABLE job_inputs (
    job_id VARCHAR NOT NULL,
    build_id VARCHAR NOT NULL,
    dataset_id VARCHAR NOT NULL,
    n_pairs INTEGER NOT NULL,
    n_tasks INTEGER NOT NULL,
    n_trained INTEGER NOT NULL,
    n_steps INTEGER NOT NULL,
    n_kept INTEGER NOT NULL,
    n_dropped INTEGER NOT NULL,
    n_flagged INTEGER NOT NULL,
    n_undecided INTEGER NOT NULL,
    n_swapped INTEGER NOT NULL
);
