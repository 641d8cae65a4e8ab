-- Version 4: what a listing left out, and files that a service does not give or holds broken.

-- What people were told of the things that listings of a platform leave out, so that each is told once.
CREATE TABLE left_out (
    platform TEXT NOT NULL,
    what     TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (platform, what)
) STRICT, WITHOUT ROWID;
