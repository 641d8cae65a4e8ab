-- Version 4: whose account it is, and what one look alone does not prove.

-- The account that this data folder belongs to.
CREATE TABLE identities (
    platform TEXT PRIMARY KEY,
    account  TEXT NOT NULL,     -- a digest of the service's own id of the person
    name     TEXT,              -- as the service shows it
    since    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- E-mail addresses that are known to name that account, in lower case.
CREATE TABLE identity_emails (
    platform TEXT NOT NULL,
    email    TEXT NOT NULL,
    PRIMARY KEY (platform, email)
) STRICT, WITHOUT ROWID;
