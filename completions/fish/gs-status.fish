complete -c gs-status -l format -d 'The format [default: table on a terminal, else json]' -r -f -a "table\t'For people'
json\t'As status.json'"
complete -c gs-status -l lang -d 'The language of the messages and the page [default: $GS_LANG, else that of LC_ALL, LC_MESSAGES or LANG]' -r -f -a "en\t'English'
zh\t'Chinese'"
complete -c gs-status -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-status -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-status -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-status -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-status -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-status -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-status -s q -l quiet -d 'Print errors only'
complete -c gs-status -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-status -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-status -s V -l version -d 'Print version'
