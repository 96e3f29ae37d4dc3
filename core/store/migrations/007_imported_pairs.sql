-- Pairs of a file have a kind of their own. A CHECK cannot be altered, so the table is made
-- anew; its rows keep their order, by which the queue sorts.

CREATE TABLE pairs_anew (
    build_id VARCHAR NOT NULL,
    pair_id VARCHAR NOT NULL,
    task_id VARCHAR NOT NULL,
    family VARCHAR NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('patch', 'fork', 'graded', 'imported')),
    state VARCHAR NOT NULL,
    chosen VARCHAR NOT NULL,
    rejected VARCHAR NOT NULL,
    chosen_rollout VARCHAR NOT NULL,
    chosen_iteration INTEGER NOT NULL,
    rejected_rollout VARCHAR NOT NULL,
    rejected_iteration INTEGER NOT NULL,
    changed_share DOUBLE NOT NULL
);

INSERT INTO pairs_anew SELECT * FROM pairs ORDER BY rowid;

DROP TABLE pairs;

ALTER TABLE pairs_anew RENAME TO pairs;
