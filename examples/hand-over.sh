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

# parameter NAME prints one of the class, whose names may be in any case.
parameter() {
    kubectl get storageclass "$class" -o 'go-template={{range $name, $value := .parameters}}{{$name}} {{$value}}{{"\n"}}{{end}}' |
        awk -v name="$1" 'tolower($1) == name { print $2 }'
}

# annotation_of PERSISTENTVOLUME NAME, whose dots jsonpath wants escaped.
annotation_of() {
    kubectl get persistentvolume "$1" -o "jsonpath={.metadata.annotations.$(echo "$2" | sed 's/\./\\./g')}"
}

# finalizers_of PERSISTENTVOLUME prints them as JSON. One there is for volumes that Kubernetes
# itself deletes; in its place comes the one for volumes that a provisioner deletes.
finalizers_of() {
    found=$(kubectl get persistentvolume "$1" -o 'jsonpath={.metadata.finalizers[*]}')
    for finalizer in $found; do
        if [ "$finalizer" != kubernetes.io/pv-controller ]; then
            printf '"%s", ' "$finalizer"
        fi
    done
    echo '"external-provisioner.volume.kubernetes.io/finalizer"'
}

provisioner=$(kubectl get storageclass "$class" -o 'jsonpath={.provisioner}')
case $provisioner in
kubernetes.io/*)
    echo "StorageClass $class is still one of $provisioner: make it again with gluster.org/glusterfs" >&2
    exit 1
    ;;
esac
url=$(parameter resturl | sed 's#/*$##')
if [ -z "$url" ]; then
    echo "StorageClass $class has no parameter resturl" >&2
    exit 1
fi
way="\"gluster.org/heketi-url\": \"$url\", \"gluster.org/heketi-cluster-id\": \"$cluster\""
if [ "$(parameter restauthenabled)" != false ]; then
    way="$way, \"gluster.org/heketi-user\": \"$(parameter restuser)\""
    if [ -n "$(parameter secretname)" ]; then
        way="$way, \"gluster.org/heketi-secret\": \"$(parameter secretnamespace)/$(parameter secretname)\""
    elif [ -n "$(parameter restuserkey)" ]; then
        way="$way, \"gluster.org/heketi-key-in-class\": \"true\""
    fi
fi

# id_of PERSISTENTVOLUME prints its volume's id in heketi. heketi itself names a volume vol_ID.
id_of() {
    for annotation in gluster.org/heketi-volume-id gluster.kubernetes.io/heketi-volume-id; do
        id=$(annotation_of "$1" $annotation)
        if [ -n "$id" ]; then
            echo "$id"
            return
        fi
    done
    kubectl get persistentvolume "$1" -o 'jsonpath={.spec.glusterfs.path}' | sed -n 's/^vol_//p'
}

# hide PERSISTENTVOLUME from Kubernetes 1.25 and older, which would grow it, too: they find no
# volume with the id that they read.
hide() {
    maker=$(annotation_of "$1" pv.kubernetes.io/provisioned-by)
    id=$(id_of "$1")
    if [ "$maker" != kubernetes.io/glusterfs ] || [ -z "$id" ]; then
        echo "PersistentVolume $1 was not made by kubernetes.io/glusterfs, but by \"$maker\", with heketi's volume \"$id\"" >&2
        exit 1
    fi
    kubectl patch persistentvolume "$1" --type=merge --patch "{\"metadata\": {\"annotations\": {
        \"gluster.kubernetes.io/heketi-volume-id\": \"handed-over\", \"gluster.org/heketi-volume-id\": \"$id\"}}}"
}

# own PERSISTENTVOLUME makes it the provisioner's.
own() {
    finalizers=$(finalizers_of "$1")
    kubectl patch persistentvolume "$1" --type=merge --patch "{\"metadata\": {
        \"finalizers\": [$finalizers],
        \"annotations\": {\"pv.kubernetes.io/provisioned-by\": \"$provisioner\", $way}}}"
    # What Kubernetes 1.26 and newer could not delete. It leaves the next try to the provisioner.
    if [ "$(kubectl get persistentvolume "$1" -o 'jsonpath={.status.phase}')" = Failed ]; then
        kubectl patch persistentvolume "$1" --subresource=status --type=merge --patch '{"status": {"phase": "Released"}}'
    fi
}

hidden=
for volume; do
    if [ "$(annotation_of "$volume" pv.kubernetes.io/provisioned-by)" = "$provisioner" ]; then
        echo "PersistentVolume $volume is handed over already"
        continue
    fi
    hide "$volume"
    hidden="$hidden $volume"
done
# Kubernetes sees the change within moments. Before that it and the provisioner could both grow
# a volume, to more than what was asked for.
[ -z "$hidden" ] || sleep 5
for volume in $hidden; do
    own "$volume"
done
