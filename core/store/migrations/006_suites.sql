-- Imports that go on where they stopped: what was read so far waits here, task or problem, until
-- the whole takes the place of the suite's older tasks in one transaction.

CREATE TABLE import_rows (
    import_id VARCHAR NOT NULL,
    suite VARCHAR NOT NULL,
    n INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    place VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    task_id VARCHAR NOT NULL,
    program VARCHAR NOT NULL,
    task_hash VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    reference VARCHAR NOT NULL
);

-- What stood in a suite's source and did not become a task.

CREATE TABLE suite_problems (
    suite VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    place VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
);

-- Forges that go on where they stopped: what became of each program's mutants.

CREATE TABLE forge_parts (
    forge_id VARCHAR NOT NULL,
    suite VARCHAR NOT NULL,
    n INTEGER NOT NULL,
    body VARCHAR NOT NULL
);
