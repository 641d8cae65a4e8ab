# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # They set and read variables of scripts/bench.
# Functions that build, measure and print, for scripts/bench.

say() { printf 'bench: %s\n' "$1" >&2; }

# build ROOT TARGET: builds the commands, the simulator and the bench programs of a checkout, and sets bin, seed and
# speed. A commit that is too old for a program leaves its variable empty.
build() {
  local root=$1 name path
  bin=$2/release seed='' speed=''
  (cd "$root" && cargo build --release --locked --quiet --target-dir "$2" --package garminsync --bins --package gs-sim)
  [ -e "$root/benches/seed.rs" ] || return 0
  while read -r name path; do
    path=$(cd "$root" && realpath "$path")
    case $name in
    seed) seed=$path ;;
    # Older ones print another table.
    speed) ! grep -q 'speed ROW DIR' "$root/benches/speed.rs" || speed=$path ;;
    esac
  done < <(cd "$root" &&
    CARGO_TERM_COLOR=never cargo bench --no-run --locked --target-dir "$2" --bench speed --bench seed 2>&1 |
    sed -n 's/.*Executable benches\/\(.*\)\.rs (\(.*\))$/\1 \2/p')
  [[ -n $seed && -n $speed ]] || say "$root: benches/seed.rs or speed.rs cannot be used; their rows are empty"
}

# Hides the settings of the user, so that the commands cannot use or change them.
hide_settings() {
  local name
  for name in $(sed -n 's/^#\([A-Z][A-Z_]*\)=.*/\1/p' "$1/.env.example") NO_COLOR; do
    unset "$name" "${name}_FILE" "${name}_COMMAND"
  done
  export XDG_CONFIG_HOME=$work XDG_DATA_HOME=$work LC_ALL=C
  export GARMIN_EMAIL=runner@example.com GARMIN_EMAIL_CN=runner@example.cn COROS_EMAIL=runner@example.org
  export GARMIN_PASSWORD='correct horse' GARMIN_PASSWORD_CN='correct horse' COROS_PASSWORD='correct horse'
  export SYNC_PLATFORM=GARMINCOM,GARMINCN,COROS GS_REQUEST_INTERVAL=0 GS_LOGIN_PAUSE=0 GS_CONFIRM_WAIT=0
}

# measure COMMAND: runs a command line, and sets wall and cpu (seconds, all processes together) and peak (KiB of its
# largest process). All are - if it fails. Its output is in $work/output.
measure() {
  local TIMEFORMAT='%R %U %S' user system memory=()
  wall=- cpu=- peak=-
  [ -z "$time_program" ] || memory=("$time_program" -q -f %M -o "$work/peak")
  if ! { time "${memory[@]}" bash -o pipefail -c "$1" >"$work/output" 2>"$work/errors" 9>&-; } 2>"$work/times"; then
    say "failed: $1: $(tail -n 1 "$work/errors")"
    return
  fi
  read -r wall user system <"$work/times"
  cpu=$(calculate "$user + $system")
  [ -z "$time_program" ] || peak=$(<"$work/peak")
}

# quietly COMMAND: a step that prepares a row. Its failure ends the row.
quietly() {
  bash -o pipefail -c "$1" >"$work/output" 2>"$work/errors" 9>&- || {
    say "failed: $1: $(tail -n 1 "$work/errors")"
    return 1
  }
}

calculate() { awk "BEGIN { print $1 }"; }

# scale VALUE FACTOR: - stays -.
scale() { if [ "$1" = - ]; then echo -; else calculate "$1 * $2"; fi; }

# line FIGURE VALUE UNIT PEER VALUE_OF_PEER PEAK GOAL: prints a line of a row; - for what it does not have.
line() { (IFS=$'\t' && printf '%s\n' "$*"); }

# seeded COUNT: makes a catalogue of about so many activities on three platforms, once, and sets DATA_DIR.
seeded() {
  export DATA_DIR=$data/seeded-$1
  [ ! -e "$DATA_DIR" ] || return 0
  [ -n "$seed" ] || return 1
  mkdir -p "$DATA_DIR"
  # Of five groups, the three platforms have thirteen activities.
  "$seed" "$DATA_DIR/catalogue.sqlite" $(($1 * 5 / 13)) 3
}

# records_of COUNT: like seeded, and also sets records, a file with the output of gs-list.
records_of() {
  seeded "$1" || return 1
  records=$DATA_DIR/records.ndjson
  [ -e "$records" ] || gs-list >"$records"
}

# new_data: makes an empty data folder, and sets DATA_DIR.
new_data() {
  export DATA_DIR=$data/new
  rm -rf "$DATA_DIR"
  mkdir -p "$DATA_DIR"
}

# garmin_activities COUNT SHIFT SECONDS: activities of the simulator, one a day, as JSON; of two accounts with the same
# SHIFT each activity is on both.
garmin_activities() {
  awk -v count="$1" -v shift="$2" -v seconds="$3" 'BEGIN {
    for (n = 1; n <= count; n++)
      printf "%s{\"sport\":\"running\",\"start\":%d,\"offset\":0,\"seconds\":%d,\"metres\":%d}", (n > 1 ? "," : ""),
        1793491200 - 86400 * (n % 6000) - 43200 * int(n / 6000) - shift, seconds + n * 197 % 599, (seconds + n * 197 % 599) * 3 }'
}

