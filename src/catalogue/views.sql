-- The views for people: names and columns stay the same in later versions. man gs-catalogue describes them.
-- Times are texts in UTC, 2026-01-08T14:10:21Z. start_local is the time on the clock of the person: by the offset that the
-- platform lists, else by that of another platform, else in UTC.

CREATE VIEW v_activities AS
SELECT a.platform, a.id, a.name, a.sport, a.sub_sport, a.platform_sport,
    strftime('%Y-%m-%dT%H:%M:%SZ', a.start_time, 'unixepoch') AS start_time,
    strftime('%Y-%m-%d %H:%M:%S', a.start_time + coalesce(a.utc_offset_s, (
        SELECT o.utc_offset_s FROM activity_groups m JOIN activities o ON o.platform = m.platform AND o.id = m.id
        WHERE m.group_number = g.group_number AND o.utc_offset_s IS NOT NULL ORDER BY o.platform, o.id LIMIT 1
    ), 0), 'unixepoch') AS start_local,
    a.utc_offset_s, a.timer_time_s, a.elapsed_time_s, a.distance_m, a.avg_speed_mps, a.avg_heart_rate_bpm,
    a.max_heart_rate_bpm, a.avg_power_w, a.ascent_m, a.calories_kcal, a.numbers_from, a.manufacturer,
    coalesce(c.device, iif(a.device GLOB '*[^0-9]*', a.device, NULL)) AS device, a.manual, a.missing_count >= 2 AS deleted, g.group_number, f.path AS file,
    f.format, f.origin, f.sha256, c.south, c.west, c.north, c.east
FROM activities a
LEFT JOIN files f ON f.platform = a.platform AND f.id = a.id AND f.part = 0
LEFT JOIN file_contents c ON c.sha256 = f.sha256
LEFT JOIN activity_groups g ON g.platform = a.platform AND g.id = a.id;

-- One row for an activity that is on several platforms: the one with the best file.
CREATE VIEW v_unique_activities AS
SELECT * FROM (
    SELECT v.*, row_number() OVER (
        PARTITION BY v.group_number, iif(v.group_number IS NULL, v.platform, NULL), iif(v.group_number IS NULL, v.id, NULL)
        ORDER BY v.numbers_from IS 'file' DESC, v.origin IS 'original' DESC, v.file IS NOT NULL DESC, v.platform, v.id
    ) AS place
    FROM v_activities v WHERE NOT v.deleted
) WHERE place = 1;

CREATE VIEW v_sessions AS
SELECT f.platform, f.id, f.part, s.number AS session, s.sport, s.sub_sport,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.start_time, 'unixepoch') AS start_time,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.end_time, 'unixepoch') AS end_time,
    s.elapsed_time_s, s.timer_time_s, s.moving_time_s, s.distance_m, s.ascent_m, s.descent_m, s.calories_kcal, s.avg_heart_rate_bpm, s.max_heart_rate_bpm, s.avg_power_w, s.max_power_w, s.normalized_power_w, s.avg_cadence_rpm, s.max_cadence_rpm, s.avg_speed_mps, s.max_speed_mps, s.avg_temperature_c, s.max_temperature_c,
    s.pool_length_m, s.training_effect, s.anaerobic_training_effect, s.training_stress_score
FROM sessions s JOIN files f ON f.sha256 = s.sha256;

CREATE VIEW v_laps AS
SELECT f.platform, f.id, f.part, l.number AS lap, l.session, l.sport, l.sub_sport, l.lap_trigger, l.intensity,
    strftime('%Y-%m-%dT%H:%M:%SZ', l.start_time, 'unixepoch') AS start_time,
    strftime('%Y-%m-%dT%H:%M:%SZ', l.end_time, 'unixepoch') AS end_time,
    l.elapsed_time_s, l.timer_time_s, l.moving_time_s, l.distance_m, l.ascent_m, l.descent_m, l.calories_kcal, l.avg_heart_rate_bpm, l.max_heart_rate_bpm, l.avg_power_w, l.max_power_w, l.normalized_power_w, l.avg_cadence_rpm, l.max_cadence_rpm, l.avg_speed_mps, l.max_speed_mps, l.avg_temperature_c, l.max_temperature_c
FROM laps l JOIN files f ON f.sha256 = l.sha256;

CREATE VIEW v_efforts AS
SELECT f.platform, f.id, e.kind, e.value, strftime('%Y-%m-%dT%H:%M:%SZ', e.start_time, 'unixepoch') AS start_time
FROM efforts e JOIN files f ON f.sha256 = e.sha256;

CREATE VIEW v_unique_efforts AS
SELECT u.platform, u.id, u.name, u.sport, u.start_local, e.kind, e.value,
    strftime('%Y-%m-%dT%H:%M:%SZ', e.start_time, 'unixepoch') AS start_time
FROM v_unique_activities u
JOIN files f ON f.platform = u.platform AND f.id = u.id
JOIN efforts e ON e.sha256 = f.sha256;

-- Each week and sport of the distinct activities; a week begins on Monday, by the local time of each start.
CREATE VIEW v_weeks AS
SELECT date(start_local, 'weekday 0', '-6 days') AS week, sport, count(*) AS activities,
    sum(timer_time_s) AS timer_time_s, sum(distance_m) AS distance_m, sum(ascent_m) AS ascent_m,
    sum(calories_kcal) AS calories_kcal
FROM v_unique_activities WHERE start_local IS NOT NULL GROUP BY week, sport;
