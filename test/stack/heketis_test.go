package stack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
	"golang.org/x/sync/errgroup"

	"glusterfs-provisioner/test/bench"
)

const (
	// callers is how many operations heketi takes at once.
	callers = 8
	// heketiPoll is how often, in milliseconds, is asked whether an operation is done.
	heketiPoll = 50
	// heketiCallBound is how long one request may take.
	heketiCallBound = time.Minute
)

// heketiPort is the port of heketi's API in a pod.
const heketiPort = "8080"

// heketi is a heketi in a pod, and its client.
type heketi struct {
	name   string
	client *gcli.Client
}

// heketiAt is the heketi in a pod that a selector finds.
func heketiAt(t *testing.T, name, selector, key string) heketi {
	t.Helper()
	options := gcli.DefaultClientOptions()
	options.PollDelay = heketiPoll
	client := gcli.NewClientWithOptions(heketiURL(t, selector), "admin", key, options)
	client.SetClientFunc(func(_ *tls.Config, redirect gcli.CheckRedirectFunc) (gcli.HttpPerformer, error) {
		return &http.Client{CheckRedirect: redirect, Timeout: heketiCallBound}, nil
	})
	return heketi{name, client}
}

// heketiURL is where a heketi in a pod, which a selector finds, serves its API.
func heketiURL(t *testing.T, selector string) string {
	t.Helper()
	address := kubectl(t, "get", "pods", "--namespace=glusterfs", "--selector="+selector, "-o", "jsonpath={.items[0].status.podIP}")
	return "http://" + net.JoinHostPort(address, heketiPort)
}

// installed finds the heketi that a person installs, behind its keeper.
const installed = "app.kubernetes.io/name=heketi"

// adminKey is the key of its user admin.
func adminKey(t *testing.T) string {
	t.Helper()
	key, err := env.person.Runs(t.Context(), "kubectl -n glusterfs get secret heketi-keys -o jsonpath='{.data.admin}' | base64 -d")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// installedHeketi is the one that a person installs.
func installedHeketi(t *testing.T) heketi {
	t.Helper()
	return heketiAt(t, "installed", installed, adminKey(t))
}

// askHeketi has heketi-cli ask it, and returns what that printed.
func askHeketi(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandBound)
	defer cancel()
	environment := append(slices.Clone(env.person.Environment), "HEKETI_CLI_SERVER="+heketiURL(t, installed), "HEKETI_CLI_USER=admin", "HEKETI_CLI_KEY="+adminKey(t))
	output, err := bench.Run(ctx, environment, env.programs.heketi.CLI, args...)
	if err != nil {
		t.Fatalf("heketi-cli %s: %v: %s", strings.Join(args, " "), err, output)
	}
	return string(output)
}

// make makes volumes of 1 GiB with three replicas, and returns their ids and how long it took.
func (h heketi) make(number int) (ids []string, took time.Duration, err error) {
	ids = make([]string, number)
	took, err = atOnce(number, func(i int) error {
		request := &api.VolumeCreateRequest{Size: 1, Gid: int64(2000 + i)}
		request.Durability.Type = api.DurabilityReplicate
		request.Durability.Replicate.Replica = 3
		volume, err := h.client.VolumeCreate(request)
		if err != nil {
			return fmt.Errorf("heketi %s makes no volume: %w", h.name, err)
		}
		ids[i] = volume.Id
		return nil
	})
	return ids, took, err
}

// remove deletes volumes, and returns how long it took.
func (h heketi) remove(ids []string) (took time.Duration, err error) {
	return atOnce(len(ids), func(i int) error {
		if err := h.client.VolumeDelete(ids[i]); err != nil {
			return fmt.Errorf("heketi %s does not delete the volume %s: %w", h.name, ids[i], err)
		}
		return nil
	})
}

// atOnce does a number of things, as many at once as heketi takes, and returns how long it took. heketi's client knows no
// context, so it is the test's own bound that counts.
func atOnce(number int, do func(int) error) (time.Duration, error) {
	start := time.Now()
	var calls errgroup.Group
	calls.SetLimit(callers)
	errs := make([]error, number)
	for i := range number {
		calls.Go(func() error {
			errs[i] = do(i)
			return nil
		})
	}
	_ = calls.Wait() // The errors are those above.
	return time.Since(start), errors.Join(errs...)
}
