-- The store: append-only where a run writes it, small tables elsewhere.
-- Texts carry no key or index: reading a transcript through an index is 8-16 times slower.

CREATE TABLE suites (
    suite VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    origin VARCHAR NOT NULL,
    seed BIGINT,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE tasks (
    task_id VARCHAR NOT NULL,
    suite VARCHAR NOT NULL,
    program VARCHAR NOT NULL,
    task_hash VARCHAR NOT NULL,
    body VARCHAR NOT NULL
);

CREATE TABLE task_references (
    task_id VARCHAR NOT NULL,
    body VARCHAR NOT NULL
);

CREATE TABLE task_checks (
    task_id VARCHAR NOT NULL,
    suite VARCHAR NOT NULL,
    task_hash VARCHAR NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('admitted', 'quarantined')),
    reason VARCHAR NOT NULL,
    n_hung INTEGER NOT NULL,
    buggy_verdict VARCHAR NOT NULL,
    reference_verdict VARCHAR NOT NULL,
    reference_cpu_s DOUBLE NOT NULL,
    body VARCHAR NOT NULL,
    checked_at TIMESTAMP NOT NULL
);

CREATE TABLE forge_mutants (
    suite VARCHAR NOT NULL,
    program VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    line INTEGER NOT NULL,
    fate VARCHAR NOT NULL,
    task_id VARCHAR
);

CREATE TABLE splits (
    split_id VARCHAR NOT NULL,
    suites VARCHAR NOT NULL,
    seed BIGINT NOT NULL,
    ratios VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE split_members (
    split_id VARCHAR NOT NULL,
    task_id VARCHAR NOT NULL,
    family VARCHAR NOT NULL,
    side VARCHAR NOT NULL CHECK (side IN ('train', 'validation', 'test', 'heldout'))
);

CREATE TABLE arms (
    arm_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE runs (
    run_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('rollouts', 'evaluation')),
    body VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE run_states (
    run_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('running', 'stopped', 'finished', 'failed')),
    reason VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL
);

CREATE TABLE rollouts (
    rollout_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    arm_id VARCHAR NOT NULL,
    task_id VARCHAR NOT NULL,
    seed BIGINT NOT NULL,
    outcome VARCHAR NOT NULL
        CHECK (outcome IN ('passed', 'failed', 'limit', 'tampered', 'invalid', 'error')),
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
    finished_at TIMESTAMP NOT NULL
);

CREATE TABLE calls (
    run_id VARCHAR NOT NULL,
    rollout_id VARCHAR NOT NULL,
    iteration INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    model VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    finish_reason VARCHAR NOT NULL,
    reply VARCHAR NOT NULL,
    n_prompt_tokens BIGINT NOT NULL,
    n_completion_tokens BIGINT NOT NULL,
    n_cached_tokens BIGINT NOT NULL,
    n_reasoning_tokens BIGINT NOT NULL,
    cost_microusd BIGINT NOT NULL,
    latency_s DOUBLE NOT NULL,
    called_at TIMESTAMP NOT NULL
);

CREATE TABLE states (
    state VARCHAR NOT NULL,
    body VARCHAR NOT NULL
);

CREATE TABLE iterations (
    run_id VARCHAR NOT NULL,
    rollout_id VARCHAR NOT NULL,
    iteration INTEGER NOT NULL,
    find VARCHAR NOT NULL,
    replacement VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    n_passed INTEGER NOT NULL,
    n_tests INTEGER NOT NULL,
    detail VARCHAR NOT NULL,
    test_wall_s DOUBLE NOT NULL
);

CREATE TABLE pair_builds (
    build_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE pairs (
    build_id VARCHAR NOT NULL,
    pair_id VARCHAR NOT NULL,
    task_id VARCHAR NOT NULL,
    family VARCHAR NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('patch', 'fork', 'graded')),
    state VARCHAR NOT NULL,
    chosen VARCHAR NOT NULL,
    rejected VARCHAR NOT NULL,
    chosen_rollout VARCHAR NOT NULL,
    chosen_iteration INTEGER NOT NULL,
    rejected_rollout VARCHAR NOT NULL,
    rejected_iteration INTEGER NOT NULL,
    changed_share DOUBLE NOT NULL
);

CREATE TABLE dropped_candidates (
    build_id VARCHAR NOT NULL,
    task_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    chosen_rollout VARCHAR NOT NULL,
    rejected_rollout VARCHAR NOT NULL
);

CREATE TABLE datasets (
    dataset_id VARCHAR NOT NULL,
    build_id VARCHAR NOT NULL,
    n_pairs INTEGER NOT NULL,
    body VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE artifacts (
    artifact_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    parent VARCHAR NOT NULL,
    job_id VARCHAR NOT NULL,
    dataset_id VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE jobs (
    job_id VARCHAR NOT NULL,
    trainer VARCHAR NOT NULL,
    dataset_id VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE job_states (
    job_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('running', 'finished', 'failed', 'cancelled')),
    reason VARCHAR NOT NULL,
    artifact_id VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL
);

CREATE TABLE job_metrics (
    job_id VARCHAR NOT NULL,
    step INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    value DOUBLE NOT NULL
);

CREATE TABLE evaluations (
    evaluation_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    base_arm VARCHAR NOT NULL,
    tuned_arm VARCHAR NOT NULL,
    rule VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE evaluation_results (
    evaluation_id VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL CHECK (verdict IN ('keep', 'rollback', 'inconclusive')),
    body VARCHAR NOT NULL,
    finished_at TIMESTAMP NOT NULL
);
