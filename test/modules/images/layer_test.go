package main

import (
	"archive/tar"
	"errors"
	"io"
	"slices"
	"testing"
)

// TestLayers holds that a layer has the folders of its files before them, each once, and that it does not
// depend on their order.
func TestLayers(t *testing.T) {
	files := []file{{"/program", 0o755, []byte("x")}, {"etc/ssl/certs/list", 0o644, nil}, {"etc/passwd", 0o644, nil}}
	layer, err := layerOf(files...)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := layer.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	var names []string
	for archive := tar.NewReader(opened); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
	if want := []string{"program", "etc/", "etc/passwd", "etc/ssl/", "etc/ssl/certs/", "etc/ssl/certs/list"}; !slices.Equal(names, want) {
		t.Errorf("the layer has %q, not %q", names, want)
	}
	slices.Reverse(files)
	other, err := layerOf(files...)
	if err != nil {
		t.Fatal(err)
	}
	is, errIs := other.Digest()
	want, errWant := layer.Digest()
	if is != want || errIs != nil || errWant != nil {
		t.Errorf("in another order, the layer is %s, not %s: %v, %v", is, want, errIs, errWant)
	}
}
