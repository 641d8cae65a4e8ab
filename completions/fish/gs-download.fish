complete -c gs-download -l format -d 'How records are printed [default: table on a terminal, else ndjson]' -r -f -a "table\t'For people'
ndjson\t'One record a line, for other commands'"
complete -c gs-download -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-download -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-download -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-download -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-download -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-download -l verify -d 'Check every byte of the files in the archive, and download corrupt ones again'
complete -c gs-download -l force -d 'Download again, whatever is in the archive; an older file that differs is moved to replaced/'
complete -c gs-download -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-download -s q -l quiet -d 'Print errors only'
complete -c gs-download -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-download -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-download -s V -l version -d 'Print version'
