complete -c gs-export -l format -d 'The format' -r -f -a "gpx\t'For maps and other services: GPX 1.1, with heart rate, cadence, temperature and power as extensions'
tcx\t'With laps: Garmin\'s Training Center XML'
csv\t'A line for each trackpoint'
geojson\t'For maps on the web: a line for each session, with its sums'"
complete -c gs-export -l out -d 'Write a file for each activity into this folder, and create the folder if it does not exist' -r -f -a "(__fish_complete_directories)"
complete -c gs-export -l name -d 'The names of the files in DIR, without their extension; fields: {file}, {start}, {start:%Y-%m-%d_%H-%M-%S}, {sport}, {sub_sport}, {platform}, {id}, {name}, {distance_km}, {hash}' -r -f
complete -c gs-export -l split -d 'Write a file for each session of a multisport activity' -r -f -a "multisport\t'Each session of a multisport activity'"
complete -c gs-export -l privacy-zone -d 'Cut a circle out of all tracks: degrees north, degrees east, radius in metres (repeat it; adds to $GS_PRIVACY_ZONES)' -r -f
complete -c gs-export -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-export -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-export -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-export -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-export -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-export -l overwrite -d 'Also replace files that gs-export did not write, or that were changed since'
complete -c gs-export -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-export -s q -l quiet -d 'Print errors only'
complete -c gs-export -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-export -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-export -s V -l version -d 'Print version'
