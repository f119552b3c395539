#!/bin/sh
# Prints what a storage host knows that heketi's database is made of again. It changes nothing.
#
#     sh collect.sh [LVM_WRAPPER] > NAME.txt
#
# LVM_WRAPPER is the program that heketi's configuration has as "lvm_wrapper", if any.
# What is wrong with a command goes to the terminal; the output tells that it failed.

tell() {
    name=$1
    shift
    printf '=== begin %s\n' "$name"
    "$@" < /dev/null
    printf '\n=== end %s %s\n' "$name" "$?"
}

# lvm_report prints a report of LVM, in bytes.
lvm_report() {
    $wrapper lvm "$1" --reportformat json --units b --nosuffix --options "$2"
}

# The other names of the devices, by udev; heketi knows them by these, too.
links() {
    for device in $($wrapper lvm pvs --noheadings --options pv_name); do
        names=$($wrapper udevadm info --query=symlink --name="$device" 2> /dev/null) && printf '%s %s\n' "$device" "$names"
    done
    return 0
}

# The folders of heketi's bricks, with the group that may write, and those that hold block volumes.
folders() {
    for folder in /var/lib/heketi/mounts/vg_*/brick_*/brick; do
        [ -d "$folder" ] || continue
        stat -c '%g %n' "$folder"
        [ ! -e "$folder/block-meta" ] || printf 'block %s\n' "$folder"
    done
    return 0
}

# heketi has its bricks mounted by one of these.
fstabs() {
    for file in /var/lib/heketi/fstab /etc/fstab; do
        [ ! -f "$file" ] || { cat "$file" && echo; }
    done
    return 0
}

main() {
    LC_ALL=C
    export LC_ALL
    wrapper=$1
    if [ -z "$wrapper" ] && [ -x /usr/local/bin/lvm-wrapper ]; then
        wrapper=/usr/local/bin/lvm-wrapper
    fi
    tell format echo 1
    tell glusterd cat /var/lib/glusterd/glusterd.info
    tell peers gluster --mode=script pool list --xml
    tell volumes gluster --mode=script volume info --xml
    tell snapshots gluster --mode=script snapshot list --xml
    tell pvs lvm_report pvs pv_name,pv_uuid,vg_name
    tell vgs lvm_report vgs vg_name,pv_count,vg_extent_size,vg_extent_count,vg_free_count
    tell lvs lvm_report lvs lv_name,vg_name,lv_size,lv_metadata_size,pool_lv
    tell links links
    tell folders folders
    tell fstab fstabs
    tell mounts cat /proc/self/mounts
    tell all true
}

# Read to its end before anything runs, because it may come through a pipe.
main "$@"
exit
