-- A person's decisions on pairs: an append-only journal, kept by the pair's content.
-- The newest row of a pair is its state. Undo and redo are rows too: their target is the
-- decision that they take back or do again; a decision's target is itself.

CREATE TABLE decisions (
    seq BIGINT NOT NULL,
    action VARCHAR NOT NULL CHECK (action IN
        ('keep', 'drop', 'flag', 'unflag', 'swap', 'note', 'clear', 'undo', 'redo')),
    target BIGINT NOT NULL,
    pair_id VARCHAR NOT NULL,
    old_choice VARCHAR NOT NULL CHECK (old_choice IN ('undecided', 'keep', 'drop', 'flag')),
    old_is_swapped BOOLEAN NOT NULL,
    old_note VARCHAR NOT NULL,
    choice VARCHAR NOT NULL CHECK (choice IN ('undecided', 'keep', 'drop', 'flag')),
    is_swapped BOOLEAN NOT NULL,
    note VARCHAR NOT NULL,
    decided_at TIMESTAMP NOT NULL
);
