package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
)

// file is one of a layer. All belong to root.
type file struct {
	// path is where it is in an image, with or without a slash before it.
	path    string
	mode    int64
	content []byte
}

// layerOf returns a layer with these files and their folders. It depends on nothing else: files are sorted,
// and all of 1970, so that a layer whose files did not change is pulled once only. What compresses it is
// of a version that go.mod names, not of the Go that compiled this.
func layerOf(files ...file) (v1.Layer, error) {
	var archive bytes.Buffer
	compressor, err := gzip.NewWriterLevel(&archive, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(writeFiles(compressor, files), compressor.Close()); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
}

func writeFiles(to io.Writer, files []file) error {
	files = slices.SortedFunc(slices.Values(files), func(a, b file) int { return cmp.Compare(a.path, b.path) })
	archive := tar.NewWriter(to)
	written := map[string]bool{}
	for _, f := range files {
		for _, folder := range foldersAbove(f.path) {
			if written[folder] {
				continue
			}
			written[folder] = true
			if err := archive.WriteHeader(header(folder+"/", 0o755, tar.TypeDir, 0)); err != nil {
				return err
			}
		}
		if err := archive.WriteHeader(header(f.path, f.mode, tar.TypeReg, int64(len(f.content)))); err != nil {
			return err
		}
		if _, err := archive.Write(f.content); err != nil {
			return err
		}
	}
	return archive.Close()
}

// foldersAbove returns the folders that a path is in, the outermost first, without the root.
func foldersAbove(name string) (folders []string) {
	for folder := path.Dir(path.Clean("/" + name)); folder != "/"; folder = path.Dir(folder) {
		folders = append(folders, folder)
	}
	slices.Reverse(folders)
	return folders
}

// header is that of a file in a layer or in an archive: root's, and of 1970.
func header(name string, mode int64, kind byte, size int64) *tar.Header {
	return &tar.Header{
		Name: strings.TrimPrefix(name, "/"), Mode: mode, Typeflag: kind, Size: size,
		ModTime: time.Unix(0, 0).UTC(), Format: tar.FormatUSTAR,
	}
}
