package bench

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestManifests(t *testing.T) {
	for name, test := range map[string]struct {
		there, want []string
	}{
		"in kubectl's order":                {[]string{"20-deployment.yaml", "11-b.yaml", "00-a.yaml"}, []string{"00-a.yaml", "11-b.yaml"}},
		"without notes and what lies below": {[]string{"20-deployment.yaml", "00-a.yaml", "notes.md", "csi/30-c.yaml"}, []string{"00-a.yaml"}},
		"the Deployment has another name":   {[]string{"00-a.yaml", "21-deployment.yaml"}, nil},
		"nothing":                           {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for _, file := range test.there {
				path := filepath.Join(root, "deploy", file)
				if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := Manifests(root)
			var want []string
			for _, file := range test.want {
				want = append(want, filepath.Join(root, "deploy", file))
			}
			if !reflect.DeepEqual(got, want) || (err == nil) != (want != nil) {
				t.Errorf("got %q, %v; want %q", got, err, want)
			}
		})
	}
}
