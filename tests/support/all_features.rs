//! A catalogue in which every feature was used, and in which every text of others is the same given text.

use crate::support::Work;

/// Writes `text` into every field of the catalogue that stores a text of others.
pub fn fill_every_text(work: &Work, text: &str) {
    let quoted = text.replace('\'', "''");
    work.change(
        &"UPDATE activities SET name = 'a ' || '$' || ' b', sport = '$', sub_sport = '$', platform_sport = '$',
            device = '$', manufacturer = '$';
         DELETE FROM commands; DELETE FROM problems; DELETE FROM uploads; DELETE FROM deletions; DELETE FROM login_failures;
         UPDATE files SET corrupt = 1; DELETE FROM accounts; DELETE FROM schedule; UPDATE listings SET accepted = 0, reason = json_object('code', 'retry', 'detail', 'x $ y');
         INSERT INTO commands (run, command, started_at, finished_at, exit, counts, reason, platform)
            VALUES ('r $', 'gs-fetch $', unixepoch(), unixepoch(), 75, json_object('$', 3), json_object('code', 'retry', 'detail', 'm $, m'), '$');
         INSERT INTO problems SELECT platform, id, 'gs-download', 'not-found', json_object('code', 'not-found', 'detail', 'p $; p'), 1, 1, 1 FROM activities LIMIT 1;
         INSERT INTO uploads (run, from_platform, from_id, to_platform, sha256, started_at, outcome, reason, finished_at)
            SELECT 'r', platform, id, 'coros', 'aa', 1, 'rejected', json_object('code', 'rejected', 'detail', 't $ t'), 1 FROM activities;
         INSERT INTO deletions (run, platform, id, kept_id, evidence, sha256, started_at)
            SELECT 'r', platform, id, '$', json_object('code', 'duplicate', 'evidence', json_array(json_object('code', 'other', 'detail', 'd $ d'))), 'aa', 1 FROM activities LIMIT 1;
         INSERT INTO login_failures VALUES ('garmin-com', 'rejected', NULL, 1, json_object('code', 'login-required', 'detail', 'l $ l'), 1);
         INSERT INTO accounts VALUES ('garmin-com', 'login', 1, 0, NULL, json_object('code', 'login-required', 'detail', 'a $ a'), 1);
         INSERT INTO schedule VALUES (1, '$', '$', 1, 1, '$');
         INSERT OR IGNORE INTO listings (platform, run, started_at) VALUES ('coros', 'r', 1);"
            .replace('$', &quoted),
    );
}
