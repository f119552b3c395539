package app

import (
	"fmt"
	"io"
	"os"

	"glusterfs-provisioner/provisioner/manifests"
)

// manifest is an object of a file.
type manifest struct {
	manifests.Object
	file string
}

// readManifests reads files; - is standard input.
func readManifests(files []string, stdin io.Reader) ([]manifest, error) {
	var all []manifest
	for _, file := range files {
		objects, err := readManifest(file, stdin)
		if err != nil {
			return nil, fmt.Errorf("--filename=%s: %w", file, err)
		}
		for _, object := range objects {
			all = append(all, manifest{object, file})
		}
	}
	return all, nil
}

func readManifest(file string, stdin io.Reader) ([]manifests.Object, error) {
	if file == "-" {
		return manifests.Read(stdin)
	}
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return manifests.Read(opened)
}
