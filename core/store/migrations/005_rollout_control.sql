-- A run may be paused, too; a CHECK cannot be changed in place. The order of rows is their time.

CREATE TABLE run_states_next (
    run_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL
        CHECK (status IN ('running', 'paused', 'stopped', 'finished', 'failed')),
    reason VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL
);

INSERT INTO run_states_next
SELECT run_id, status, reason, changed_at FROM run_states ORDER BY rowid;

DROP TABLE run_states;

ALTER TABLE run_states_next RENAME TO run_states;
