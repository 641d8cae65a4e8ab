# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # They set and read variables of scripts/bench.
# The rows of scripts/bench. row_NAME measures the build in "bin" once, and prints lines.

# Uploads in both directions between two accounts that have nothing in common.
row_whole() {
  simulate "$(garmin_activities 50 0 1800)" "$(garmin_activities 50 30000 1800)" ""
  new_data
  SYNC_PLATFORM=GARMINCOM,GARMINCN measure 'gs-fetch | gs-diff | gs-download | gs-upload'
  line "whole job, 50 uploads each way, time" "$wall" s "-" - "$peak" "<= 1.4 s"
  line "whole job, CPU" "$cpu" s - - - -
  # Each upload needs a download, the upload and a confirmation.
  line "whole job, requests" "$(requests | wc -l)" - "three an upload" 300 - "<= 330"
}

# The limit is the pace: so many times as the platform with most requests has more than one.
row_paced() {
  local before law
  # COROS needs two requests for a file, so that each platform gets about the same number.
  simulate "$(garmin_activities 18 0 1800)" "$(garmin_activities 18 20000 1800)" "$(coros_activities 9 40000 1800)"
  new_data
  quietly gs-fetch || return 0
  before=$(requests | wc -l)
  GS_REQUEST_INTERVAL=$pace measure 'gs-list --missing | gs-download'
  law=$(requests | tail -n "+$((before + 1))" | sed -E 's/.*"host":"([^"]*)".*/\1/' | awk -v pace="$pace" '
    { platform = /garmin\.cn/ ? "cn" : /garmin/ ? "com" : "coros" }
    ++count[platform] > most { most = count[platform] }
    END { print (most - 1) * pace }')
  line "downloads from three platforms, paced $pace s" "$wall" s "pace of one platform" "$law" "$peak" "<= 1.1 x"
}

row_pipe() {
  local size ours ours_peak
  for size in "${sizes[@]}"; do
    records_of "$size" || return 0
    measure 'gs-list | gs-dedupe | gs-diff'
    ours=$cpu ours_peak=$peak cpu=-
    ! have jq || measure "jq -c . <'$records'"
    line "pipe gs-list, gs-dedupe, gs-diff, $size, CPU" "$ours" s "jq -c ." "$cpu" "$ours_peak" "<= 0.5 x"
  done
}

# The difference between two sizes, because a process needs memory without any activity.
row_memory() {
  local command small peak_of_small each
  for command in gs-dedupe gs-diff; do
    records_of 1000 || return 0
    small=$(wc -l <"$records")
    measure "$command <'$records'"
    peak_of_small=$peak
    records_of "$largest"
    measure "$command <'$records'"
    each=-
    [ "$peak" = - ] || [ "$peak_of_small" = - ] ||
      each=$(calculate "($peak - $peak_of_small) * 1024 / ($(wc -l <"$records") - $small)")
    line "$command, memory for each activity of $largest" "$each" bytes - - "$peak" "<= 400 bytes"
  done
}

# Single queries; the same with SQL has to read the same rows.
row_query() {
  local flag ours ours_peak sql id
  seeded "$largest" || return 0
  id=$(gs-list --limit 1 | sed -E 's/.*"id":"([^"]*)".*/\1/')
  local since=1790899200
  for flag in "--since 2026-10-02" "--id $id" --stats; do
    case $flag in
    --since*) sql="SELECT * FROM activities WHERE start_time >= $since ORDER BY start_time DESC" ;;
    --id*) sql="SELECT * FROM activities WHERE id = '$id'" ;;
    *) sql="SELECT platform, count(*) FROM activities GROUP BY platform" ;;
    esac
    measure "gs-list $flag"
    ours=$wall ours_peak=$peak wall=-
    ! have sqlite3 || measure "sqlite3 -readonly '$DATA_DIR/catalogue.sqlite' \"$sql\""
    line "gs-list ${flag%% *} of $largest" "$(scale "$ours" 1000)" ms sqlite3 "$(scale "$wall" 1000)" "$ours_peak" \
      "<= 50 ms"
  done
}

# Two accounts with the same 5,000 activities each.
row_noop() {
  local activities
  activities=$(garmin_activities 5000 0 1800)
  simulate "$activities" "$activities" ""
  new_data
  export SYNC_PLATFORM=GARMINCOM,GARMINCN
  if quietly "'$scripts/sync'"; then
    measure "'$scripts/sync'"
    line "gs-sync, nothing to do, 10000 activities, CPU" "$cpu" s - - "$peak" "<= 0.35 s"
    line "gs-sync, nothing to do, 10000 activities, time" "$wall" s - - - -
  fi
  export SYNC_PLATFORM=GARMINCOM,GARMINCN,COROS
}

