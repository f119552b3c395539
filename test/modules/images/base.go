package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// rootsModule has the certificates of the base, those of Mozilla.
const rootsModule = "golang.org/x/crypto/x509roots/fallback"

// Users are those of the Dockerfile's base image: root, and nonroot, whom the provisioner runs as.
const (
	users = `root:x:0:0:root:/:/sbin/nologin
nonroot:x:65532:65532:nonroot:/:/sbin/nologin
`
	groups = `root:x:0:
nonroot:x:65532:
`
)

// searchPath is where the node plugin, once it is in the namespaces of the node, finds the node's programs.
const searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// baseFor returns the image to build upon for a platform: the release's from its registry, or one with what
// the programs need of the Dockerfile's, which cannot be pulled everywhere.
func (r release) baseFor(ctx context.Context, platform v1.Platform) (v1.Image, error) {
	if r.base == "" {
		return ownBase()
	}
	// By a tag alone, the same commit would have other content tomorrow.
	reference, err := name.NewDigest(r.base)
	if err != nil {
		return nil, fmt.Errorf("base image %q has to be named with its digest, such as %s@sha256:...: %w", r.base, r.base, err)
	}
	image, err := remote.Image(reference, remote.WithContext(ctx), remote.WithPlatform(platform), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return nil, fmt.Errorf("cannot pull base image %s for %s: %w", r.base, platform, err)
	}
	return image, nil
}

func ownBase() (v1.Image, error) {
	layer, err := layerOf(
		file{"etc/passwd", 0o644, []byte(users)},
		file{"etc/group", 0o644, []byte(groups)},
		file{"etc/ssl/certs/ca-certificates.crt", 0o644, certificates()},
	)
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	base, err = mutate.ConfigFile(base, &v1.ConfigFile{
		Config: v1.Config{Env: []string{searchPath}, WorkingDir: "/"}, RootFS: v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return nil, err
	}
	return mutate.Append(base, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: "certificates of " + rootsModule + ", and users"}})
}

// certificates returns the authorities that Mozilla trusts, as PEM. Left out are those that it trusts for
// what they have certified up to some day, since a file cannot say that.
func certificates() []byte {
	var list bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			list.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
		}
	}
	return list.Bytes()
}
