package chart

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
)

// classValues are values with one class, of that size of a volume's replica set.
const classValues = `storageClasses:
- name: gold
  default: true
  parameters: {resturl: "http://heketi.example.com:8080", restuser: admin, secretNamespace: glusterfs-provisioner, secretName: heketi, gidMin: 2000000, volumetype: "replicate:REPLICA"}
heketiSecrets:
- {name: heketi, key: adminkey}
`

// scene is a cluster, and commands for it.
type scene struct {
	*testing.T
	helmer  helmer
	release string
	cluster *bench.Cluster
	before  []string
}

func newScene(t *testing.T, h helmer, version bench.Kubernetes) *scene {
	t.Helper()
	cluster, err := bench.StartCluster(t.Context(), bench.Options{Kubernetes: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	h.environment = append(h.environment, "KUBECONFIG="+cluster.Kubeconfig())
	return &scene{T: t, helmer: h, release: release, cluster: cluster, before: everything(t, cluster)}
}

func (s *scene) kubectl(args ...string) string {
	s.Helper()
	output, err := s.cluster.Kubectl(s.Context(), args...)
	if err != nil {
		s.Fatal(err)
	}
	return strings.TrimSpace(string(output))
}

// helm does something with the release.
func (s *scene) helm(verb string, args ...string) {
	s.Helper()
	if err := s.tryHelm(verb, args...); err != nil {
		s.Fatal(err)
	}
}

func (s *scene) tryHelm(verb string, args ...string) error {
	all := []string{verb, s.release, "--namespace=" + namespace}
	if verb == "install" || verb == "upgrade" {
		all = append(all, s.helmer.chart)
	}
	_, err := s.helmer.run(s.Context(), append(all, args...)...)
	return err
}

// values are a class whose volumes have so many replicas.
func (s *scene) values(replicas string) string {
	s.Helper()
	file := filepath.Join(s.TempDir(), "values.yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(classValues, "REPLICA", replicas)), 0o600); err != nil {
		s.Fatal(err)
	}
	return "--values=" + file
}

func (s *scene) expect(want string, args ...string) {
	s.Helper()
	if got := s.kubectl(args...); got != want {
		s.Errorf("kubectl %s prints %q, want %q", strings.Join(args, " "), got, want)
	}
}

// remove removes the release, and sees that nothing is left.
func (s *scene) remove() {
	s.Helper()
	s.helm("uninstall")
	s.kubectl("delete", "namespace", namespace)
	// helm keeps these, as docs/chart.md tells.
	s.kubectl("delete", "--ignore-not-found", "namespace/glusterfs", "customresourcedefinition/glusterclusters.gluster.org")
	s.expectNoKindOf("gluster.org")
	bench.Eventually(s.T, time.Minute, func(context.Context) error {
		if after := everything(s.T, s.cluster); !slices.Equal(after, s.before) {
			return fmt.Errorf("after it was removed, there are %q, before %q", after, s.before)
		}
		return nil
	})
}

// expectNoKindOf waits until the API server offers none of a group's kinds any more.
func (s *scene) expectNoKindOf(group string) {
	s.Helper()
	bench.Eventually(s.T, time.Minute, func(ctx context.Context) error {
		kinds, err := s.cluster.Kubectl(ctx, "api-resources", "--api-group="+group, "-o", "name")
		if err != nil || len(kinds) > 0 {
			return fmt.Errorf("of the group %s there is %q: %w", group, kinds, err)
		}
		return nil
	})
}

var (
	class    = []string{"get", "storageclass", "gold", "-o", "jsonpath={.parameters.volumetype} {.parameters.gidMin}"}
	replicas = []string{"get", "deployment", "glusterfs-provisioner", "--namespace=" + namespace, "-o", "jsonpath={.spec.replicas}"}
)

// TestInstall installs the chart on a real API server, upgrades it, rolls it back, changes a class
// and removes all of it, as docs/chart.md tells.
func TestInstall(t *testing.T) {
	for version, helm := range map[bench.Kubernetes]bench.Helm{bench.OldestKubernetes: bench.Helm3, bench.DefaultKubernetes: bench.Helm4} {
		t.Run("helm "+string(helm)+" on "+string(version), func(t *testing.T) {
			s := newScene(t, newHelmerOf(t, helm), version)
			s.helm("install", "--create-namespace", s.values("3"))
			s.expect("replicate:3 2000000", class...)
			s.helm("upgrade", s.values("3"), "--set=provisioner.replicas=3,networkPolicy.enabled=true,openshift.enabled=true")
			s.expect("3", replicas...)
			s.helm("rollback")
			s.expect("2", replicas...)

			if err := s.tryHelm("upgrade", s.values("2")); err == nil || !strings.Contains(err.Error(), "parameters") {
				t.Errorf("an upgrade that changes a class's parameters ends with %v", err)
			}
			s.kubectl("delete", "storageclass", "gold")
			s.helm("upgrade", s.values("2"))
			s.expect("replicate:2 2000000", class...)
			s.remove()
		})
	}
}

// TestTakeOwnership has helm go on with what was installed with kubectl.
func TestTakeOwnership(t *testing.T) {
	for _, helm := range []bench.Helm{bench.Helm3, bench.Helm4} {
		t.Run("helm "+string(helm), func(t *testing.T) { takeOwnership(t, newHelmerOf(t, helm)) })
	}
}

func takeOwnership(t *testing.T, h helmer) {
	t.Helper()
	s := newScene(t, h, bench.DefaultKubernetes)
	flags := []string{"--take-ownership", on}
	if h.version == bench.Helm4 {
		flags = append(flags, "--server-side=false")
	}
	folder := filepath.Dir(s.helmer.chart)
	s.kubectl("apply", "-f", folder)
	s.kubectl("apply", "-f", filepath.Join(folder, "csi"), "-f", filepath.Join(folder, "glusterfs"), "-f", filepath.Join(folder, "heketi"))
	installed := everything(t, s.cluster)
	uid := []string{"get", "daemonset", "--all-namespaces", "-o", "jsonpath={range .items[*]}{.metadata.name} {.metadata.uid} {.metadata.generation} {end}"}
	was := s.kubectl(uid...)
	s.helm("install", flags...)
	s.expect(was, uid...)
	without := slices.DeleteFunc(everything(t, s.cluster), func(object string) bool { return strings.Contains(object, "sh.helm.release") })
	if !slices.Equal(without, installed) {
		t.Errorf("there are %q, before %q", without, installed)
	}
	s.helm("upgrade", on+",provisioner.replicas=3")
	s.expect("3", replicas...)
	s.expect(was, uid...)
	s.remove()
}

// everything is what there is in a cluster, but for what Kubernetes itself writes all the time.
func everything(t *testing.T, cluster *bench.Cluster) []string {
	t.Helper()
	lines := func(args ...string) []string {
		t.Helper()
		output, err := cluster.Kubectl(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(output)), "\n")
	}
	kinds := slices.DeleteFunc(lines("api-resources", "--verbs=list", "-o", "name"), func(kind string) bool {
		return strings.HasPrefix(kind, "events") || strings.HasPrefix(kind, "leases")
	})
	objects := lines("get", strings.Join(kinds, ","), "--all-namespaces", "--no-headers",
		"-o", "custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name")
	slices.Sort(objects)
	return objects
}
