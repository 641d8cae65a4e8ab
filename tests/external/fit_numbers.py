"""Compares the recordings of FIT files with the values of Garmin's SDK, and prints a table. scripts/compare-fit runs it.

    fit_numbers.py <LINES

LINES is the output of examples/fit_numbers.rs. The SDK cannot read compressed timestamps; such a file is compared with
fitdecode. Values are equal if they differ by less than a billionth. fit::read omits an array in the field of a single value;
these values are counted. Corrupt files are not compared. Exit code 1: a value differs otherwise.
"""

import collections
import json
import logging
import sys
from pathlib import Path

import fitdecode
from garmin_fit_sdk import Decoder, Stream
from garmin_fit_sdk.profile import Profile

FIT_EPOCH = 631_065_600
# Smaller times count from when the device was switched on.
FIRST_DATE = 0x1000_0000
SESSION, LAP, RECORD, EVENT = 18, 19, 20, 21
COMPRESSED = 0x80


def time(raw):
    return raw + FIT_EPOCH if isinstance(raw, int) and raw >= FIRST_DATE else None


def degrees(raw):
    return None if raw is None else raw * 180 / 2**31


def cadence(whole, fraction):
    return None if whole is None else whole + (fraction or 0)


def either(first, second):
    return second if first is None else first


def totals(of):
    return {
        "start_time": time(of("start_time")),
        "end_time": time(of("timestamp")),
        "elapsed_time_s": of("total_elapsed_time"),
        "timer_time_s": of("total_timer_time"),
        "moving_time_s": of("total_moving_time"),
        "distance_m": of("total_distance"),
        "ascent_m": of("total_ascent"),
        "descent_m": of("total_descent"),
        "calories_kcal": of("total_calories"),
        "avg_heart_rate_bpm": of("avg_heart_rate"),
        "max_heart_rate_bpm": of("max_heart_rate"),
        "avg_power_w": of("avg_power"),
        "max_power_w": of("max_power"),
        "normalized_power_w": of("normalized_power"),
        "avg_cadence_rpm": cadence(of("avg_cadence"), of("avg_fractional_cadence")),
        "max_cadence_rpm": cadence(of("max_cadence"), of("max_fractional_cadence")),
        "avg_speed_mps": either(of("enhanced_avg_speed"), of("avg_speed")),
        "max_speed_mps": either(of("enhanced_max_speed"), of("max_speed")),
        "avg_temperature_c": of("avg_temperature"),
        "max_temperature_c": of("max_temperature"),
        "sport": of("sport"),
        "sub_sport": of("sub_sport"),
    }


def session(of):
    return totals(of) | {
        "first_lap": of("first_lap_index"),
        "lap_count": of("num_laps"),
        "pool_length_m": of("pool_length"),
        "training_effect": of("total_training_effect"),
        "anaerobic_training_effect": of("total_anaerobic_training_effect"),
        "training_stress_score": of("training_stress_score"),
    }


def lap(of):
    return totals(of) | {"trigger": of("lap_trigger"), "intensity": of("intensity")}


def point(of):
    lat, lon = of("position_lat"), of("position_long")
    # fit::read omits exactly 0, 0: devices write it before they have a position.
    both = lat is not None and lon is not None and (lat, lon) != (0, 0)
    return {
        "time": time(of("timestamp")),
        "lat": degrees(lat) if both else None,
        "lon": degrees(lon) if both else None,
        "altitude_m": either(of("enhanced_altitude"), of("altitude")),
        "distance_m": of("distance"),
        "speed_mps": either(of("enhanced_speed"), of("speed")),
        "heart_rate_bpm": of("heart_rate"),
        "cadence_rpm": cadence(of("cadence"), of("fractional_cadence")),
        "power_w": of("power"),
        "temperature_c": of("temperature"),
    }


def timer_events(messages):
    for of in messages:
        kind, at = of("event_type"), time(of("timestamp"))
        if of("event") == 0 and kind in (0, 1, 4, 8, 9) and at is not None:
            yield {"time": at, "is_start": kind == 0}


