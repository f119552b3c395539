#!/bin/sh
# Hands PersistentVolumes that kubernetes.io/glusterfs made over to the provisioner of a
# class, which deletes them, grows them and keeps their Endpoints from then on. No data is
# touched, and pods go on.
#
#   hand-over.sh CLASS CLUSTER PERSISTENTVOLUME...
#
# CLASS leads to the heketi that has the volumes, and says whose they become. CLUSTER is the
# id of the cluster in heketi that has them, as heketi-cli volume info says it.
set -eu

if [ $# -lt 3 ]; then
    echo "usage: $0 CLASS CLUSTER PERSISTENTVOLUME..." >&2
    exit 2
fi
class=$1
cluster=$2
shift 2

parameters=$(kubectl get storageclass "$class" -o 'go-template={{range $name, $value := .parameters}}{{$name}} {{$value}}{{"\n"}}{{end}}')
provisioner=$(kubectl get storageclass "$class" -o 'jsonpath={.provisioner}')

# parameter NAME prints one of the class, whose names may be in any case.
parameter() {
    echo "$parameters" | awk -v name="$1" 'tolower($1) == name { print $2 }'
}

fail() {
    echo "$*" >&2
    exit 1
}

case $provisioner in
kubernetes.io/*) fail "StorageClass $class is still one of $provisioner: make it again with gluster.org/glusterfs" ;;
esac
url=$(parameter resturl | sed 's#/*$##')
[ -n "$url" ] || fail "StorageClass $class has no parameter resturl"

# How the class's heketi is asked: annotations, of which null removes one.
user=null secret=null key=null
case $(parameter restauthenabled | tr '[:upper:]' '[:lower:]') in
false) ;;
true | "")
    user="\"$(parameter restuser)\""
    name=$(parameter secretname) namespace=$(parameter secretnamespace)
    if [ -z "$name$namespace" ]; then
        name=$(parameter restsecretname) namespace=$(parameter restsecretnamespace)
    fi
    if [ -n "$name" ] && [ -n "$namespace" ]; then
        secret="\"$namespace/$name\""
    elif [ -n "$name$namespace" ]; then
        fail "StorageClass $class names no Secret, but only one of secretName \"$name\" and secretNamespace \"$namespace\": make it again with both"
    elif [ -n "$(parameter restuserkey)" ]; then
        key='"true"'
    fi
    ;;
*) fail "StorageClass $class has restauthenabled \"$(parameter restauthenabled)\", which must be true or false" ;;
esac
way="\"gluster.org/heketi-url\": \"$url\", \"gluster.org/heketi-cluster-id\": \"$cluster\",
    \"gluster.org/heketi-user\": $user, \"gluster.org/heketi-secret\": $secret, \"gluster.org/heketi-key-in-class\": $key"

# annotation_of PERSISTENTVOLUME NAME, whose dots jsonpath wants escaped.
annotation_of() {
    kubectl get persistentvolume "$1" -o "jsonpath={.metadata.annotations.$(echo "$2" | sed 's/\./\\./g')}"
}

# id_of PERSISTENTVOLUME prints its volume's id in heketi. heketi itself names a volume vol_ID.
id_of() {
    for annotation in gluster.org/heketi-volume-id gluster.kubernetes.io/heketi-volume-id; do
        id=$(annotation_of "$1" $annotation)
        if [ -n "$id" ]; then
            echo "$id"
            return
        fi
    done
    path=$(kubectl get persistentvolume "$1" -o 'jsonpath={.spec.glusterfs.path}')
    echo "$path" | sed -n 's/^vol_//p'
}

# hide PERSISTENTVOLUME from Kubernetes 1.25 and older, which would grow it, too: they find no
# volume with the id that they read.
hide() {
    id=$(id_of "$1")
    [ -n "$id" ] || fail "PersistentVolume $1 does not tell heketi's id of its volume: annotate it with gluster.org/heketi-volume-id"
    kubectl patch persistentvolume "$1" --type=merge --patch "{\"metadata\": {\"annotations\": {
        \"gluster.kubernetes.io/heketi-volume-id\": \"handed-over\", \"gluster.org/heketi-volume-id\": \"$id\"}}}"
}

# finalizers FINALIZER... prints them as JSON. One there is for volumes that Kubernetes itself
# deletes; in its place comes the one for volumes that a provisioner deletes.
finalizers() {
    ours=external-provisioner.volume.kubernetes.io/finalizer
    for finalizer; do
        case $finalizer in
        kubernetes.io/pv-controller | "$ours") ;;
        *) printf '"%s", ' "$finalizer" ;;
        esac
    done
    echo "\"$ours\""
}

# own PERSISTENTVOLUME makes it the provisioner's, if nobody has changed it since it was read.
own() {
    found=$(kubectl get persistentvolume "$1" -o 'jsonpath={.metadata.resourceVersion} {.metadata.finalizers[*]}') || return 1
    kubectl patch persistentvolume "$1" --type=merge --patch "{\"metadata\": {
        \"resourceVersion\": \"${found%% *}\", \"finalizers\": [$(finalizers ${found#* })],
        \"annotations\": {\"pv.kubernetes.io/provisioned-by\": \"$provisioner\", $way}}}"
}

# release PERSISTENTVOLUME if Kubernetes 1.26 or newer could not delete it. It leaves the next
# try to the provisioner.
release() {
    phase=$(kubectl get persistentvolume "$1" -o 'jsonpath={.status.phase}')
    if [ "$phase" = Failed ]; then
        kubectl patch persistentvolume "$1" --subresource=status --type=merge --patch '{"status": {"phase": "Released"}}'
    fi
}

for volume; do
    maker=$(annotation_of "$volume" pv.kubernetes.io/provisioned-by)
    hidden=$(annotation_of "$volume" gluster.kubernetes.io/heketi-volume-id)
    if [ "$maker" != kubernetes.io/glusterfs ] && { [ "$maker" != "$provisioner" ] || [ "$hidden" != handed-over ]; }; then
        fail "PersistentVolume $volume was not made by kubernetes.io/glusterfs, but by \"$maker\""
    fi
done
# Each step can be done again: a script that was ended is run again, and so is one that was run
# with the wrong class or cluster.
for volume; do
    hide "$volume"
done
# Kubernetes sees the change within moments. Before that it and the provisioner could both grow
# a volume, to more than what was asked for.
sleep 5
for volume; do
    tries=10
    until own "$volume"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || fail "PersistentVolume $volume cannot be handed over: see above, and run this again"
        sleep 1
    done
    release "$volume"
done
