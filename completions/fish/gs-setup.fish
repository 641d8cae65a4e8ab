complete -c gs-setup -l login -d 'How to log in: key, oauth, browser, password, token or later; for one platform: garmin-cn=password (repeat it)' -r -f
complete -c gs-setup -l token -d 'The token file or folder of another tool, for --login token [default: where these tools keep theirs]' -r -f
complete -c gs-setup -l set -d 'Write a setting, such as GARMIN_EMAIL=runner@example.com or GARMIN_PASSWORD_FILE=/run/secrets/garmin (repeat it)' -r -f
complete -c gs-setup -l secrets -d 'Read passwords and keys from this file, as lines NAME=VALUE; - is standard input' -r -F
complete -c gs-setup -l schedule -d 'Sync by this schedule: five fields in quotes' -r -f
complete -c gs-setup -l notify -d 'Send notifications to this channel, and a test message now: wecom, ntfy, telegram, … (repeat it, or separate by commas)' -r -f
complete -c gs-setup -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-setup -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-setup -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-setup -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-setup -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-setup -l daemon -d 'Also serve the page: garminsync daemon --start'
complete -c gs-setup -l no-schedule -d 'Leave the schedule as it is'
complete -c gs-setup -l no-notify -d 'Set up no further channel'
complete -c gs-setup -l fetch -d 'List the activities of the platforms now'
complete -c gs-setup -l no-fetch -d 'Do not list them now'
complete -c gs-setup -s y -l yes -d 'Ask nothing: take the suggested answer where no flag gives one'
complete -c gs-setup -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-setup -s q -l quiet -d 'Print errors only'
complete -c gs-setup -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-setup -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-setup -s V -l version -d 'Print version'
