package main

import (
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/stage"
)

// subject is who makes the volumes.
type subject struct {
	name        string
	kubernetes  bench.Kubernetes
	provisioner string
	// managerQPS is kube-controller-manager's.
	managerQPS int
	parameters map[string]string
	// floor is the kind of source that PersistentVolumes get which the floor makes, if
	// it is the subject.
	floor volume.Source
}

var (
	heketiAlone   = subject{name: "heketi's own client"}
	inTreeDefault = subject{name: "in-tree plugin, default QPS", kubernetes: bench.OldestKubernetes, provisioner: stage.InTree, managerQPS: stage.Default}
	inTree        = subject{name: "in-tree plugin", kubernetes: bench.OldestKubernetes, provisioner: stage.InTree, managerQPS: stage.Raised}
	oursThen      = subject{name: "ours on " + string(bench.OldestKubernetes), kubernetes: bench.OldestKubernetes, provisioner: stage.Ours, managerQPS: stage.Raised}
	oursShared    = subject{name: oursThen.name + ", endpointsscope cluster", kubernetes: bench.OldestKubernetes, provisioner: stage.Ours, managerQPS: stage.Raised,
		parameters: map[string]string{"endpointsscope": "cluster"}}
	ours = subject{name: "ours on " + string(bench.DefaultKubernetes), kubernetes: bench.DefaultKubernetes, provisioner: stage.Ours, managerQPS: stage.Raised}

	floorNow  = subject{name: "floor on " + string(bench.DefaultKubernetes), kubernetes: bench.DefaultKubernetes, provisioner: stage.Ours, managerQPS: stage.Raised, floor: volume.CSI}
	floorThen = subject{name: "floor on " + string(bench.OldestKubernetes), kubernetes: bench.OldestKubernetes, provisioner: stage.Ours, managerQPS: stage.Raised, floor: volume.Glusterfs}
)
