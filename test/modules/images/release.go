package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// platforms are those that images are built for.
var platforms = []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}

// release is what goes into all images of one version.
type release struct {
	// root is the repository, output the folder to write to.
	root, output string
	// version is the tag of the images, and revision the commit, which was made at the time created.
	version, revision string
	created           time.Time
	ldflags           string
	// toolchain is the GOTOOLCHAIN to compile with; the Dockerfile's, if empty.
	toolchain string
	// base is the image to build upon; ownBase, if empty.
	base string
}

// build builds a target of the Dockerfile for all platforms, and writes it to the output folder, together
// with lists of what is in it. It returns the digest of the index of its images.
func (r release) build(ctx context.Context, target, repository string) (digest v1.Hash, err error) {
	made, goVersion, err := readRecipe(r.root, target, map[string]string{"VERSION": r.version, "REVISION": r.revision})
	if err != nil {
		return v1.Hash{}, err
	}
	if err := os.MkdirAll(r.output, 0o755); err != nil {
		return v1.Hash{}, err
	}
	programs, err := os.MkdirTemp(r.output, ".programs-")
	if err != nil {
		return v1.Hash{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(programs)) }()
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, platform := range platforms {
		image, err := r.image(ctx, made, goVersion, platform, filepath.Join(programs, platform.Architecture))
		if err != nil {
			return v1.Hash{}, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	annotated, ok := mutate.Annotations(index, made.labels).(v1.ImageIndex)
	if !ok {
		return v1.Hash{}, errors.New("an index with annotations is no index")
	}
	if err := r.write(annotated, target, repository); err != nil {
		return v1.Hash{}, err
	}
	return annotated.Digest()
}

// image builds the image of a platform, and writes the list of what is in it.
func (r release) image(ctx context.Context, made recipe, goVersion string, platform v1.Platform, folder string) (v1.Image, error) {
	base, err := r.baseFor(ctx, platform)
	if err != nil {
		return nil, err
	}
	var files []file
	for path, name := range made.programs {
		program, err := r.compile(ctx, name, goVersion, platform, folder)
		if err != nil {
			return nil, err
		}
		content, err := os.ReadFile(program)
		if err != nil {
			return nil, err
		}
		files = append(files, file{path, 0o755, content})
		if err := r.writeContents(program, platform); err != nil {
			return nil, fmt.Errorf("cannot list what is in %s: %w", name, err)
		}
	}
	return r.assemble(base, made, platform, files)
}

// assemble puts files on a base, and says in the image's configuration what the recipe says.
func (r release) assemble(base v1.Image, made recipe, platform v1.Platform, files []file) (v1.Image, error) {
	layer, err := layerOf(files...)
	if err != nil {
		return nil, err
	}
	image, err := mutate.Append(base, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: "the programs of " + r.revision}})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = platform.OS, platform.Architecture, platform.Variant
	config.Created = v1.Time{Time: r.created}
	config.Config.User, config.Config.Entrypoint, config.Config.Cmd = made.user, made.entrypoint, nil
	config.Config.Labels = made.labels
	config.Config.ExposedPorts = map[string]struct{}{}
	for _, port := range made.ports {
		config.Config.ExposedPorts[port] = struct{}{}
	}
	return mutate.ConfigFile(image, config)
}
