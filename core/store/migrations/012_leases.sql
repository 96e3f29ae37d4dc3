-- Endpoints that cost money while they exist. A row stands here before anything is made on the
-- account, under a name by which it is found whatever answer is lost.
CREATE TABLE leases (
    lease_id VARCHAR NOT NULL,
    endpoint VARCHAR NOT NULL,
    project VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    owner_id VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE lease_states (
    lease_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL
        CHECK (status IN ('starting', 'ready', 'degraded', 'stopping', 'ended')),
    is_billed BOOLEAN NOT NULL,
    deadline_at TIMESTAMP NOT NULL,
    note VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
