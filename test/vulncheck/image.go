package main

import (
	"errors"
	"fmt"
	"regexp"
)

var (
	goArgument = regexp.MustCompile(`(?m)^ARG GO_VERSION=(\S*)`)
	patch      = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
)

// imageGo returns the version of Go that a Dockerfile builds with, such as go1.26.0.
func imageGo(dockerfile string) (string, error) {
	found := goArgument.FindStringSubmatch(dockerfile)
	if found == nil {
		return "", errors.New("the Dockerfile has no line ARG GO_VERSION=, which says what Go the images are built with")
	}
	if !patch.MatchString(found[1]) {
		return "", fmt.Errorf("GO_VERSION in the Dockerfile is %q, which may be any patch release: name one, such as 1.26.0", found[1])
	}
	return "go" + found[1], nil
}
