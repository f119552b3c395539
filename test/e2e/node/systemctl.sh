#!/bin/sh
# Does with kubelet what systemd does on a node that runs it as a service. The process' id
# is in the file $0.pid; $0.start starts it.
set -eu
pid=$(cat "$0.pid")
case "$*" in
"stop kubelet")
    kill "$pid" 2> /dev/null || exit 0
    while kill -0 "$pid" 2> /dev/null; do
        sleep 0.1
    done
    ;;
"start kubelet")
    ! kill -0 "$pid" 2> /dev/null || exit 0
    setsid "$0.start" < /dev/null > /dev/null 2>&1 &
    echo $! > "$0.pid"
    ;;
"show kubelet --property ActiveState --value")
    if kill -0 "$pid" 2> /dev/null; then echo active; else echo inactive; fi
    ;;
*)
    echo "this systemctl cannot: $*" >&2
    exit 1
    ;;
esac
