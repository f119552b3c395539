package main

import (
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

var created = time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)

// TestPush pushes images to a registry, pushes them again, and then others of the same tag.
func TestPush(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	repository := strings.TrimPrefix(server.URL, "http://") + "/storage/provisioner"
	r := release{output: t.TempDir(), version: testVersion, revision: testRevision, created: created}
	folder := filepath.Join(r.output, "provisioner")
	want := write(t, r, repository, "first")
	for range 2 {
		pushed, err := push(t.Context(), folder)
		if err != nil || pushed != repository+":"+testVersion+"@"+want.String() {
			t.Fatalf("pushed %s, %v; want %s", pushed, err, want)
		}
	}
	write(t, r, repository, "second")
	if pushed, err := push(t.Context(), folder); err == nil || !strings.Contains(err.Error(), "a tag is never used twice") {
		t.Errorf("pushed %s, %v", pushed, err)
	}
	tag, err := name.NewTag(repository + ":" + testVersion)
	if err != nil {
		t.Fatal(err)
	}
	there, err := remote.Index(tag)
	if err != nil {
		t.Fatal(err)
	}
	if digest, err := there.Digest(); err != nil || digest != want {
		t.Errorf("%s is %s, %v; want %s", tag, digest, err, want)
	}
}

func TestPushOfNothing(t *testing.T) {
	if pushed, err := push(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "cannot read the images") {
		t.Errorf("pushed %q, %v", pushed, err)
	}
}

// TestArchivesAreEqual writes the same images into two folders at two times.
func TestArchivesAreEqual(t *testing.T) {
	var archives [2]string
	for i := range archives {
		r := release{output: t.TempDir(), version: testVersion, revision: testRevision, created: created}
		write(t, r, "registry.example.com/provisioner", "content")
		content, err := os.ReadFile(filepath.Join(r.output, "provisioner-"+testVersion+".tar"))
		if err != nil {
			t.Fatal(err)
		}
		archives[i] = string(content)
	}
	if archives[0] != archives[1] {
		t.Error("two archives of the same images differ")
	}
}

// write writes images whose program has the given content, and returns the digest of their index.
func write(t *testing.T, r release, repository, content string) v1.Hash {
	t.Helper()
	base, err := ownBase()
	if err != nil {
		t.Fatal(err)
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, platform := range platforms {
		image, err := r.assemble(base, recipe{user: "65532:65532", ports: []string{"8080/tcp"}}, platform, []file{{"program", 0o755, []byte(content)}})
		if err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	if err := r.write(index, "provisioner", repository); err != nil {
		t.Fatal(err)
	}
	written, _, err := imagesIn(filepath.Join(r.output, "provisioner"))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(written); err != nil {
		t.Error(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest
}
