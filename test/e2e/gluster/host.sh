#!/bin/sh
# Starts a GlusterFS host, in namespaces of its own, whose folder is $1 and whose
# logs go to $2, with $3 as LVM, and with the settings $4 of glusterd; without these it starts
# no GlusterFS. Runs until one of its servers ends.
set -eu
host=$1 logs=$2 lvm=$3 settings=${4-}

# What the node has mounted for its pods by now would not end as long as the host is on.
for folder in $(awk '$2 ~ "/kubelet$" { print $2 }' /proc/self/mounts); do
    umount --lazy "$folder"
done

# What a machine keeps over a restart is in the host's folder.
mount --bind "$host/glusterd" /var/lib/glusterd
mount --bind "$host/heketi" /var/lib/heketi
mount --bind "$logs" /var/log/glusterfs
for disk in "$host"/disks/*; do
    mount --bind "$disk" "/dev/${disk##*/}"
done

# What it does not keep.
mount -t tmpfs tmpfs /dev/mapper
mount -t tmpfs tmpfs /run
mkdir /run/gluster /run/sshd /run/bin
cat > /run/bin/lvm-wrapper <<EOF
#!/bin/sh
exec "$lvm" --root="$host/lvm" "\$@"
EOF
# For a person who asks LVM on the host.
cat > /run/bin/lvm <<'EOF'
#!/bin/sh
exec /run/bin/lvm-wrapper lvm "$@"
EOF
# heketi asks "systemctl status glusterd" before it chooses a host.
cat > /run/bin/systemctl <<'EOF'
#!/bin/sh
[ "$*" = "status glusterd" ] && gluster pool list > /dev/null
EOF
# What stands in for LVM has its volumes mounted from files; heketi compares the list of
# mounts with its fstab.
cat > /run/bin/mount <<'EOF'
#!/bin/sh
[ $# = 0 ] || exec /bin/mount "$@"
/bin/mount | sed 's#^/[^ ]*/lvm/#/dev/mapper/#'
EOF
chmod +x /run/bin/*

glusterd=$$
if [ -n "$settings" ]; then
    # What a machine does when it starts: the volume groups, then what is in fstab.
    /run/bin/lvm-wrapper /usr/sbin/lvm vgchange --activate=y
    mount --all --fstab /var/lib/heketi/fstab

    glusterd --no-daemon --volfile="$settings" --log-level=WARNING &
    glusterd=$!
fi
/usr/sbin/sshd -D -e -f "$host/../sshd_config" -h "$host/../ssh_host_key" \
    -o "ForceCommand=$host/../hold.sh $host/../holds ${host##*/}" &
while kill -0 $glusterd && kill -0 $!; do
    sleep 1
done 2> /dev/null
echo "a server of the host has ended" >&2
exit 1
