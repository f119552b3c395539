package bench

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
)

// Kubernetes is a version of Kubernetes, such as "1.36.3", that has its module
// at test/modules/kubernetes-<version>.
type Kubernetes string

const (
	// DefaultKubernetes is the version that is meant when none is given.
	DefaultKubernetes Kubernetes = "1.36.3"
	// OldestKubernetes is the last whose kubelet can mount GlusterFS volumes.
	OldestKubernetes Kubernetes = "1.25.0"
)

// Versions returns all versions of Kubernetes that the bench can start.
func Versions() []Kubernetes {
	return []Kubernetes{DefaultKubernetes, OldestKubernetes}
}

// MountsGlusterFS tells whether its kubelet mounts GlusterFS volumes. Others need the
// node plugin.
func (k Kubernetes) MountsGlusterFS() bool { return k == OldestKubernetes }

// check returns an error if the bench cannot start the version.
func (k Kubernetes) check() error {
	if !slices.Contains(Versions(), k) {
		return fmt.Errorf("the bench has no Kubernetes %q, only %q", k, Versions())
	}
	return nil
}

// module is the version's module, from which a set of commands is built.
func (k Kubernetes) module(set string, names ...string) module {
	m := module{name: "kubernetes-" + string(k), set: set, output: string(k), ldflags: k.versionFlags()}
	for _, name := range names {
		m.commands = append(m.commands, command{name, "k8s.io/kubernetes/cmd/" + name})
	}
	return m
}

// versionFlags are the linker flags that stamp the version, in both packages that
// carry one. Without them it does not parse, and clients that parse it fail.
func (k Kubernetes) versionFlags() string {
	parsed := version.MustParseGeneric(string(k))
	values := []string{
		"gitVersion=v" + string(k),
		fmt.Sprintf("gitMajor=%d", parsed.Major()),
		fmt.Sprintf("gitMinor=%d", parsed.Minor()),
		"gitTreeState=clean",
		// A module does not tell its commit.
		"gitCommit=" + strings.Repeat("0", 40),
		"buildDate=1970-01-01T00:00:00Z",
	}
	var flags []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for _, value := range values {
			flags = append(flags, fmt.Sprintf("-X %s.%s", pkg, value))
		}
	}
	return strings.Join(flags, " ")
}
