-- What costs money and is no call: training jobs, endpoints. An append-only journal; the newest
-- row of a charge is how it stands. It is written before anything is bought, with the worst case;
-- while it is open it counts with that, or with what was billed so far when that is more.
CREATE TABLE charges (
    charge_id VARCHAR NOT NULL,
    owner_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('training', 'endpoint')),
    what VARCHAR NOT NULL,
    price_note VARCHAR NOT NULL,
    status VARCHAR NOT NULL CHECK (status IN ('open', 'settled')),
    worst_microusd BIGINT NOT NULL,
    spent_microusd BIGINT NOT NULL,
    note VARCHAR NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
