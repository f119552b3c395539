package disks

import (
	"fmt"
	"strings"

	"github.com/heketi/heketi/pkg/glusterfs/api"
)

// Action is what a step does.
type Action string

// The actions, in the order in which an object meets them.
const (
	Nothing         Action = ""
	AddFinalizer    Action = "add the finalizer"
	LabelNode       Action = "label the node"
	MakeCluster     Action = "make the cluster"
	AddNode         Action = "add the node"
	AddDevice       Action = "add the device"
	SetDeviceState  Action = "set the device's state"
	MoveBrick       Action = "move a brick away from"
	DeleteDevice    Action = "delete the device"
	ForgetDevice    Action = "forget the lost device"
	DetachPeer      Action = "detach the lost peer"
	DeleteNode      Action = "delete the node"
	DeleteCluster   Action = "delete the cluster"
	UnlabelNode     Action = "take the node's label away"
	RemoveFinalizer Action = "remove the finalizer"
)

// Step is one change. Which fields it has depends on what it does; two steps that are equal do the same.
type Step struct {
	Do Action
	// Cluster, NodeID, DeviceID and BrickID are ids in heketi.
	Cluster, NodeID, DeviceID, BrickID string
	// Node is a node's name, Address its address, and Path a disk of it. Volume is the name of the volume of a brick.
	Node, Address, Path, Volume string
	Zone                        int
	DestroyData                 bool
	State                       api.EntryState
}

// Field is the field of the object that the step is about.
func (s Step) Field() string {
	switch {
	case s.Path != "":
		return fmt.Sprintf("spec.nodes[%s].devices[%s]", s.Node, s.Path)
	case s.Node != "":
		return fmt.Sprintf("spec.nodes[%s]", s.Node)
	}
	return "status.clusterID"
}

// String says what the step does, and to what.
func (s Step) String() string {
	words := []string{string(s.Do)}
	for _, word := range []string{s.Path, s.Node, string(s.State)} {
		if word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// TakesAway says whether GlusterFS has a brick, a disk or a host less by the step. Nobody else may take one away at the same time.
func (s Step) TakesAway() bool {
	switch s.Do {
	case MoveBrick, DeleteDevice, ForgetDevice, DetachPeer, DeleteNode, UnlabelNode:
		return true
	case SetDeviceState:
		return s.State == api.EntryStateFailed // By that, heketi moves the bricks away that the disk still has.
	}
	return false
}
