package integration

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"

	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/test/bench"
)

// TestWalkthroughs runs the classes and claims that users bring along. Only what
// is particular to the test is replaced: the provisioner's and the class's name,
// resturl, and clusterid.
func TestWalkthroughs(t *testing.T) {
	open := startHeketi(t, bench.HeketiOptions{})
	secured := startHeketi(t, bench.HeketiOptions{Auth: true, TLS: true})
	p := startProvisioner(t)
	newSecret(t, "default", "heketi-secret-of-walkthrough", "kubernetes.io/glusterfs",
		map[string]string{"key": secured.AdminKey(), "ca.crt": string(secured.CA())})

	files, err := filepath.Glob(filepath.Join(env.root, "examples", "seeds", "*.yaml"))
	if err != nil || len(files) != 5 {
		t.Fatalf("found %d walkthroughs, want 5: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			heketi := open
			class, claim := readSeed(t, file)
			if _, err := parameters.Parse(class.Parameters); err != nil {
				t.Fatalf("as it is printed: %v", err)
			}
			change := func(made *storagev1.StorageClass) {
				made.Parameters = class.Parameters
				if _, named := made.Parameters["secretName"]; named {
					// The other tests have a Secret of that name, too.
					heketi, made.Parameters["secretName"] = secured, "heketi-secret-of-walkthrough"
				}
				if _, named := made.Parameters["clusterid"]; named {
					made.Parameters["clusterid"] = heketi.Clusters()[0]
				}
				made.Parameters["resturl"] = heketi.URL()
			}
			made := newClass(t, p, nil, nil, change)
			namespace := newNamespace(t)
			claim = newClaim(t, namespace, made.Name, "1Gi", func(fresh *v1.PersistentVolumeClaim) {
				if claim == nil {
					return
				}
				fresh.Name, fresh.Spec = claim.Name, claim.Spec
				if _, beta := claim.Annotations[v1.BetaStorageClassAnnotation]; beta {
					fresh.Annotations = map[string]string{v1.BetaStorageClassAnnotation: made.Name}
				}
			})
			pv := waitBound(t, claim)
			deleteClaim(t, claim)
			waitVolumeGone(t, pv.Name)
			waitNothingLeft(t, heketi, namespace)
		})
	}
}

// readSeed returns the class of a file, and its claim if it has one.
func readSeed(t *testing.T, file string) (*storagev1.StorageClass, *v1.PersistentVolumeClaim) {
	t.Helper()
	var class *storagev1.StorageClass
	var claim *v1.PersistentVolumeClaim
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(must[[]byte](t)(os.ReadFile(file)))))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode(document, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		switch object := object.(type) {
		case *storagev1.StorageClass:
			class = object
		case *v1.PersistentVolumeClaim:
			claim = object
		}
	}
	if class == nil {
		t.Fatal("no class")
	}
	return class, claim
}

// TestExamplesAreAccepted has the API server check every example, and our parser
// every class.
func TestExamplesAreAccepted(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(env.root, "examples", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	for _, file := range files {
		if bytes.Contains(must[[]byte](t)(os.ReadFile(file)), []byte("kind: GlusterCluster")) {
			continue // test/keeper has the API server define and check it.
		}
		output, err := env.cluster.Kubectl(t.Context(), "apply", "--dry-run=server", "-f", file)
		if err != nil {
			t.Errorf("%s: %v: %s", filepath.Base(file), err, output)
		}
		if bytes.Contains(must[[]byte](t)(os.ReadFile(file)), []byte("kind: StorageClass")) {
			class, _ := readSeed(t, file)
			if _, err := parameters.Parse(class.Parameters); err != nil {
				t.Errorf("%s: %v", filepath.Base(file), err)
			}
		}
	}
}
