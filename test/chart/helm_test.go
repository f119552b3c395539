package chart

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"glusterfs-provisioner/test/bench"
)

// namespace is the one that docs/chart.md installs into.
const namespace = "glusterfs-provisioner"

// release is the name of the release, which is in no object.
const release = "glusterfs"

// helmer runs helm.
type helmer struct {
	version        bench.Helm
	program, chart string
	environment    []string
}

// newHelmer returns one of helm 4.
func newHelmer(t *testing.T) helmer {
	t.Helper()
	return newHelmerOf(t, bench.Helm4)
}

// newHelmerOf builds helm, unless it is there.
func newHelmerOf(t *testing.T, version bench.Helm) helmer {
	t.Helper()
	if os.Getenv("CHART") != "1" {
		t.Skip("left out: helm takes minutes to build; make chart runs it")
	}
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	program, err := bench.BuildHelm(t.Context(), root, version, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	return helmer{version: version, program: program, chart: filepath.Join(root, "deploy", "chart"), environment: []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}}
}

func (h helmer) run(ctx context.Context, args ...string) ([]byte, error) {
	return bench.Run(ctx, h.environment, h.program, args...)
}

// render returns the objects that the chart makes with these arguments.
func (h helmer) render(t *testing.T, args ...string) []unstructured.Unstructured {
	t.Helper()
	text, err := h.run(t.Context(), append([]string{"template", release, h.chart, "--namespace=" + namespace}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return objectsIn(t, text)
}

func objectsIn(t *testing.T, text []byte) (objects []unstructured.Unstructured) {
	t.Helper()
	for documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 1024); ; {
		var object unstructured.Unstructured
		switch err := documents.Decode(&object.Object); {
		case errors.Is(err, io.EOF):
			return objects
		case err != nil:
			t.Fatal(err)
		case len(object.Object) > 0:
			objects = append(objects, object)
		}
	}
}
