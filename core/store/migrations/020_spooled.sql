-- How far the writes are committed that were kept in a file first: the newest of their numbers.

CREATE TABLE spooled (n BIGINT NOT NULL);
