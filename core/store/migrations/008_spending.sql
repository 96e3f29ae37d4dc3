-- What a call that is not answered yet may cost at worst. The row goes when the call's own row
-- comes; one that stays may have been billed unseen.
CREATE TABLE reservations (
    reservation_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    worst_microusd BIGINT NOT NULL,
    reserved_at TIMESTAMP NOT NULL
);

-- Limits of spending; the newest of a scope counts. A scope is a run, or '' for the workspace.
CREATE TABLE ceilings (
    scope VARCHAR NOT NULL,
    limit_microusd BIGINT,
    set_at TIMESTAMP NOT NULL
);
