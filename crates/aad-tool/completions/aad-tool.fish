# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_aad_tool_global_optspecs
    string join \n config= socket= json h/help V/version
end

function __fish_aad_tool_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_aad_tool_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_aad_tool_using_subcommand
    set -l cmd (__fish_aad_tool_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c aad-tool -n "__fish_aad_tool_needs_command" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_needs_command" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_needs_command" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -s V -l version -d 'Print version'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "auth-test" -d 'Sign a person in, by password or device code; registers the machine at the first success'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "join" -d 'Register this machine: shows a device code, for whoever of the domain may join machines. Root only'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "status" -d 'Show the registration of every domain: one line each, and what somebody has to know or do'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "tpm" -d 'Show where each key lives, how it is protected, and how its last test ended'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "leave" -d 'Leave the tenant: delete the device object with its own certificate, then the keys. Root only'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "rekey" -d 'Move the keys of an identity to another place, and its registration with them. Root only'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "rebind" -d 'Bind the keys to this machine as it is now, after a known change of machine-id or product uuid. Root only'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "forget-account" -d 'Forget whose a name is, after an account was re-created or its name went to somebody else. Root only'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "account" -d 'See and change the accounts that people of the directory have on this machine. Root only'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "watch" -d 'Follow every change of the registration until Ctrl-C. Root only'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "hsm" -d 'Care for the auth value that opens the keys. Root only'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "prepare-image" -d 'Make this machine fit to be copied: delete its identity, its keys and its auth value. Root only'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "configure-pam" -d 'Let people of the directory sign in on this machine: the PAM stack, nsswitch.conf, the local groups'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "configure-ssh" -d 'Let sshd ask people of the directory: a drop-in of sshd_config for the configured domains'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "config" -d 'Print the effective settings and where each comes from'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "version" -d 'Print the version'
complete -c aad-tool -n "__fish_aad_tool_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand auth-test" -s D -l name -d 'Who: name@domain' -r
complete -c aad-tool -n "__fish_aad_tool_using_subcommand auth-test" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand auth-test" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand auth-test" -l no-wait -d 'Do not wait for the registration, only for the sign-in'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand auth-test" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand auth-test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand join" -l domain -d 'Which domain; needed when there are several' -r
complete -c aad-tool -n "__fish_aad_tool_using_subcommand join" -l token-file -d 'Show no code: use the refresh token in this file, which is root\'s alone; the file is deleted once the machine is registered, unless it is a credential of systemd' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand join" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand join" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand join" -l or-code -d 'Show a code where there is no such file'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand join" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand join" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand status" -l domain -d 'Only this domain' -r
complete -c aad-tool -n "__fish_aad_tool_using_subcommand status" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand status" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand status" -s v -l verbose -d 'Everything that is known, in groups'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand status" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and not __fish_seen_subcommand_from test recovery-code reseal help" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and not __fish_seen_subcommand_from test recovery-code reseal help" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and not __fish_seen_subcommand_from test recovery-code reseal help" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and not __fish_seen_subcommand_from test recovery-code reseal help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and not __fish_seen_subcommand_from test recovery-code reseal help" -f -a "test" -d 'Open the TPM or token and try every key now, then show what is known of each. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and not __fish_seen_subcommand_from test recovery-code reseal help" -f -a "recovery-code" -d 'Make and show a recovery code; the one before is of no more use. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and not __fish_seen_subcommand_from test recovery-code reseal help" -f -a "reseal" -d 'Bind the keys to Secure Boot as it is now. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and not __fish_seen_subcommand_from test recovery-code reseal help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from test" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from test" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from test" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from recovery-code" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from recovery-code" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from recovery-code" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from recovery-code" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from reseal" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from reseal" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from reseal" -l with-code -d 'Secure Boot has changed already: ask for the recovery code, on the terminal or as one line of standard input where that is none'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from reseal" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from reseal" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from help" -f -a "test" -d 'Open the TPM or token and try every key now, then show what is known of each. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from help" -f -a "recovery-code" -d 'Make and show a recovery code; the one before is of no more use. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from help" -f -a "reseal" -d 'Bind the keys to Secure Boot as it is now. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand tpm; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand leave" -l domain -d 'Whose tenant; needed when there are several' -r
complete -c aad-tool -n "__fish_aad_tool_using_subcommand leave" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand leave" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand leave" -l force -d 'Try for 10 seconds, then leave behind what could not be deleted, and name it'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand leave" -l yes -d 'Do not ask'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand leave" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand leave" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rekey" -l to -d 'Where to' -r -f -a "soft\t'Files, wrapped under the auth value'
tpm\t'The TPM'
pkcs11\t'The token of pkcs11_module'"
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rekey" -s D -l name -d 'Whose identity is moved, and who signs in: name@domain' -r
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rekey" -l domain -d 'With --cancel: whose tenant; needed when there are several' -r
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rekey" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rekey" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rekey" -l force -d 'Leave the old device object behind when it could not be deleted, and name it'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rekey" -l cancel -d 'Give up a move that has not come to its end'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rekey" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rekey" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rebind" -l domain -d 'Whose keys; needed when there are several' -r
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rebind" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rebind" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rebind" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand rebind" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand forget-account" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand forget-account" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand forget-account" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand forget-account" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -f -a "list" -d 'One line for each account: number, name and whose it is'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -f -a "show" -d 'All that is known of an account'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -f -a "add" -d 'Set an account aside for somebody who has not signed in yet: their name resolves at once'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -f -a "import" -d 'Take over what people were by himmelblau: shows number, home and its owner, and what of it fits together'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -f -a "rename" -d 'Give an account another name; its home stays where it is'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -f -a "set-uid" -d 'Give an account another number; files keep the one before'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -f -a "forget" -d 'The same as forget-account: also ends what was set aside with add'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and not __fish_seen_subcommand_from list show add import rename set-uid forget help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from list" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from list" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from show" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from show" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from add" -l uid -d 'Their number, and that of their own group; without it the one that id_attr_map = name computes' -r
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from add" -l home -d 'Their home directory; without it that of home_prefix and home_alias' -r
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from add" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from add" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from add" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from import" -l from -d 'Whose people they are' -r -f -a "himmelblau\t''"
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from import" -l root -d 'What stands for / where the table and the homes are looked for' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from import" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from import" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from import" -l really -d 'Set aside what agrees. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from import" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from rename" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from rename" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from rename" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from rename" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from set-uid" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from set-uid" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from set-uid" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from set-uid" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from forget" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from forget" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from forget" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from forget" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "list" -d 'One line for each account: number, name and whose it is'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "show" -d 'All that is known of an account'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "add" -d 'Set an account aside for somebody who has not signed in yet: their name resolves at once'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "import" -d 'Take over what people were by himmelblau: shows number, home and its owner, and what of it fits together'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "rename" -d 'Give an account another name; its home stays where it is'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "set-uid" -d 'Give an account another number; files keep the one before'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "forget" -d 'The same as forget-account: also ends what was set aside with add'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand watch" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand watch" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand watch" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand watch" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and not __fish_seen_subcommand_from init help" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and not __fish_seen_subcommand_from init help" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and not __fish_seen_subcommand_from init help" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and not __fish_seen_subcommand_from init help" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and not __fish_seen_subcommand_from init help" -f -a "init" -d 'Make the auth value before the first start, as an encrypted systemd credential where that is possible'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and not __fish_seen_subcommand_from init help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and __fish_seen_subcommand_from init" -l state-dir -d 'The state directory of firmamentd' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and __fish_seen_subcommand_from init" -l root -d 'What stands for / where credentials, the TPM and systemd-creds are looked for' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and __fish_seen_subcommand_from init" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and __fish_seen_subcommand_from init" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and __fish_seen_subcommand_from init" -l from-file -d 'Move the value of the file hsm_pin_path into the credential; the file stays until you delete it'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and __fish_seen_subcommand_from init" -l without-tpm -d 'Do not use the TPM that is there'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and __fish_seen_subcommand_from init" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and __fish_seen_subcommand_from help" -f -a "init" -d 'Make the auth value before the first start, as an encrypted systemd credential where that is possible'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand hsm; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand prepare-image" -l state-dir -d 'The state directory of firmamentd' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand prepare-image" -l root -d 'What stands for / where credentials, the TPM and systemd-creds are looked for' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand prepare-image" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand prepare-image" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand prepare-image" -l yes -d 'Needed, because nothing brings the keys back'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand prepare-image" -l leave-behind -d 'Delete records too that may be those of a registered machine, and leave its device object behind'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand prepare-image" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand prepare-image" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-pam" -l root -d 'What stands for /' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-pam" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-pam" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-pam" -l really -d 'Do it. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-pam" -l undo -d 'The other way: take out what this command put in'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-pam" -l administrator -d 'Say only whether a local administrator could mend this machine'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-pam" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-pam" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-ssh" -l root -d 'What stands for /' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-ssh" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-ssh" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-ssh" -l really -d 'Do it. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-ssh" -l undo -d 'The other way: take out what this command put in'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-ssh" -l everybody -d 'Ask everybody by keyboard-interactive, because no pattern fits short names; local people can then sign in with their local passwords even where PasswordAuthentication is no'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-ssh" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand configure-ssh" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand config" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand config" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand config" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand config" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand version" -l config -d 'The configuration file (default: the himmelblau.conf of this machine)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand version" -l socket -d 'The socket of firmamentd (default: the option socket_path, else /run/firmament/socket)' -r -F
complete -c aad-tool -n "__fish_aad_tool_using_subcommand version" -l verbose -d 'Also which steps have been seen to work on the real service'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand version" -l json -d 'Print one JSON object, whatever happens; what is asked or told on the way goes to standard error'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand version" -s h -l help -d 'Print help'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "auth-test" -d 'Sign a person in, by password or device code; registers the machine at the first success'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "join" -d 'Register this machine: shows a device code, for whoever of the domain may join machines. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "status" -d 'Show the registration of every domain: one line each, and what somebody has to know or do'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "tpm" -d 'Show where each key lives, how it is protected, and how its last test ended'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "leave" -d 'Leave the tenant: delete the device object with its own certificate, then the keys. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "rekey" -d 'Move the keys of an identity to another place, and its registration with them. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "rebind" -d 'Bind the keys to this machine as it is now, after a known change of machine-id or product uuid. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "forget-account" -d 'Forget whose a name is, after an account was re-created or its name went to somebody else. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "account" -d 'See and change the accounts that people of the directory have on this machine. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "watch" -d 'Follow every change of the registration until Ctrl-C. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "hsm" -d 'Care for the auth value that opens the keys. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "prepare-image" -d 'Make this machine fit to be copied: delete its identity, its keys and its auth value. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "configure-pam" -d 'Let people of the directory sign in on this machine: the PAM stack, nsswitch.conf, the local groups'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "configure-ssh" -d 'Let sshd ask people of the directory: a drop-in of sshd_config for the configured domains'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "config" -d 'Print the effective settings and where each comes from'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "version" -d 'Print the version'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and not __fish_seen_subcommand_from auth-test join status tpm leave rekey rebind forget-account account watch hsm prepare-image configure-pam configure-ssh config version help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and __fish_seen_subcommand_from tpm" -f -a "test" -d 'Open the TPM or token and try every key now, then show what is known of each. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and __fish_seen_subcommand_from tpm" -f -a "recovery-code" -d 'Make and show a recovery code; the one before is of no more use. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and __fish_seen_subcommand_from tpm" -f -a "reseal" -d 'Bind the keys to Secure Boot as it is now. Root only'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "list" -d 'One line for each account: number, name and whose it is'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "show" -d 'All that is known of an account'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "add" -d 'Set an account aside for somebody who has not signed in yet: their name resolves at once'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "import" -d 'Take over what people were by himmelblau: shows number, home and its owner, and what of it fits together'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "rename" -d 'Give an account another name; its home stays where it is'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "set-uid" -d 'Give an account another number; files keep the one before'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "forget" -d 'The same as forget-account: also ends what was set aside with add'
complete -c aad-tool -n "__fish_aad_tool_using_subcommand help; and __fish_seen_subcommand_from hsm" -f -a "init" -d 'Make the auth value before the first start, as an encrypted systemd credential where that is possible'
