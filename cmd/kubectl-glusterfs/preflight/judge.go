package preflight

import (
	"fmt"
	"strings"

	utilversion "k8s.io/apimachinery/pkg/util/version"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/provisioner/volume"
)

// Report says how it stands with a cluster. Its JSON is told in docs/kubectl-glusterfs.md.
type Report struct {
	State verdict.State `json:"state"`
	Lines []Line        `json:"lines"`
}

// Line is one thing that was looked at.
type Line struct {
	What  string        `json:"what"`
	State verdict.State `json:"state"`
	Says  string        `json:"says"`
	// Remedy is what to do; empty if that is nothing.
	Remedy string `json:"remedy,omitempty"`
}

// Judge says what of the facts is as it should be.
func Judge(f Facts) Report {
	lines := []Line{f.version(), f.own(), f.account(), f.deployment(), f.leader(), f.driver()}
	lines = append(lines, f.nodes()...)
	lines = append(lines, f.hosts()...)
	lines = append(lines, f.classes()...)
	lines = append(lines, f.secretsOfVolumes()...)
	lines = append(lines, f.entries())
	lines = append(lines, f.elsewhere()...)
	states := make([]verdict.State, len(lines))
	for i, line := range lines {
		states[i] = line.State
	}
	return Report{State: verdict.Worst(states), Lines: lines}
}

// untold is the line of what the API server did not tell.
func untold(what string, err error) Line {
	return Line{what, verdict.Unknown, "cannot be told: " + asked.Why(err), "ask somebody who may read it"}
}

// oldest is the first version of Kubernetes on which the provisioner is tested.
var oldest = utilversion.MustParseGeneric("1.25")

func (f Facts) version() Line {
	const what = "kubernetes"
	switch version := f.Kubernetes.Value; {
	case !f.Kubernetes.There:
		return untold(what, f.Kubernetes.Err)
	case version.LessThan(oldest):
		return Line{what, verdict.Unknown, fmt.Sprintf("v%s, on which this was never tried", version), "use Kubernetes 1.25 or newer"}
	default:
		return Line{what, verdict.Fine, "v" + version.String(), ""}
	}
}

func (f Facts) own() Line {
	const what = "your rights"
	switch {
	case f.Own.Err != nil:
		return untold(what, f.Own.Err)
	case len(f.Own.Value.Missing) > 0:
		return Line{what, verdict.Unknown, "you may not " + listed(f.Own.Value.Missing), "what needs these cannot be told; ask somebody who may"}
	}
	return Line{what, verdict.Fine, "enough for this command", ""}
}

func (f Facts) account() Line {
	const what = "provisioner's rights"
	switch {
	case f.Account.Err != nil:
		return untold(what, f.Account.Err)
	case len(f.Account.Value.Missing) > 0:
		return Line{what, verdict.Wrong, "it may not " + listed(f.Account.Value.Missing), "kubectl apply -f deploy/10-rbac.yaml"}
	}
	return Line{what, verdict.Fine, "all that deploy/10-rbac.yaml grants", ""}
}

func listed(rights []cluster.Right) string {
	texts := make([]string, len(rights))
	for i, right := range rights {
		texts[i] = right.String()
	}
	return strings.Join(texts, ", ")
}

func (f Facts) deployment() Line {
	const what = "deployment"
	switch deployment := f.Deployment.Value; {
	case f.Deployment.Err != nil:
		return untold(what, f.Deployment.Err)
	case !f.Deployment.There:
		return Line{what, verdict.Wrong, "there is none in namespace " + f.Installed.Namespace, "kubectl apply -f deploy/"}
	default:
		wanted := replicasOf(deployment)
		says := fmt.Sprintf("%d of %d replicas are ready", deployment.Status.ReadyReplicas, wanted)
		if deployment.Status.ReadyReplicas < wanted || wanted == 0 {
			return Line{what, verdict.Wrong, says, fmt.Sprintf("kubectl -n %s describe pods", f.Installed.Namespace)}
		}
		return Line{what, verdict.Fine, says, ""}
	}
}

func (f Facts) leader() Line {
	const what = "leader"
	look := fmt.Sprintf("kubectl -n %s get pods", f.Installed.Namespace)
	switch {
	case f.Leader.Err != nil:
		return untold(what, f.Leader.Err)
	case !f.Leader.There:
		return Line{what, verdict.Wrong, "no replica has ever led", look}
	case !f.Leader.Value.Leads:
		return Line{what, verdict.Wrong, "no replica leads, so nothing is made, grown or deleted", look}
	}
	return Line{what, verdict.Fine, f.Leader.Value.Holder, ""}
}

func (f Facts) driver() Line {
	const what = "csidriver"
	switch {
	case f.Driver.Err != nil:
		return untold(what, f.Driver.Err)
	case f.Driver.There:
		return Line{what, verdict.Fine, volume.Driver + " exists", ""}
	case !f.Kubernetes.There:
		return Line{what, verdict.Unknown, volume.Driver + " does not exist, and whether it is needed cannot be told", ""}
	case volume.KubeletMountsGlusterfs(f.Kubernetes.Value):
		return Line{what, verdict.Fine, "not needed: kubelets of this Kubernetes mount the volumes", ""}
	}
	return Line{what, verdict.Wrong, volume.Driver + " does not exist, so nothing mounts the volumes", "kubectl apply -f deploy/csi/"}
}

func (f Facts) entries() Line {
	const what = "journal"
	switch {
	case f.Entries.Err != nil:
		return untold(what, f.Entries.Err)
	case len(f.Entries.Value) == 0:
		return Line{what, verdict.Fine, "no volume is in the making", ""}
	}
	return Line{what, verdict.Fine, fmt.Sprintf("%d volumes are in the making", len(f.Entries.Value)), ""}
}
