package why

import (
	"fmt"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
)

// Explain says what a claim waits for.
func Explain(f Facts) Answer {
	return answer(f.Name, f.findings())
}

func (f Facts) findings() []finding {
	switch claim := f.Claim.Value; {
	case f.Claim.Err != nil:
		return []finding{untold("claim", "whether it exists", f.Claim.Err)}
	case !f.Claim.There:
		return f.gone()
	case claim.DeletionTimestamp != nil:
		return f.terminating(claim)
	case claim.Status.Phase == v1.ClaimLost:
		return f.lost(claim)
	case claim.Status.Phase == v1.ClaimBound:
		return f.bound(claim)
	default:
		return f.pending(claim)
	}
}

// claimAs is what the claim itself says.
func (f Facts) claimAs(claim *v1.PersistentVolumeClaim) finding {
	says := fmt.Sprintf("%s for %s, requests %s", claim.Status.Phase, f.ageOf(claim), claim.Spec.Resources.Requests.Storage())
	if claim.Status.Phase != v1.ClaimPending {
		says = fmt.Sprintf("%s, requests %s, has %s", claim.Status.Phase, claim.Spec.Resources.Requests.Storage(), claim.Status.Capacity.Storage())
	}
	return finding{at: "claim", state: verdict.Fine, says: says}
}

// leader is whether a provisioner works. Without one, nothing goes on.
func (f Facts) leader() finding {
	const at = "provisioner"
	look := fmt.Sprintf("look at its pods: kubectl -n %s get pods; where it is not installed: kubectl apply -f deploy/", f.Installed.Namespace)
	switch lease := f.Leader; {
	case lease.Err != nil:
		return untold(at, "whether a provisioner leads", lease.Err)
	case !lease.There:
		return finding{at: at, state: verdict.Wrong, reason: NoLeader, toDo: look,
			says: fmt.Sprintf("provisioner %s has never run in namespace %s: it has no Lease there", f.Installed.Provisioner, f.Installed.Namespace)}
	case !lease.Value.Leads:
		return finding{at: at, state: verdict.Wrong, reason: NoLeader, toDo: look,
			says: fmt.Sprintf("no replica of provisioner %s leads; the last one to say so did at %s", f.Installed.Provisioner, clock(lease.Value.Renewed))}
	}
	return finding{at: at, state: verdict.Fine, says: fmt.Sprintf("%s leads for %s", f.Leader.Value.Holder, f.Installed.Provisioner)}
}
