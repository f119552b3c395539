package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/distribution/reference"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

const (
	// tagAnnotation is OCI's for the tag of an image in a layout.
	tagAnnotation = "org.opencontainers.image.ref.name"
	// nameAnnotation is what containerd names an image by that it imports.
	nameAnnotation = "io.containerd.image.name"
)

// write writes an index of images as an OCI layout, a folder called after its target, and as an archive of
// that folder. What stood there before is replaced.
func (r release) write(index v1.ImageIndex, target, repository string) error {
	named, err := reference.ParseNormalizedNamed(repository + ":" + r.version)
	if err != nil {
		return fmt.Errorf("image name %q: %w", repository+":"+r.version, err)
	}
	folder := filepath.Join(r.output, target)
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	annotations := map[string]string{tagAnnotation: r.version, nameAnnotation: named.String()}
	if err := path.AppendIndex(index, layout.WithAnnotations(annotations)); err != nil {
		return err
	}
	return archiveFolder(folder, filepath.Join(r.output, target+"-"+r.version+".tar"))
}

// archiveFolder writes an archive with the files of a folder, which depends on these alone.
func archiveFolder(folder, to string) (err error) {
	output, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, output.Close()) }()
	archive := tar.NewWriter(output)
	files := os.DirFS(folder)
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		if entry.IsDir() {
			return archive.WriteHeader(header(path+"/", 0o755, tar.TypeDir, 0))
		}
		return archiveFile(archive, files, path)
	})
	return errors.Join(err, archive.Close())
}

func archiveFile(archive *tar.Writer, files fs.FS, path string) error {
	opened, err := files.Open(path)
	if err != nil {
		return err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(header(path, 0o644, tar.TypeReg, info.Size())); err != nil {
		return err
	}
	_, err = io.Copy(archive, opened)
	return err
}
