package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// auditSamples is how often each is measured.
const auditSamples = 5

// TestCostOfAudits measures how long heketi takes to tell what gluster has, how large its
// answer is and how long an audit takes that asks for it, and prints rows of the table in
// docs/audit.md. The volumes are not started, since a thousand that are do not fit on a
// machine. gluster tells of them in as many words.
func TestCostOfAudits(t *testing.T) {
	host, bricks, made := env.hosts.All()[0], "", 0
	for _, each := range env.hosts.All() {
		onHost(t, each, "mkdir -p /var/lib/heketi/cost")
		bricks += " " + each.Address() + ":/var/lib/heketi/cost/$i"
	}
	t.Cleanup(func() {
		onHostAfter(t, host, "for i in $(gluster volume list | grep ^cost-); do gluster --mode=script volume delete $i; done > /dev/null")
		for _, each := range env.hosts.All() {
			onHostAfter(t, each, "rm -rf /var/lib/heketi/cost")
		}
	})
	for _, count := range []int{10, 100, 1000} {
		onHost(t, host, fmt.Sprintf("for i in $(seq %d %d); do gluster --mode=script volume create cost-$i replica 3 %s force > /dev/null || exit 1; done", made+1, count, bricks))
		made = count
		without := medianOf(func() { auditWith(t) })
		var size int
		look := medianOf(func() {
			answer, err := env.heketi.Client().StateExamineGluster()
			if err != nil {
				t.Fatal(err)
			}
			size = len(answer)
		})
		with := medianOf(func() { auditWith(t, "--gluster") })
		t.Logf("\n| %d | %s | %s | %.1f MB | %s |", count, without, look, float64(size)/1e6, with)
	}
}

// auditWith runs an audit in the provisioner's pod.
func auditWith(t *testing.T, flags ...string) {
	t.Helper()
	kubectl(t, append([]string{"exec", "--namespace=" + ourNamespace, "deployment/glusterfs-provisioner", "--", "/glusterfs-provisioner", "audit", "--v=0"}, flags...)...)
}

// medianOf returns how long something takes in the median.
func medianOf(do func()) time.Duration {
	var took []time.Duration
	for range auditSamples {
		start := time.Now()
		do()
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took[len(took)/2].Round(10 * time.Millisecond)
}
