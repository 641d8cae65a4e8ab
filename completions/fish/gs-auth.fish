# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_gs_auth_global_optspecs
    string join \n data-dir= env-file= n/dry-run q/quiet v/verbose log= progress= platform= h/help V/version
end

function __fish_gs_auth_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_gs_auth_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_gs_auth_using_subcommand
    set -l cmd (__fish_gs_auth_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c gs-auth -n "__fish_gs_auth_needs_command" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-auth -n "__fish_gs_auth_needs_command" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-auth -n "__fish_gs_auth_needs_command" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-auth -n "__fish_gs_auth_needs_command" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-auth -n "__fish_gs_auth_needs_command" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-auth -n "__fish_gs_auth_needs_command" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-auth -n "__fish_gs_auth_needs_command" -s q -l quiet -d 'Print errors only'
complete -c gs-auth -n "__fish_gs_auth_needs_command" -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-auth -n "__fish_gs_auth_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-auth -n "__fish_gs_auth_needs_command" -s V -l version -d 'Print version'
complete -c gs-auth -n "__fish_gs_auth_needs_command" -f -a "login" -d 'Log in to a platform'
complete -c gs-auth -n "__fish_gs_auth_needs_command" -f -a "key" -d 'Check an API key, and store it'
complete -c gs-auth -n "__fish_gs_auth_needs_command" -f -a "import" -d 'Import a token of another tool, or a ticket, URL or JSON text of a browser login'
complete -c gs-auth -n "__fish_gs_auth_needs_command" -f -a "export" -d 'Print the token for another tool: it is a secret'
complete -c gs-auth -n "__fish_gs_auth_needs_command" -f -a "status" -d 'Print who is logged in, for how long, and what prevents a login; makes no request'
complete -c gs-auth -n "__fish_gs_auth_needs_command" -f -a "logout" -d 'Delete the stored tokens and keys'
complete -c gs-auth -n "__fish_gs_auth_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -l browser -d 'Log in with the browser, and paste the ticket that it shows'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -l password -d 'Log in with the password of the settings, or ask for it [default if the settings hold one]'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -l oauth -d 'COROS: allow reading with a link that you open on any device; the session of the Training Hub is not affected'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -s q -l quiet -d 'Print errors only'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand key" -l ends -d 'When the key ends: its last day, such as 2027-02-27, or the number of days from now. Garmin does not tell it' -r -f
complete -c gs-auth -n "__fish_gs_auth_using_subcommand key" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand key" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-auth -n "__fish_gs_auth_using_subcommand key" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand key" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand key" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand key" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand key" -s q -l quiet -d 'Print errors only'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand key" -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand key" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand import" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand import" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-auth -n "__fish_gs_auth_using_subcommand import" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand import" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand import" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand import" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand import" -s q -l quiet -d 'Print errors only'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand import" -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand export" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand export" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-auth -n "__fish_gs_auth_using_subcommand export" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand export" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand export" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand export" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand export" -s q -l quiet -d 'Print errors only'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand export" -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand status" -l format -d 'How it is written [default: table on a terminal, else ndjson]' -r -f -a "table\t'For people'
ndjson\t'One JSON object a line'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand status" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand status" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-auth -n "__fish_gs_auth_using_subcommand status" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand status" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand status" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand status" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand status" -s q -l quiet -d 'Print errors only'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand status" -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand logout" -l data-dir -d 'The folder of catalogue, archive and tokens [default: $DATA_DIR, else ~/.local/share/garminsync]' -r -f -a "(__fish_complete_directories)"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand logout" -l env-file -d 'Read settings from this file [default: ./.env, else ~/.config/garminsync/.env]' -r -F
complete -c gs-auth -n "__fish_gs_auth_using_subcommand logout" -l log -d 'The format of messages [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand logout" -l progress -d 'When to show progress' -r -f -a "auto\t'On a terminal, a line for each stage of the pipeline'
always\t'Also with -q and --log json; without a terminal, at most one line of text every 5 seconds'
never\t'Never'"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand logout" -l platform -d 'Only this platform: garmin-com, garmin-cn, coros, intervals, folder:PATH, outbox:PATH (repeat it, or separate by commas) [default: $SYNC_PLATFORM, else those that are configured]' -r -f -a "garmin-com\t''
garmin-cn\t''
coros\t''
intervals\t''
folder:\t''
outbox:\t''"
complete -c gs-auth -n "__fish_gs_auth_using_subcommand logout" -l forget-account -d 'Also remove the account and all its records from the catalogue, so that another account can be used; the files of the archive move to former/'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand logout" -s n -l dry-run -d 'Print what would be done; nothing is uploaded, downloaded, deleted or sent'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand logout" -s q -l quiet -d 'Print errors only'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand logout" -s v -l verbose -d 'Print more; twice: every request'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand help; and not __fish_seen_subcommand_from login key import export status logout help" -f -a "login" -d 'Log in to a platform'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand help; and not __fish_seen_subcommand_from login key import export status logout help" -f -a "key" -d 'Check an API key, and store it'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand help; and not __fish_seen_subcommand_from login key import export status logout help" -f -a "import" -d 'Import a token of another tool, or a ticket, URL or JSON text of a browser login'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand help; and not __fish_seen_subcommand_from login key import export status logout help" -f -a "export" -d 'Print the token for another tool: it is a secret'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand help; and not __fish_seen_subcommand_from login key import export status logout help" -f -a "status" -d 'Print who is logged in, for how long, and what prevents a login; makes no request'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand help; and not __fish_seen_subcommand_from login key import export status logout help" -f -a "logout" -d 'Delete the stored tokens and keys'
complete -c gs-auth -n "__fish_gs_auth_using_subcommand help; and not __fish_seen_subcommand_from login key import export status logout help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