# Each is the mean of a hundred runs.
row_empty() {
  local none
  # shellcheck disable=SC2016 # The inner bash expands it.
  repeat() { measure 'for ((i = 0; i < 100; i++)); do '"$1"' </dev/null; done' && wall=$(scale "$wall" 10); }
  repeat cat
  none=$wall
  seeded 10000 || return 0
  repeat gs-dedupe
  line "gs-dedupe, no input" "$wall" ms "cat" "$none" "$peak" "<= 3 ms, 6 MB"
  repeat gs-diff
  line "gs-diff, no input, 10000 in the catalogue" "$wall" ms "cat" "$none" "$peak" "<= 5 ms"
}

# archived: makes an archive of files of 125 kB, once, and sets DATA_DIR and count.
archived() {
  count=2400
  [ -z "$quick" ] || count=240
  export DATA_DIR=$data/archive
  [ ! -e "$DATA_DIR/done" ] || return 0
  # Eight hours of recording.
  simulate "$(garmin_activities "$count" 0 29000)" "" ""
  rm -rf "$DATA_DIR"
  mkdir -p "$DATA_DIR"
  SYNC_PLATFORM=GARMINCOM quietly 'gs-fetch | gs-download' || return 1
  touch "$DATA_DIR/done"
}

row_verify() {
  local count ours_wall ours_cpu ours_peak size
  archived || return 0
  size=$(du -sm --apparent-size "$DATA_DIR/fit" | cut -f 1)
  measure 'gs-list --downloaded | gs-download --verify'
  ours_wall=$wall ours_cpu=$cpu ours_peak=$peak wall=- cpu=-
  # shellcheck disable=SC2016 # The inner bash expands it.
  ! have openssl || measure 'find "$DATA_DIR/fit" -name "*.fit" -exec openssl sha256 {} +'
  local figure="gs-download --verify, $size MB in $count files"
  line "$figure, CPU" "$ours_cpu" s "openssl sha256" "$cpu" "$ours_peak" "<= 1.3 x"
  line "$figure, time" "$ours_wall" s "openssl sha256" "$wall" - "<= 1.3 x"
}

# Each file is read, and its contents are stored again.
row_index() {
  local count rate=- forget="UPDATE file_contents SET reader = 0"
  archived || return 0
  have sqlite3 || return 0
  measure "sqlite3 '$DATA_DIR/catalogue.sqlite' '$forget' && gs-fit --index"
  [ "$wall" = - ] || rate=$(calculate "$count / $wall")
  line "gs-fit --index, $count files" "$rate" files/s - - "$peak" ">= 300 files/s, 60 MB"
}

row_report() {
  seeded "$largest" || return 0
  measure gs-report
  line "gs-report of $largest" "$wall" s - - "$peak" "<= 150 MB"
}

# System calls of one command, counted by strace.
row_upload() {
  local locks=- threads=-
  simulate "$(garmin_activities 50 0 1800)" "$(garmin_activities 50 30000 1800)" ""
  new_data
  export SYNC_PLATFORM=GARMINCOM,GARMINCN
  if have strace && quietly "gs-fetch | gs-diff --from garmin-com | gs-download >'$work/plan'"; then
    quietly "strace -f -qq -e trace=clone,clone3,fcntl,flock -o '$work/strace' gs-upload <'$work/plan'" || return 0
    threads=$(grep -c 'clone3\?(' "$work/strace" || true)
    locks=$(grep -Ec 'F_(OFD_)?SETLK|flock\(' "$work/strace" || true)
  fi
  export SYNC_PLATFORM=GARMINCOM,GARMINCN,COROS
  line "gs-upload, 50 uploads, threads started" "$threads" - uploads 50 - "a handful"
  line "gs-upload, 50 uploads, locks and unlocks" "$locks" - uploads 50 - "a handful"
}

row_fit() {
  local files=$data/fits scan=- peer value
  mkdir -p "$files"
  from_program fit "$files" | tee "$work/fit"
  IFS=$'\t' read -r peer scan _ <"$work/fit" || true
  # Only one reader at a time is measured; each prints milliseconds.
  value=$([ ! -x "$peers/release/peers" ] || "$peers/release/peers" "$files")
  line "${peer:-FIT scan}" "$scan" ms "rustyfit 0.11" "${value:--}" - -
  value=$([ ! -x "$peers/python/bin/python" ] ||
    "$peers/python/bin/python" "$root/benches/peers/fitdecode_time.py" "$files")
  line "${peer:-FIT scan}" "$scan" ms "fitdecode 0.11" "${value:--}" - -
}

# from_program ROW DIR: a row of benches/speed.rs.
from_program() { [ -z "$speed" ] || "$speed" "$1" "$2"; }
row_listing() { from_program listing "$data"; }
row_records() { from_program records "$data"; }
row_page() { from_program page "$data"; }
