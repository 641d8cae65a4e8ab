complete -c gs-report -l out -d 'The folder for index.html and status.json [default: $GS_REPORT_DIR, else report in the data folder]' -r -f -a "(__fish_complete_directories)"
complete -c gs-report -l lang -d 'The language of the messages and the page [default: $GS_LANG, else that of LC_ALL, LC_MESSAGES or LANG]' -r -f -a "en\t'English'
zh\t'Chinese'"
complete -c gs-report -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-report -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-report -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-report -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-report -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-report -l refresh -d 'Make the page reload every 30 seconds [default: $GS_REPORT_REFRESH]'
complete -c gs-report -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-report -s q -l quiet -d 'Print errors only'
complete -c gs-report -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-report -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-report -s V -l version -d 'Print version'