def recording(messages):
    """The recording from a list of messages by their number. A message is a function from the name of a field to its value."""
    return {
        "sessions": [session(of) for of in messages[SESSION]],
        "laps": [lap(of) for of in messages[LAP]],
        # fit::read omits a record without a value.
        "points": [values for values in map(point, messages[RECORD]) if any(x is not None for x in values.values())],
        "timer": list(timer_events(messages[EVENT])),
    }


def by_garmin(path):
    """The messages by Garmin's SDK, and its error. Components are not expanded: that would replace a wide value by the narrow one."""
    messages = collections.defaultdict(list)
    decoder = Decoder(Stream.from_file(path))
    _, errors = decoder.read(
        convert_datetimes_to_dates=False,
        convert_types_to_strings=False,
        expand_components=False,
        merge_heart_rates=False,
        mesg_listener=lambda number, message: messages[number].append(message.get),
    )
    return messages, errors[0] if errors else None


def by_fitdecode(path):
    """The messages by fitdecode, with the names of Garmin's profile."""
    messages = collections.defaultdict(list)
    processor = fitdecode.processors.DefaultDataProcessor()
    # Times and types stay numbers.
    processor.process_type_date_time = lambda reader, field: None
    with fitdecode.FitReader(path, processor=processor, error_handling=fitdecode.ErrorHandling.IGNORE) as frames:
        for frame in frames:
            if isinstance(frame, fitdecode.FitDataMessage) and frame.global_mesg_num in (SESSION, LAP, RECORD, EVENT):
                messages[frame.global_mesg_num].append(values_of(frame).get)
    return messages


def values_of(frame):
    names = Profile["messages"][frame.global_mesg_num]["fields"]
    values = {}
    for field in frame.fields:
        if field.def_num in names:
            name = names[field.def_num]["name"]
            is_text = isinstance(field.value, str)
            # A value that was expanded from another one does not replace it.
            values.setdefault(name, field.raw_value if is_text else field.value)
    return values


def has_compressed_timestamps(error):
    return error is not None and "Compressed timestamp" in str(error)


def is_omitted_array(ours, theirs):
    return ours is None and isinstance(theirs, (list, tuple))


def equal(ours, theirs):
    if ours is None or theirs is None or isinstance(theirs, (list, tuple)):
        return ours is theirs
    return abs(ours - theirs) <= 1e-9 * max(1, abs(theirs))


class Comparison:
    """The recording of one file, here and by the other reader."""

    def __init__(self, ours, theirs):
        self.compared = self.agreed = self.arrays = 0
        self.differing = []
        for part in ("sessions", "laps", "points", "timer"):
            self.value(f"number of {part}", len(ours[part]), len(theirs[part]))
            for index, (a, b) in enumerate(zip(ours[part], theirs[part])):
                for name in a.keys() | b.keys():
                    self.value(f"{part} {index}: {name}", a.get(name), b.get(name))

    def value(self, name, ours, theirs):
        if ours is None and theirs is None:
            return
        self.compared += 1
        if equal(ours, theirs):
            self.agreed += 1
        elif is_omitted_array(ours, theirs):
            self.arrays += 1
        else:
            self.differing.append(f"{name}: {ours} here, {theirs} there")


def compare(line):
    """Prints the row of one file, and returns the values that differ."""
    ours = json.loads(line)
    name = Path(ours["file"]).name
    if ours["error"]:
        print("|", name, "|", ours["error"].split(":")[0], "|" * 7, flush=True)
        return []
    messages, error = by_garmin(ours["file"])
    reader = "SDK"
    if has_compressed_timestamps(error):
        reader, messages = "fitdecode", by_fitdecode(ours["file"])
    result = Comparison(ours, recording(messages))
    counts = [len(ours[part]) for part in ("sessions", "laps", "points")]
    row = [name, "complete", reader, *counts, result.compared, result.agreed, result.arrays]
    print("|", " | ".join(str(cell) for cell in row), "|", flush=True)
    return [f"{name}: {difference}" for difference in result.differing]


def main():
    logging.disable()
    print("| file | state | reader | sessions | laps | trackpoints | values | agreed | arrays |")
    print("|---|---|---|---|---|---|---|---|---|")
    differing = [difference for line in sys.stdin for difference in compare(line)]
    print(*differing, sep="\n", end="\n" if differing else "")
    return 1 if differing else 0


sys.exit(main())
