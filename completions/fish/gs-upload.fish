complete -c gs-upload -l max-upload -d 'Upload at most N activities in one run, 0 for no limit [default: $MAX_UPLOAD, else 200]' -r -f
complete -c gs-upload -l upload-wait -d 'How long to wait until a service confirms an upload [default: $GS_UPLOAD_WAIT, else 1m]' -r -f
complete -c gs-upload -l rule -d 'What makes two activities the same' -r -f -a "evidence\t'Everything that is known: start, sport, time, distance, device, file'
start\t'The start alone'"
complete -c gs-upload -l format -d 'How records are printed [default: table on a terminal, else ndjson]' -r -f -a "table\t'For people'
ndjson\t'One record a line, for other commands'"
complete -c gs-upload -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-upload -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-upload -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-upload -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-upload -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-upload -l restore -d 'Restore activities that were deleted from their platform'
complete -c gs-upload -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-upload -s q -l quiet -d 'Print errors only'
complete -c gs-upload -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-upload -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-upload -s V -l version -d 'Print version'
