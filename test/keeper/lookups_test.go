package keeper

import (
	"os"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
)

// lookupLists is how many lists of commands heketi is to run in a pod, for each of which it asks twice for the pod.
const lookupLists = 40

// TestCostOfLookups measures how long heketi takes to find a pod for lists of commands, with the limit of requests that it has by
// itself and without one. Nothing runs in the pod, since there is no kubelet.
func TestCostOfLookups(t *testing.T) {
	if os.Getenv("COST") == "" {
		t.Skip("it measures: make bench-keeper")
	}
	for _, perSecond := range []string{"5", "-1"} {
		p := newPlace(t, nil)
		installed := env.installed
		installed.pod = *env.installed.pod.DeepCopy()
		container := &installed.pod.Containers[0]
		container.Env = append(container.Env, v1.EnvVar{Name: "HEKETI_KUBE_QPS", Value: perSecond})
		k := p.launchInPod(t, installed, nil)
		k.waitSaid(t, "Keeping heketi")
		node := p.addGlusterPod(t)
		start := time.Now()
		for range lookupLists {
			if err := addNode(t, k, node); err == nil {
				t.Fatal("heketi has a node that nobody can reach")
			}
		}
		t.Logf("\n| HEKETI_KUBE_QPS=%s | %d lists of commands | %.1f s |", perSecond, lookupLists, time.Since(start).Seconds())
		k.endWell(t)
	}
}
