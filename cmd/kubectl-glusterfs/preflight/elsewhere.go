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
		lines = append(lines, Line{what, verdict.Wrong, fmt.Sprintf("a provisioner of this name leads in namespace %s, too, so two may make one volume and give one GID", namespace),
			fmt.Sprintf("kubectl -n %s scale deployment %s --replicas=0", namespace, installed.Deployment)})
	}
	var notes []string
	for _, configMap := range found.Notes {
		notes = append(notes, configMap.Namespace+"/"+configMap.Name)
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
