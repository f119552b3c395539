#!/bin/sh
# Runs on a host what one asks for over ssh, unless a test has it held, see Hold. The
# holds are in the folder $1, the host's name is $2.
holds=$1 host=$2 command=${SSH_ORIGINAL_COMMAND:-}
[ -n "$command" ] || exec /bin/sh -i

# wait_for_verdict tells that the command is held, and returns once a test says what is to
# become of it.
wait_for_verdict() {
    echo "$host" > "$1/.reached"
    mv "$1/.reached" "$1/reached"
    read -r verdict < "$1/verdict"
}

# hold holds the command, and ends.
hold() {
    read -r moment < "$1/moment"
    if [ "$moment" = before ]; then
        wait_for_verdict "$1"
        [ "$verdict" = go ] && exec /bin/sh -c "$command"
    else
        /bin/sh -c "$command" > "$1/output" 2> "$1/errors"
        status=$?
        wait_for_verdict "$1"
        if [ "$verdict" = go ]; then
            cat "$1/output"
            cat "$1/errors" >&2
            exit $status
        fi
    fi
    echo "a test has dropped this command" >&2
    exit 1
}

for wanted in "$holds"/*; do
    [ -d "$wanted" ] || continue
    read -r pattern < "$wanted/pattern"
    read -r where < "$wanted/host"
    # shellcheck disable=SC2254 # The pattern is one.
    case $where:$command in
    "$host":$pattern | :$pattern)
        # Whoever can hide the folder holds the command, nobody else does.
        held=$holds/.${wanted##*/}
        if mv --no-target-directory "$wanted" "$held" 2> /dev/null; then
            hold "$held"
        fi
        ;;
    esac
done
exec /bin/sh -c "$command"
