# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_garminsync_global_optspecs
    string join \n h/help
end

function __fish_garminsync_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_garminsync_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_garminsync_using_subcommand
    set -l cmd (__fish_garminsync_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c garminsync -n "__fish_garminsync_needs_command" -s h -l help -d 'Print help'
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "list"
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "download"
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "daemon"
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "schedule"
complete -c garminsync -n "__fish_garminsync_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l all
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l missing
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l downloaded
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -l offline
complete -c garminsync -n "__fish_garminsync_using_subcommand list" -s h -l help -d 'Print help'
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -l missing
complete -c garminsync -n "__fish_garminsync_using_subcommand download" -s h -l help -d 'Print help'
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l port -r
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l start
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l stop
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -l status
complete -c garminsync -n "__fish_garminsync_using_subcommand daemon" -s h -l help -d 'Print help'
complete -c garminsync -n "__fish_garminsync_using_subcommand schedule" -s h -l help -d 'Print help'
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from list download daemon schedule help" -f -a "list"
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from list download daemon schedule help" -f -a "download"
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from list download daemon schedule help" -f -a "daemon"
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from list download daemon schedule help" -f -a "schedule"
complete -c garminsync -n "__fish_garminsync_using_subcommand help; and not __fish_seen_subcommand_from list download daemon schedule help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
