package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"glusterfs-provisioner/deploy"
)

// Manifests returns the objects that deploy/ and deploy/csi/ make.
func Manifests() ([]unstructured.Unstructured, error) {
	var all []unstructured.Unstructured
	err := fs.WalkDir(deploy.Manifests, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".yaml" {
			return err
		}
		text, err := fs.ReadFile(deploy.Manifests, file)
		if err != nil {
			return err
		}
		objects, err := objectsIn(text)
		if err != nil {
			return fmt.Errorf("deploy/%s: %w", file, err)
		}
		all = append(all, objects...)
		return nil
	})
	return all, err
}

func objectsIn(text []byte) ([]unstructured.Unstructured, error) {
	var objects []unstructured.Unstructured
	for documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 1024); ; {
		var object unstructured.Unstructured
		switch err := documents.Decode(&object.Object); {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}
