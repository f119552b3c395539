package e2e

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"glusterfs-provisioner/test/e2e/node"
	"glusterfs-provisioner/test/e2e/storagesuite"
)

const (
	// specsSideBySide is how many specs of the storage suite are run at once. They
	// mostly wait for heketi.
	specsSideBySide = 4
	// suiteBound is how long each part of the suite may take.
	suiteBound = 2 * time.Hour
)

// specs finds, by their names, the specs to run of Kubernetes' own storage suite.
func specs() string { return os.Getenv("SPECS") }

// TestStorageSuite runs the suite by which the Kubernetes project judges drivers. That
// nothing is left of it is seen after all tests.
func TestStorageSuite(t *testing.T) {
	if specs() == "" {
		t.Skip("left out: make conformance runs it")
	}
	asked, err := regexp.Compile(specs())
	if err != nil {
		t.Fatalf("SPECS is no regular expression: %v", err)
	}
	// Some specs have pods on different nodes.
	for _, one := range []*node.Node{env.node, startSecondNode(t).Node} {
		tagStorageSuiteImages(t, one)
	}
	key, err := env.node.AllowSSH(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	makeClass(t, storagesuite.ClassName, nil)
	folder := filepath.Join(env.logs, "storage-suite")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	summary, err := storagesuite.Run(t.Context(), storagesuite.Options{
		Binaries: env.programs.storageSuite, Kubeconfig: env.cluster.Kubeconfig(), SSHKey: key, Folder: folder,
		Specs: asked, SideBySide: specsSideBySide, Bound: suiteBound,
		Disrupt: func(ctx context.Context) error {
			_, err := try(ctx, "cordon", secondNode)
			return err
		},
	})
	t.Logf("%d specs passed; what the suite says is in %s", summary.Passed, folder)
	for reason, count := range summary.LeftOut {
		t.Logf("%d specs are left out: %s", count, reason)
	}
	if err != nil {
		t.Error(err)
	}
}

// tagStorageSuiteImages gives a node's image the names that the suite has for what it is.
func tagStorageSuiteImages(t *testing.T, on *node.Node) {
	t.Helper()
	for _, image := range node.StorageSuiteImages {
		if err := on.TagImage(t.Context(), node.BusyboxImage, image); err != nil {
			t.Fatal(err)
		}
	}
}
