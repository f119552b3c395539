#!/bin/sh
# Starts a node that is a machine of its own, in namespaces of its own, whose folder is $1. $2 is
# kubelet's folder, $3 where containerd answers, $4 the archives of its images, $5 a script that is
# run first, and $6 kube-proxy's command, if there is any; the rest is kubelet's command. It runs until
# kubelet or containerd ends.
set -eu
folder=$1 kubelet_folder=$2 containerd=$3 images=$4 prepare=$5 proxy=$6
shift 6

# What other nodes have mounted for their pods by now would not end as long as this one is on.
for mounted in $(awk -v kubelet="$kubelet_folder" \
    'index($2, "/run/containerd/") == 1 || index($2, "/run/netns/cni-") == 1 || index($2 "/", kubelet "/") == 1 { print $2 }' \
    /proc/self/mounts | sort --reverse); do
    umount --lazy "$mounted"
done
mount -t tmpfs tmpfs /run
mkdir -p /run/netns "$folder/kubelet" "$folder/pods" "$folder/cni-state" /var/log/pods /var/lib/cni
mount --bind "$folder/kubelet" "$kubelet_folder"
# A kubelet removes logs of pods that it does not know.
mount --bind "$folder/pods" /var/log/pods
mount --bind "$folder/cni-state" /var/lib/cni
mount --make-shared "$kubelet_folder"
for cover in "$folder"/sysctls/*; do
    mount --bind "$cover" "/proc/sys/$(echo "${cover##*/}" | tr . /)"
done
echo 1 > /proc/sys/net/ipv4/ip_forward
[ -z "$prepare" ] || "$prepare"

containerd --config="$folder/containerd.toml" > "$folder/containerd.log" 2>&1 &
until ctr --address="$containerd" version > /dev/null 2>&1; do
    kill -0 $!
    sleep 0.2
done
for image in $images; do
    ctr --address="$containerd" --namespace=k8s.io images import "$image"
done
containerd=$!
# shellcheck disable=SC2086 # The command has its arguments with it.
[ -z "$proxy" ] || $proxy > "$folder/kube-proxy.log" 2>&1 &
"$@" &
while kill -0 $containerd && kill -0 $!; do
    sleep 1
done 2> /dev/null
echo "a server of the node has ended" >&2
exit 1
