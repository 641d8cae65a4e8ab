complete -c gs-settings -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-settings -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-settings -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-settings -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-settings -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-settings -l check -d 'Print the errors of all settings, and nothing else'
complete -c gs-settings -l file -d 'Print the path of the .env file that was read; nothing if there is none'
complete -c gs-settings -l environment -d 'Print the names of the settings that the environment sets and the .env file does not, or sets differently'
complete -c gs-settings -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-settings -s q -l quiet -d 'Print errors only'
complete -c gs-settings -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-settings -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-settings -s V -l version -d 'Print version'
