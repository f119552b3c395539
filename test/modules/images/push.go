package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// push pushes the images that a folder has to where their name says, and returns the name with the digest.
// It logs in as docker does, with what is in its configuration. A tag that stands for something else
// stays; one that stands for the same is pushed already.
func push(ctx context.Context, folder string) (string, error) {
	index, tag, err := imagesIn(folder)
	if err != nil {
		return "", fmt.Errorf("cannot read the images in %s: %w", folder, err)
	}
	digest, err := index.Digest()
	if err != nil {
		return "", err
	}
	pushed := tag.String() + "@" + digest.String()
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
	switch there, err := remote.Head(tag, options...); {
	case err == nil && there.Digest == digest:
		return pushed, nil
	case err == nil:
		return "", fmt.Errorf("%s is there with other content, %s: a tag is never used twice; raise VERSION", tag, there.Digest)
	case !isNotFound(err):
		return "", fmt.Errorf("cannot ask whether %s is there: %w", tag, err)
	}
	if err := remote.WriteIndex(tag, index, options...); err != nil {
		return "", fmt.Errorf("cannot push %s: %w", tag, err)
	}
	return pushed, nil
}

func isNotFound(err error) bool {
	var refused *transport.Error
	return errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound
}

// imagesIn returns the index of images that a folder has, and what it is called.
func imagesIn(folder string) (v1.ImageIndex, name.Tag, error) {
	contents, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		return nil, name.Tag{}, err
	}
	manifest, err := contents.IndexManifest()
	if err != nil {
		return nil, name.Tag{}, err
	}
	if len(manifest.Manifests) != 1 {
		return nil, name.Tag{}, fmt.Errorf("it has %d images, not one", len(manifest.Manifests))
	}
	only := manifest.Manifests[0]
	tag, err := name.NewTag(only.Annotations[nameAnnotation], name.StrictValidation)
	if err != nil {
		return nil, name.Tag{}, err
	}
	index, err := contents.ImageIndex(only.Digest)
	return index, tag, err
}
