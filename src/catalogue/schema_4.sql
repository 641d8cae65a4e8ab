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

-- A digest of the activities that a whole listing lacked, when those were too many to believe it at once.
ALTER TABLE listings ADD COLUMN missing TEXT;

-- The newest listing when an upload was begun: what a listing showed before that is not what was uploaded.
ALTER TABLE transfers ADD COLUMN after_listing INTEGER NOT NULL DEFAULT 0;
-- How often a listing should have shown an upload whose answer was lost, and did not.
ALTER TABLE transfers ADD COLUMN missed INTEGER NOT NULL DEFAULT 0;
