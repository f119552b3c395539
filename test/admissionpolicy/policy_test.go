package main

import (
	"os"
	"path/filepath"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestPolicyIsGenerated holds the file that is shipped against the rules of the parameters.
func TestPolicyIsGenerated(t *testing.T) {
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := os.ReadFile(filepath.Join(root, policyFile))
	if err != nil || string(shipped) != policy() {
		t.Errorf("%s is not what the rules of the parameters say; write it anew: make admission-policy (%v)", policyFile, err)
	}
}
