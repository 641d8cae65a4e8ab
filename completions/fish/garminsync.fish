# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_garminsync_global_optspecs
    string join \n h/help V/version
end

function __fish_garminsync_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_garminsync_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_garminsync_using_subcommand
    set -l cmd (__fish_garminsync_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c garminsync -n "__fish_garminsync_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_needs_command" -s V -l version -d 'Print version'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "setup" -d 'Choose platforms, log in, and set up schedule and messages'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "sync" -d 'Upload missing activities, report duplicates'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "list" -d 'List the platforms, then print what the catalogue has'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "download" -d 'Archive the files that are missing'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "status" -d 'Print the state: last and next sync, and what you must do'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "report" -d 'Make the page from the catalogue, and print its path'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "login" -d 'Log in to a platform'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "logout" -d 'Delete the stored tokens and keys of a platform'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "accounts" -d 'Print who is logged in, and for how long; makes no request'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "import" -d 'Import the files of other tools and of Garmin\'s account export'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "notify" -d 'Send a test message to every configured channel'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "daemon" -d 'Sync by cron and serve the page: start, stop, state'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "schedule" -d 'Print the schedule, or set it and write it into the crontab'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l login -d 'How to log in: key, oauth, browser, password, token or later; for one platform: garmin-cn=password (repeat it)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l token -d 'The token file or folder of another tool, for --login token [default: where these tools keep theirs]' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l set -d 'Write a setting, such as GARMIN_EMAIL=runner@example.com or GARMIN_PASSWORD_FILE=/run/secrets/garmin (repeat it)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l secrets -d 'Read passwords and keys from this file, as lines NAME=VALUE; - is standard input' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l schedule -d 'Sync by this schedule: five fields in quotes' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l notify -d 'Send notifications to this channel, and a test message now: wecom, ntfy, telegram, … (repeat it, or separate by commas)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l daemon -d 'Also serve the page: garminsync daemon --start'
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l no-schedule -d 'Leave the schedule as it is'
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l no-notify -d 'Set up no further channel'
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l fetch -d 'List the activities of the platforms now'
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -l no-fetch -d 'Do not list them now'
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -s y -l yes -d 'Ask nothing: take the suggested answer where no flag gives one'
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -s v -l verbose -d 'Print more; twice: every request'
complete -c garminsync -n "__fish_garminsync_using_subcommand setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l newest -d 'List only the newest N activities; older ones stay unlisted, even if they are new' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l from -d 'Upload only from this platform (repeat it, or separate by commas)' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l to -d 'Upload only to this platform (repeat it, or separate by commas) [default: $SYNC_TO, else all]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l rule -d 'What makes two activities the same' -r -f -a "evidence\t'Everything that is known: start, sport, time, distance, device, file'
start\t'The start alone'"
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l max-upload -d 'Upload at most N activities in one run, 0 for no limit [default: $MAX_UPLOAD, else 200]' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l max-delete -d 'Delete at most N activities in one run [default: $MAX_DELETE, else 10]' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l on -d 'When to send a message [default: $GS_NOTIFY_ON, else change]' -r -f -a "change\t'Something was added or deleted, or the failures changed'
failure\t'There is a new failure'
always\t'After every run'"
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l lang -d 'The language of the messages and the page [default: $GS_LANG, else that of LC_ALL, LC_MESSAGES or LANG]' -r -f -a "en\t'English'
zh\t'Chinese'"
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l out -d 'The folder for index.html and status.json [default: $GS_REPORT_DIR, else report in the data folder]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l since -d 'Begun on this day (UTC) or later: a date, a time, or how long ago (30d)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l until -d 'Begun before this day (UTC): a date, a time, or how long ago (30d)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l sport -d 'Only this sport: FIT\'s name or the platform\'s own (repeat it, or separate by commas)' -r -f -a "generic\t''
running\t''
cycling\t''
transition\t''
fitness_equipment\t''
swimming\t''
basketball\t''
soccer\t''
tennis\t''
american_football\t''
training\t''
walking\t''
cross_country_skiing\t''
alpine_skiing\t''
snowboarding\t''
rowing\t''
mountaineering\t''
hiking\t''
multisport\t''
paddling\t''
flying\t''
e_biking\t''
motorcycling\t''
boating\t''
driving\t''
golf\t''
hang_gliding\t''
horseback_riding\t''
hunting\t''
fishing\t''
inline_skating\t''
rock_climbing\t''
sailing\t''
ice_skating\t''
sky_diving\t''
snowshoeing\t''
snowmobiling\t''
stand_up_paddleboarding\t''
surfing\t''
wakeboarding\t''
water_skiing\t''
kayaking\t''
rafting\t''
windsurfing\t''
kitesurfing\t''
tactical\t''
jumpmaster\t''
boxing\t''
floor_climbing\t''
baseball\t''
diving\t''
shooting\t''
winter_sport\t''
grinding\t''
hiit\t''
video_gaming\t''
racket\t''
wheelchair_push_walk\t''
wheelchair_push_run\t''
meditation\t''
para_sport\t''
disc_golf\t''
team_sport\t''
cricket\t''
rugby\t''
hockey\t''
lacrosse\t''
volleyball\t''
water_tubing\t''
wakesurfing\t''
water_sport\t''
archery\t''
mixed_martial_arts\t''
motor_sports\t''
snorkeling\t''
dance\t''
jump_rope\t''
pool_apnea\t''
mobility\t''
geocaching\t''
canoeing\t''
all\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l archive -d 'Archive all activities, not only those that are uploaded or deleted [default: $GS_ARCHIVE]'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l full -d 'List all activities, not only new ones'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l accept-missing -d 'Accept a listing in which more than a tenth of the known activities are missing'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l restore-deleted -d 'Also upload activities that were deleted from the target, by you or by gs-delete, or that its last listing does not show'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l possible-duplicates -d 'Also upload possible duplicates: the target has a similar activity, such as one of another sport or a shifted start'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l retry-rejected -d 'Also upload activities that the target rejected, or accepted and never listed'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l rematch -d 'Match all activities again, whatever was matched before'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -l refresh -d 'Make the page reload every 30 seconds [default: $GS_REPORT_REFRESH]'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -s v -l verbose -d 'Print more; twice: every request'
complete -c garminsync -n "__fish_garminsync_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l id -d 'Only this id (repeat it, or separate by commas)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l min-distance -d 'Only activities of at least this distance: 20km, 13.1mi, 400m' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l max-distance -d 'Only activities of at most this distance' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l min -d 'Only activities with at least this number: ascent_m=500, timer_time_s=1h, avg_heart_rate_bpm=150 (repeat it)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l max -d 'Only activities with at most this number (repeat it)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l sort -d 'Sort by this [default: start]' -r -f -a "start\t'The newest first'
distance\t'The longest first'
time\t'The longest first'
ascent\t'The most ascent first'
speed\t'The fastest on average first'
heart-rate\t'The highest average heart rate first'
power\t'The highest average power first'
calories\t'The most energy first'
name\t'By name'
sport\t'By sport'
platform\t'By platform'"
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l limit -d 'Print at most N activities' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l fields -d 'The columns of a table or of CSV, by the names of the record, separated by commas' -r -f -a "platform\t''
id\t''
name\t''
sport\t''
sub_sport\t''
platform_sport\t''
start_time\t''
utc_offset_s\t''
timer_time_s\t''
elapsed_time_s\t''
distance_m\t''
manufacturer\t''
device\t''
manual\t''
avg_heart_rate_bpm\t''
max_heart_rate_bpm\t''
avg_power_w\t''
ascent_m\t''
calories_kcal\t''
avg_speed_mps\t''
numbers_from\t''
downloaded\t''
file\t''
sha256\t''
also_on\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l units -d 'The units of a table: kilometres or miles [default: metric]' -r -f -a "metric\t'Kilometres'
statute\t'Miles'"
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l format -d 'The format [default: table on a terminal, else ndjson]' -r -f -a "table\t'For people'
ndjson\t'Records'
csv\t'For spreadsheets'"
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l newest -d 'List only the newest N activities; older ones stay unlisted, even if they are new' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l since -d 'Begun on this day (UTC) or later: a date, a time, or how long ago (30d)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l until -d 'Begun before this day (UTC): a date, a time, or how long ago (30d)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l sport -d 'Only this sport: FIT\'s name or the platform\'s own (repeat it, or separate by commas)' -r -f -a "generic\t''
running\t''
cycling\t''
transition\t''
fitness_equipment\t''
swimming\t''
basketball\t''
soccer\t''
tennis\t''
american_football\t''
training\t''
walking\t''
cross_country_skiing\t''
alpine_skiing\t''
snowboarding\t''
rowing\t''
mountaineering\t''
hiking\t''
multisport\t''
paddling\t''
flying\t''
e_biking\t''
motorcycling\t''
boating\t''
driving\t''
golf\t''
hang_gliding\t''
horseback_riding\t''
hunting\t''
fishing\t''
inline_skating\t''
rock_climbing\t''
sailing\t''
ice_skating\t''
sky_diving\t''
snowshoeing\t''
snowmobiling\t''
stand_up_paddleboarding\t''
surfing\t''
wakeboarding\t''
water_skiing\t''
kayaking\t''
rafting\t''
windsurfing\t''
kitesurfing\t''
tactical\t''
jumpmaster\t''
boxing\t''
floor_climbing\t''
baseball\t''
diving\t''
shooting\t''
winter_sport\t''
grinding\t''
hiit\t''
video_gaming\t''
racket\t''
wheelchair_push_walk\t''
wheelchair_push_run\t''
meditation\t''
para_sport\t''
disc_golf\t''
team_sport\t''
cricket\t''
rugby\t''
hockey\t''
lacrosse\t''
volleyball\t''
water_tubing\t''
wakesurfing\t''
water_sport\t''
archery\t''
mixed_martial_arts\t''
motor_sports\t''
snorkeling\t''
dance\t''
jump_rope\t''
pool_apnea\t''
mobility\t''
geocaching\t''
canoeing\t''
all\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l offline -d 'Do not list the platforms; show when each was last listed'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l all -d 'Also activities that are no longer on their platform'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l missing -d 'Only activities without a file in the archive, or with a converted file whose original is requested again'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l downloaded -d 'Only activities whose file is in the archive'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l deleted -d 'Only activities that are no longer on their platform'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l unique -d 'One line for each distinct activity, whatever platforms it is on'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l local -d '--since and --until are in the local time of each activity'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l reverse -d 'Reverse the order'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l stats -d 'Numbers instead of a list: total, downloaded, missing, no original, unavailable, last listed, per platform'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l raw -d 'Add what the platform itself says about each activity, unchanged, as the field raw of its record'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l full -d 'List all activities, not only new ones'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l accept-missing -d 'Accept a listing in which more than a tenth of the known activities are missing'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -s v -l verbose -d 'Print more; twice: every request'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l newest -d 'List only the newest N activities; older ones stay unlisted, even if they are new' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l since -d 'Begun on this day (UTC) or later: a date, a time, or how long ago (30d)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l until -d 'Begun before this day (UTC): a date, a time, or how long ago (30d)' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l sport -d 'Only this sport: FIT\'s name or the platform\'s own (repeat it, or separate by commas)' -r -f -a "generic\t''
running\t''
cycling\t''
transition\t''
fitness_equipment\t''
swimming\t''
basketball\t''
soccer\t''
tennis\t''
american_football\t''
training\t''
walking\t''
cross_country_skiing\t''
alpine_skiing\t''
snowboarding\t''
rowing\t''
mountaineering\t''
hiking\t''
multisport\t''
paddling\t''
flying\t''
e_biking\t''
motorcycling\t''
boating\t''
driving\t''
golf\t''
hang_gliding\t''
horseback_riding\t''
hunting\t''
fishing\t''
inline_skating\t''
rock_climbing\t''
sailing\t''
ice_skating\t''
sky_diving\t''
snowshoeing\t''
snowmobiling\t''
stand_up_paddleboarding\t''
surfing\t''
wakeboarding\t''
water_skiing\t''
kayaking\t''
rafting\t''
windsurfing\t''
kitesurfing\t''
tactical\t''
jumpmaster\t''
boxing\t''
floor_climbing\t''
baseball\t''
diving\t''
shooting\t''
winter_sport\t''
grinding\t''
hiit\t''
video_gaming\t''
racket\t''
wheelchair_push_walk\t''
wheelchair_push_run\t''
meditation\t''
para_sport\t''
disc_golf\t''
team_sport\t''
cricket\t''
rugby\t''
hockey\t''
lacrosse\t''
volleyball\t''
water_tubing\t''
wakesurfing\t''
water_sport\t''
archery\t''
mixed_martial_arts\t''
motor_sports\t''
snorkeling\t''
dance\t''
jump_rope\t''
pool_apnea\t''
mobility\t''
geocaching\t''
canoeing\t''
all\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l missing -d 'Archive the activities whose file is not in the archive yet'
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l new -d 'Only activities that were not in the catalogue before'
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l verify -d 'Check every byte of the files in the archive, and download corrupt ones again'
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l force -d 'Download again, whatever is in the archive; an older file that differs is moved to replaced/'
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l full -d 'List all activities, not only new ones'
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l accept-missing -d 'Accept a listing in which more than a tenth of the known activities are missing'
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -s v -l verbose -d 'Print more; twice: every request'
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand status" -l format -d 'The format [default: table on a terminal, else json]' -r -f -a "table\t'For people'
json\t'As status.json'"
complete -c garminsync -n "__fish_garminsync_using_subcommand status" -l lang -d 'The language of the messages and the page [default: $GS_LANG, else that of LC_ALL, LC_MESSAGES or LANG]' -r -f -a "en\t'English'
zh\t'Chinese'"
complete -c garminsync -n "__fish_garminsync_using_subcommand status" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand status" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand status" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand status" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c garminsync -n "__fish_garminsync_using_subcommand status" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand status" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c garminsync -n "__fish_garminsync_using_subcommand status" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand status" -s v -l verbose -d 'Print more; twice: every request'
complete -c garminsync -n "__fish_garminsync_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -l out -d 'The folder for index.html and status.json [default: $GS_REPORT_DIR, else report in the data folder]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -l lang -d 'The language of the messages and the page [default: $GS_LANG, else that of LC_ALL, LC_MESSAGES or LANG]' -r -f -a "en\t'English'
zh\t'Chinese'"
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -l open -d 'Open the page in the browser'
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -l refresh -d 'Make the page reload every 30 seconds [default: $GS_REPORT_REFRESH]'
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -s v -l verbose -d 'Print more; twice: every request'
complete -c garminsync -n "__fish_garminsync_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -l browser -d 'Log in with the browser, and paste the ticket that it shows'
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -l password -d 'Log in with the password of the settings, or ask for it [default if the settings hold one]'
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -l oauth -d 'COROS: allow reading with a link that you open on any device; the session of the Training Hub is not affected'
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -s v -l verbose -d 'Print more; twice: every request'
complete -c garminsync -n "__fish_garminsync_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand logout" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand logout" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand logout" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand logout" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c garminsync -n "__fish_garminsync_using_subcommand logout" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand logout" -l forget-account -d 'Also remove the account and all its records from the catalogue, so that another account can be used; the files of the archive move to former/'
complete -c garminsync -n "__fish_garminsync_using_subcommand logout" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c garminsync -n "__fish_garminsync_using_subcommand logout" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand logout" -s v -l verbose -d 'Print more; twice: every request'
complete -c garminsync -n "__fish_garminsync_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand accounts" -l format -d 'How it is written [default: table on a terminal, else ndjson]' -r -f -a "table\t'For people'
ndjson\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand accounts" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand accounts" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand accounts" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand accounts" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c garminsync -n "__fish_garminsync_using_subcommand accounts" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand accounts" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c garminsync -n "__fish_garminsync_using_subcommand accounts" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand accounts" -s v -l verbose -d 'Print more; twice: every request'
complete -c garminsync -n "__fish_garminsync_using_subcommand accounts" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand import" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand import" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand import" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand import" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c garminsync -n "__fish_garminsync_using_subcommand import" -l platform -d 'The platform of the files [default: garmin-com for GarminSync and Garmin\'s export; Sports Sync X names its own; required for other folders]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand import" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c garminsync -n "__fish_garminsync_using_subcommand import" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand import" -s v -l verbose -d 'Print more; twice: every request'
complete -c garminsync -n "__fish_garminsync_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand notify" -l lang -d 'The language of the messages and the page [default: $GS_LANG, else that of LC_ALL, LC_MESSAGES or LANG]' -r -f -a "en\t'English'
zh\t'Chinese'"
complete -c garminsync -n "__fish_garminsync_using_subcommand notify" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand notify" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand notify" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c garminsync -n "__fish_garminsync_using_subcommand notify" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c garminsync -n "__fish_garminsync_using_subcommand notify" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c garminsync -n "__fish_garminsync_using_subcommand notify" -l test -d 'Send a test message to every configured channel, and print each response'
complete -c garminsync -n "__fish_garminsync_using_subcommand notify" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c garminsync -n "__fish_garminsync_using_subcommand notify" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand notify" -s v -l verbose -d 'Print more; twice: every request'
complete -c garminsync -n "__fish_garminsync_using_subcommand notify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l port -d 'Serve the page on this port; 0: do not serve it' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l bind -d 'Serve the page at this address [default: 127.0.0.1, in a container 0.0.0.0]' -r -f
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l start -d 'Let cron run the sync on the schedule, by default every six hours, and serve the page; exit code 3: no cron runs on this machine'
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l stop -d 'Stop it; a running sync is finished first'
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l status -d 'Print the state, the schedule and the address of the page; exit code 0: it runs, 3: it does not, 4: unknown'
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l run -d 'Do one scheduled run: wait a random part of GS_SCHEDULE_JITTER, then sync; cron calls this'
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l foreground -d 'Run without cron, in the foreground [default: $GS_FOREGROUND, which is set in the container]'
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c garminsync -n "__fish_garminsync_using_subcommand schedule" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c garminsync -n "__fish_garminsync_using_subcommand schedule" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c garminsync -n "__fish_garminsync_using_subcommand schedule" -s q -l quiet -d 'Print errors only'
complete -c garminsync -n "__fish_garminsync_using_subcommand schedule" -s h -l help -d 'Print help'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "setup" -d 'Choose platforms, log in, and set up schedule and messages'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "sync" -d 'Upload missing activities, report duplicates'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "list" -d 'List the platforms, then print what the catalogue has'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "download" -d 'Archive the files that are missing'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "status" -d 'Print the state: last and next sync, and what you must do'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "report" -d 'Make the page from the catalogue, and print its path'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "login" -d 'Log in to a platform'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "logout" -d 'Delete the stored tokens and keys of a platform'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "accounts" -d 'Print who is logged in, and for how long; makes no request'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "import" -d 'Import the files of other tools and of Garmin\'s account export'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "notify" -d 'Send a test message to every configured channel'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "daemon" -d 'Sync by cron and serve the page: start, stop, state'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "schedule" -d 'Print the schedule, or set it and write it into the crontab'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from setup sync list download status report login logout accounts import notify daemon schedule help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
