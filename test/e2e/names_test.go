package e2e

import (
	"strings"
	"testing"
)

// testLongestNames makes a volume for the longest names that Kubernetes allows,
// 253 and 63 characters. glusterd refuses a volume whose name makes its own files'
// names too long; heketi does not know of that.
func testLongestNames(t *testing.T) {
	namespace := strings.Repeat("n", 63)
	name := strings.Repeat("long.name-", 25) + "end"
	makeClass(t, "prefixed", parameters{"volumenameprefix": "a-rather-telling-prefix"})
	makeNamespace(t, namespace)
	makeClaim(t, claim{namespace: namespace, name: name, class: "prefixed"})
	startPod(t, namespace, "writer", name)
	if got := shell(t, namespace+"/writer", "echo long > /1/name && cat /1/name"); got != "long" {
		t.Errorf("the pod reads %q", got)
	}
	v := volumeOf(t, namespace, name)
	if !strings.HasPrefix(v.name, "a-rather-telling-prefix_") {
		t.Errorf("the volume's name is %s, want one that begins with the prefix", v.name)
	}
	remove(t, namespace, "pod/writer", "pvc/"+name)
	v.waitGone(t)
	waitUntilPrints(t, "", "get", "services,endpoints", "--namespace="+namespace, "-o", "name")
}
