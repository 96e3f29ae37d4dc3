-- Jobs at a remote trainer. How far one got is a row for each step, written before the next step
-- is begun, so that a job is gone on with after a kill and nothing is bought twice.
CREATE TABLE remote_steps (
    job_id VARCHAR NOT NULL,
    step VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    reached_at TIMESTAMP NOT NULL
);

-- What the service said of a job, whenever it said something new.
CREATE TABLE remote_looks (
    job_id VARCHAR NOT NULL,
    remote_id VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    looked_at TIMESTAMP NOT NULL
);

-- What was measured there. The service may begin a job again under another id.
CREATE TABLE remote_metrics (
    job_id VARCHAR NOT NULL,
    remote_id VARCHAR NOT NULL,
    step INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    value DOUBLE NOT NULL
);

CREATE TABLE remote_checkpoints (
    job_id VARCHAR NOT NULL,
    remote_id VARCHAR NOT NULL,
    step INTEGER NOT NULL,
    body VARCHAR NOT NULL
);

-- A job may wait for a person, too; a CHECK cannot be changed in place. The order of rows is time.
CREATE TABLE job_states_next (
    job_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL
        CHECK (status IN ('running', 'waiting', 'finished', 'failed', 'cancelled')),
    reason VARCHAR NOT NULL,
    artifact_id VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL
);

INSERT INTO job_states_next
SELECT job_id, status, reason, artifact_id, changed_at FROM job_states ORDER BY rowid;

DROP TABLE job_states;

ALTER TABLE job_states_next RENAME TO job_states;
