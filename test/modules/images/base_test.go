package main

import (
	"bytes"
	"crypto/x509"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func TestOwnBase(t *testing.T) {
	base, err := ownBase()
	if err != nil {
		t.Fatal(err)
	}
	checkBase(t, filesOf(t, base))
}

// checkBase looks for what the programs need of a base: authorities for a heketi or an API server with a
// public certificate, and a name for their user.
func checkBase(t *testing.T, files map[string][]byte) {
	t.Helper()
	pool := x509.NewCertPool()
	list := files["etc/ssl/certs/ca-certificates.crt"]
	if !pool.AppendCertsFromPEM(list) || bytes.Count(list, []byte("BEGIN CERTIFICATE")) < 100 {
		t.Errorf("the base has %d certificates", bytes.Count(list, []byte("BEGIN CERTIFICATE")))
	}
	for path, want := range map[string]string{"etc/passwd": "nonroot:x:65532:65532:", "etc/group": "nonroot:x:65532:"} {
		if !strings.Contains(string(files[path]), want) {
			t.Errorf("%s does not have %s: %s", path, want, files[path])
		}
	}
}

// TestBaseOfARegistry builds upon an image for two platforms, which is pulled.
func TestBaseOfARegistry(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	tag, err := name.NewTag(strings.TrimPrefix(server.URL, "http://") + "/distroless/static:latest")
	if err != nil {
		t.Fatal(err)
	}
	var index v1.ImageIndex = empty.Index
	for _, platform := range platforms {
		base, err := ownBase()
		if err != nil {
			t.Fatal(err)
		}
		layer, err := layerOf(file{"etc/platform", 0o644, []byte(platform.Architecture)})
		if err != nil {
			t.Fatal(err)
		}
		if base, err = mutate.AppendLayers(base, layer); err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: base, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	if err := remote.WriteIndex(tag, index); err != nil {
		t.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	r := release{base: tag.Repository.Digest(digest.String()).String()}
	for _, platform := range platforms {
		base, err := r.baseFor(t.Context(), platform)
		if err != nil {
			t.Fatal(err)
		}
		image, err := r.assemble(base, recipe{user: "1:1"}, platform, []file{{"program", 0o755, []byte("x")}})
		if err != nil {
			t.Fatal(err)
		}
		files := filesOf(t, image)
		checkBase(t, files)
		if string(files["etc/platform"]) != platform.Architecture || string(files["program"]) != "x" {
			t.Errorf("the image for %s has %q and %q", platform, files["etc/platform"], files["program"])
		}
	}
	r.base = tag.String()
	if _, err := r.baseFor(t.Context(), platforms[0]); err == nil || !strings.Contains(err.Error(), "has to be named with its digest") {
		t.Errorf("a base without a digest: %v", err)
	}
}
