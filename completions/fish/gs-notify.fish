complete -c gs-notify -l on -d 'When to send a message [default: $GS_NOTIFY_ON, else change]' -r -f -a "change\t'Something was added or deleted, or the failures changed'
failure\t'There is a new failure'
always\t'After every run'"
complete -c gs-notify -l lang -d 'The language of the messages and the page [default: $GS_LANG, else that of LC_ALL, LC_MESSAGES or LANG]' -r -f -a "en\t'English'
zh\t'Chinese'"
complete -c gs-notify -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-notify -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-notify -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-notify -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-notify -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-notify -l start -d 'Report the start of a run: pings HEALTHCHECKS_URL, and does nothing else'
complete -c gs-notify -l test -d 'Send a test message to every configured channel, and print each response; reads no records'
complete -c gs-notify -l show -d 'Print the summary on standard error too'
complete -c gs-notify -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-notify -s q -l quiet -d 'Print errors only'
complete -c gs-notify -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-notify -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-notify -s V -l version -d 'Print version'
