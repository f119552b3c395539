package preflight

import (
	"fmt"
	"slices"
	"strings"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
)

// elsewhere is whether something of the provisioner is in another namespace, where it once ran or
// still does.
func (f Facts) elsewhere() []Line {
	const what = "other namespaces"
	found := f.Elsewhere.Value
	if f.Elsewhere.Err != nil {
		return []Line{untold(what, f.Elsewhere.Err)}
	}
	var lines []Line
	for _, namespace := range found.Leading {
		lines = append(lines, f.leadingIn(what, namespace))
	}
	var notes []string
	for _, configMap := range found.Notes {
		// Who leads there reads them.
		if !slices.Contains(found.Leading, configMap.Namespace) {
			notes = append(notes, configMap.Namespace+"/"+configMap.Name)
		}
	}
	if slices.Sort(notes); len(notes) > 0 {
		lines = append(lines, Line{what, verdict.Wrong, fmt.Sprintf("what was begun stands in ConfigMaps that are not read in namespace %s: %s", f.Installed.Namespace, strings.Join(notes, ", ")),
			"take them over before claims are made: docs/upgrading.md, another namespace"})
	}
	if len(lines) == 0 {
		return []Line{{what, verdict.Fine, "nothing of the provisioner is in another namespace", ""}}
	}
	return lines
}

// leadingIn is about another namespace in which a provisioner leads: perhaps that one is meant.
func (f Facts) leadingIn(what, namespace string) Line {
	if f.Leader.Err == nil && !f.Leader.Value.Leads {
		return Line{what, verdict.Wrong, fmt.Sprintf("a provisioner of this name leads in namespace %s, and none in %s", namespace, f.Installed.Namespace),
			fmt.Sprintf("if that one is meant: kubectl glusterfs check --provisioner-namespace=%s; if it is to move: docs/upgrading.md, another namespace", namespace)}
	}
	return Line{what, verdict.Wrong, fmt.Sprintf("a provisioner of this name leads in namespace %s, too, so two may make one volume and give one GID", namespace),
		fmt.Sprintf("decide which one is to stay, and stop the other: kubectl -n %s scale deployment %s --replicas=0", namespace, installed.Deployment)}
}
