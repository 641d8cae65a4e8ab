complete -c gs-import -l format -d 'How records are printed [default: table on a terminal, else ndjson]' -r -f -a "table\t'For people'
ndjson\t'One record a line, for other commands'"
complete -c gs-import -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-import -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-import -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-import -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-import -l platform -d 'The platform of the files [default: garmin-com for GarminSync and Garmin\'s export; Sports Sync X names its own; required for other folders]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-import -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-import -s q -l quiet -d 'Print errors only'
complete -c gs-import -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-import -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-import -s V -l version -d 'Print version'
