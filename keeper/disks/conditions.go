package disks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/glustercluster"
)

// The conditions of an object.
const (
	// ConditionReady is true when heketi has all that is listed, and can use it.
	ConditionReady = "Ready"
	// ConditionProgressing is true while the keeper works on it, or waits for a pod.
	ConditionProgressing = "Progressing"
	// ConditionInSync is false when heketi has what the object does not list, or has it otherwise.
	ConditionInSync = "InSync"
	// ConditionDraining is true while nodes or disks are being drained. An object in which nothing ever was does not have it.
	ConditionDraining = "Draining"
	// ConditionRemovalBlocked is true when the object was deleted, and something still uses its disks.
	ConditionRemovalBlocked = "RemovalBlocked"
)

// The reasons of the conditions. Of the ones why an object is not ready, the earlier is the worse.
const (
	HeketiUnavailable = "HeketiUnavailable"
	ClusterUnknown    = "ClusterUnknown"
	ClusterAmbiguous  = "ClusterAmbiguous"
	NodesRefused      = "NodesRefused"
	DevicesRefused    = "DevicesRefused"
	NodesNotReady     = "NodesNotReady"
	DevicesNotOnline  = "DevicesNotOnline"
	Adding            = "Adding"
	AllReady          = "AllReady"
	Stopped           = "Stopped"
	BricksMoving      = "BricksMoving"
	WaitsForHeal      = "WaitsForHeal"
	WaitsForOthers    = "WaitsForOthers"
	DrainBlocked      = "DrainBlocked"
	AllDrained        = "AllDrained"
	Unlisted          = "Unlisted"
	AsListed          = "AsListed"
	Removing          = "Removing"
	InUse             = "InUse"
	RemovalFails      = "RemovalFails"
	Unused            = "Unused"
)

// bySeverity are the reasons why an object is not ready, the worst first.
var bySeverity = []string{
	HeketiUnavailable, ClusterUnknown, ClusterAmbiguous, NodesRefused, DevicesRefused,
	NodesNotReady, DevicesNotOnline, Adding,
}

// shown is how many problems a condition tells of. All are at the nodes and disks.
const shown = 5

// problem is why an object is not ready.
type problem struct{ reason, message string }

func (p *planning) problem(reason, message string) {
	p.problems = append(p.problems, problem{reason, message})
}

// conclude sets conditions and summary of an object that stays.
func (p *planning) conclude() {
	p.summarize()
	p.ready = len(p.problems) == 0
	worst := problem{AllReady, "heketi has all listed nodes and disks"}
	if !p.ready {
		worst = worstOf(p.problems)
	}
	p.set(ConditionReady, p.ready, worst.reason, worst.message)
	switch {
	case p.ready && p.drains != nil && p.drains.reason != DrainBlocked:
		p.set(ConditionProgressing, true, p.drains.reason, p.drains.message)
	case p.ready && p.drains != nil:
		p.set(ConditionProgressing, true, DrainBlocked, "it waits, and tries again by itself")
	case p.ready:
		p.set(ConditionProgressing, false, AllReady, "there is nothing to do")
	case p.next.Do != Nothing:
		p.set(ConditionProgressing, true, Adding, "next: "+p.next.String())
	case p.waits:
		p.set(ConditionProgressing, true, worst.reason, "it waits, and tries again by itself")
	default:
		p.set(ConditionProgressing, false, Stopped, "somebody has to mend what the condition Ready tells of")
	}
	p.concludeDrains()
	p.concludeDifferences()
}

// worstOf tells of the problems with the worst reason.
func worstOf(problems []problem) problem {
	for _, reason := range bySeverity {
		var messages []string
		for _, one := range problems {
			if one.reason == reason {
				messages = append(messages, one.message)
			}
		}
		if len(messages) > 0 {
			return problem{reason, someOf(messages)}
		}
	}
	return problems[0]
}

func someOf(messages []string) string {
	if len(messages) <= shown {
		return strings.Join(messages, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(messages[:shown], "; "), len(messages)-shown)
}

func (p *planning) set(condition string, is bool, reason, message string) {
	setCondition(&p.status.Conditions, condition, is, reason, message, p.object.Generation, metav1.NewTime(p.facts.Now))
}

func setCondition(conditions *[]metav1.Condition, condition string, is bool, reason, message string, generation int64, now metav1.Time) {
	status := metav1.ConditionFalse
	if is {
		status = metav1.ConditionTrue
	}
	meta.SetStatusCondition(conditions, metav1.Condition{
		Type: condition, Status: status, Reason: reason, Message: message, ObservedGeneration: generation, LastTransitionTime: now,
	})
}

// summarize counts what is ready, of all but what is drained.
func (p *planning) summarize() {
	var nodes, ready, devices, online int
	for _, node := range p.status.Nodes {
		if node.Phase != NodeDrained {
			nodes++
		}
		if node.Phase == NodeReady {
			ready++
		}
		for _, device := range node.Devices {
			if device.Phase != DeviceDrained {
				devices++
			}
			if device.Phase == DeviceOnline {
				online++
			}
		}
	}
	p.status.Summary.Nodes = fmt.Sprintf("%d/%d", ready, nodes)
	p.status.Summary.Devices = fmt.Sprintf("%d/%d", online, devices)
}

// Unavailable is the status of an object while heketi or Kubernetes cannot be asked.
func Unavailable(object *glustercluster.Object, err error, now time.Time) glustercluster.Status {
	status := object.Status
	status.Conditions = slices.Clone(status.Conditions)
	setCondition(&status.Conditions, ConditionReady, false, HeketiUnavailable, err.Error(), object.Generation, metav1.NewTime(now))
	return status
}
