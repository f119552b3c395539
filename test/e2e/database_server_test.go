package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/bench"
)

// importDatabase gives the node the database's image, once.
var importDatabase = sync.OnceValue(func() error {
	return env.node.ImportImage(context.Background(), env.programs.database)
})

// needsDatabase leaves a test out if databases are not tested.
func needsDatabase(t *testing.T) {
	t.Helper()
	if !testsDatabase() {
		t.Skip("left out: make e2e-database runs it")
	}
	if err := importDatabase(); err != nil {
		t.Fatal(err)
	}
}

// mariadb is a MariaDB server of the chart test/e2e/charts/mariadb, a release of that name in a
// namespace of the same name.
type mariadb struct{ name string }

// installMariaDB installs the chart and waits until the server answers. It goes with the test.
func installMariaDB(t *testing.T, name string, values ...string) mariadb {
	t.Helper()
	d := makeMariaDB(t, name, values...)
	d.waitReady(t)
	return d
}

// makeMariaDB is installMariaDB, but does not wait.
func makeMariaDB(t *testing.T, name string, values ...string) mariadb {
	t.Helper()
	makeNamespace(t, name)
	d := mariadb{name: name}
	d.helm(t, "install", values...)
	return d
}

// set changes values of the chart.
func (d mariadb) set(t *testing.T, values ...string) {
	t.Helper()
	d.helm(t, "upgrade", append([]string{"--reuse-values"}, values...)...)
}

func (d mariadb) helm(t *testing.T, verb string, values ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandBound)
	defer cancel()
	args := []string{verb, d.name, filepath.Join(env.root, "test", "e2e", "charts", "mariadb"), "--namespace=" + d.name}
	for _, value := range values {
		if !strings.HasPrefix(value, "--") {
			value = "--set=" + value
		}
		args = append(args, value)
	}
	if _, err := bench.Run(ctx, env.person.Environment, env.programs.helm, args...); err != nil {
		t.Fatal(err)
	}
}

// pod is the server's pod, without its namespace.
func (d mariadb) pod() string { return d.name + "-0" }

// shell runs a shell command beside the server.
func (d mariadb) shell(t *testing.T, command string) string {
	t.Helper()
	return shell(t, d.name+"/"+d.pod(), command)
}

func (d mariadb) waitReady(t *testing.T) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		_, err := d.address(ctx)
		return err
	})
}

// address is where the server answers, once its pod is ready.
func (d mariadb) address(ctx context.Context) (string, error) {
	pod, err := env.client.CoreV1().Pods(d.name).Get(ctx, d.pod(), metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	if statuses := pod.Status.ContainerStatuses; len(statuses) != 1 || !statuses[0].Ready || pod.DeletionTimestamp != nil {
		return "", fmt.Errorf("the pod %s is not ready", d.pod())
	}
	return pod.Status.PodIP + ":3306", nil
}

// stop stops the server in good order, and keeps its claim.
func (d mariadb) stop(t *testing.T) {
	t.Helper()
	d.set(t, "replicas=0")
	kubectl(t, "wait", "--namespace="+d.name, "--for=delete", "pod/"+d.pod(), "--timeout="+patience.String())
}

// signal sends the server's process a signal, and nothing else one.
func (d mariadb) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	servers := processesOf(t, "mariadbd")
	if len(servers) != 1 {
		t.Fatalf("the servers are %v, want one", servers)
	}
	if err := syscall.Kill(servers[0].id, signal); err != nil {
		t.Fatal(err)
	}
}

// log is what the server has logged since a time.
func (d mariadb) log(t *testing.T, since time.Time) (log string) {
	t.Helper()
	arguments := []string{"logs", "--namespace=" + d.name, d.pod(), "--since-time=" + since.Format(time.RFC3339)}
	// A kubelet that has just started does not know of the pod yet.
	eventually(t, func(ctx context.Context) (err error) {
		log, err = try(ctx, arguments...)
		return err
	})
	// Most containers have no predecessor in their pod.
	if before, err := try(t.Context(), append(arguments, "--previous")...); err == nil {
		log = before + "\n" + log
	}
	return log
}

// complaint is what a server logs that something troubles, such as a page that is wrong.
var complaint = regexp.MustCompile(`(?m)^.*\[ERROR\].*$`)

// checkLog checks that the server has not complained since a time.
func (d mariadb) checkLog(t *testing.T, since time.Time) {
	t.Helper()
	if found := complaint.FindAllString(d.log(t, since), -1); len(found) > 0 {
		t.Errorf("the server complains:\n%s", strings.Join(found, "\n"))
	}
}

// checkRecovered checks that the server, which was killed after a time, recovered.
func (d mariadb) checkRecovered(t *testing.T, since time.Time) {
	t.Helper()
	log := d.log(t, since)
	_, after, found := strings.Cut(log, "Starting crash recovery")
	if !found || !strings.Contains(after, "ready for connections") {
		t.Errorf("the server did not recover from its end:\n%s", log)
	}
}