coros_activities() { garmin_activities "$@" | sed 's/"running"/100/g'; }

# simulate COM CN COROS: starts the simulator with these activities. It ends when its standard input is closed, so it ends
# with this script in any case.
simulate() {
  local count
  stop_simulator
  rm -f "$work/port"
  cat >"$work/scenario.json" <<END
{"accounts":[{"domain":"garmin.com","activities":[$1]},
{"domain":"garmin.cn","email":"runner@example.cn","activities":[$2]}],
"coros":[{"activities":[$3]}]}
END
  exec 9> >(exec "$simulator" --scenario "$work/scenario.json" --port-file "$work/port" --exit-with-stdin \
    >"$work/sim" 2>&1)
  simulator_pid=$!
  for ((count = 0; count < 300; count++)); do
    [ ! -e "$work/port" ] || break
    sleep 0.1
  done
  [ -e "$work/port" ] || { say "the simulator did not start within 30 s: $(cat "$work/sim")" && return 1; }
  GS_LOOPBACK=http://127.0.0.1:$(<"$work/port")
  export GS_LOOPBACK
}

stop_simulator() {
  [ -n "${simulator_pid-}" ] || return 0
  exec 9>&-
  wait "$simulator_pid" 2>/dev/null || true
  simulator_pid=
}

# requests: prints the log of the simulator, one request a line, without curl, which may not be installed.
requests() {
  exec 8<>"/dev/tcp/127.0.0.1/$(<"$work/port")"
  printf 'GET /_sim/log HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n' >&8
  grep -a '^{"seq"' <&8
  exec 8>&-
}

# medians FILE: the lines of several rounds as one line each, in the order of their first appearance: the medians of the
# values, and the largest peak.
medians() {
  awk -F'\t' -v OFS='\t' '
    function median(list, count, a, i, j, x) {
      count = split(list, a, " ")
      if (!count) return "-"
      for (i = 2; i <= count; i++) {
        x = a[i] + 0
        for (j = i - 1; j && a[j] + 0 > x; j--) a[j + 1] = a[j]
        a[j + 1] = x
      }
      return count % 2 ? a[(count + 1) / 2] : (a[count / 2] + a[count / 2 + 1]) / 2
    }
    NF == 7 {
      key = $1 FS $4
      if (!(key in unit)) {
        order[++lines] = key
        figure[key] = $1; unit[key] = $3; peer[key] = $4; goal[key] = $7; peak[key] = "-"
      }
      if ($2 != "-") values[key] = values[key] " " $2
      if ($5 != "-") beside[key] = beside[key] " " $5
      if ($6 != "-" && (peak[key] == "-" || $6 + 0 > peak[key])) peak[key] = $6 + 0
    }
    END { for (i = 1; i <= lines; i++) { key = order[i]
      print figure[key], median(values[key]), unit[key], peer[key], median(beside[key]), peak[key], goal[key] } }' "$1"
}

# The functions of both tables: three significant digits, but no digit of a whole number is lost.
digits='
  function number(x) { return x == "-" ? x : x >= 100 || x == int(x) ? sprintf("%.0f", x) : sprintf("%.3g", x) }
  function with(x, unit) { return x == "-" ? x : unit == "-" ? number(x) : number(x) " " unit }
  function ratio(a, b) { return a == "-" || b == "-" || !(b + 0) ? "-" : sprintf(a / b < 0.1 ? "%.4f" : "%.2f", a / b) }
  function megabytes(x) { return x == "-" ? x : sprintf("%.1f MB", x * 1.024 / 1000) }
  function columns(a, b, c, d, e, f, g) {
    printf "| %-50s | %12s | %-24s | %12s | %6s | %9s | %-22s |\n", a, b, c, d, e, f, g
  }
  function heading(a, b, c, d, e, f, g) { columns(a, b, c, d, e, f, g); print "|---|---|---|---|---|---|---|" }'

# print_table FILE: the table of one build.
print_table() {
  medians "$1" | awk -F'\t' "$digits"'
    BEGIN { heading("figure", "value", "beside", "its value", "ratio", "peak", "goal") }
    { columns($1, with($2, $3), $4, with($5, $3), ratio($2, $5), megabytes($6), $7) }'
}

# print_comparison FILE OTHER NAME: the values of two builds.
print_comparison() {
  { medians "$1" | sed 's/^/this\t/' && medians "$2" | sed 's/^/other\t/'; } | awk -F'\t' -v other="$3" "$digits"'
    BEGIN { heading("figure", "here", "beside", other, "ratio", "peak", "peak of " other) }
    { key = $2 FS $5 }
    $1 == "other" { value[key] = $3; peak[key] = $7; next }
    # A figure with several peers is compared once.
    !seen[$2]++ { order[++lines] = key; figure[key] = $2; unit[key] = $4; here[key] = $3; peak_here[key] = $7 }
    END { for (i = 1; i <= lines; i++) { key = order[i]; if (!(key in value)) value[key] = peak[key] = "-"
      columns(figure[key], with(here[key], unit[key]), other, with(value[key], unit[key]), ratio(here[key], value[key]),
        megabytes(peak_here[key]), megabytes(peak[key])) } }'
}
