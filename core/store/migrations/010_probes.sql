-- What a remote service answered, with its date; the newest of a question and a subject counts.
CREATE TABLE probes (
    what VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    probed_at TIMESTAMP NOT NULL
);
