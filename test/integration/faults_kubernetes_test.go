package integration

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"glusterfs-provisioner/test/bench"
)

// TestFaultAPIServerRestarted restarts the API server in the middle of a burst. It
// is everybody's, so this is not played beside other scenes.
func TestFaultAPIServerRestarted(t *testing.T) {
	s := newScene(t, sceneOptions{})
	s.claim(t)
	s.eventually(t, func(context.Context) error {
		volumes, err := s.heketi.Volumes()
		if err == nil && len(volumes) == 0 {
			err = errorOf("no volume is made yet")
		}
		return err
	})
	if err := env.cluster.StopAPIServer(); err != nil {
		t.Fatal(err)
	}
	if err := env.cluster.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.checkPromises(t)
	s.unclaim(t)
	s.checkPromises(t)
}

// apiServerProxy starts a proxy before the API server, and returns it with the
// flag that has a provisioner use it.
func apiServerProxy(t *testing.T) (proxy *bench.Proxy, flag string) {
	t.Helper()
	proxy = stopAtEnd(t)(bench.StartAPIServerProxy(t.Context(), env.cluster))
	config := must[*clientcmdapi.Config](t)(clientcmd.LoadFromFile(env.kubeconfig))
	for _, cluster := range config.Clusters {
		cluster.Server = proxy.URL()
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return proxy, "--kubeconfig=" + path
}

// outages are what becomes of the requests to an API server that is out of order,
// and what a person is told of it.
var outages = map[string]struct {
	action bench.Action
	told   string
}{
	"cuts connections":          {bench.Cut, "EOF"},
	"loses answers":             {bench.LoseAnswer, "EOF"},
	"times out":                 {bench.Answer(http.StatusGatewayTimeout, "timed out"), "in the time allotted"},
	"times out after saving":    {bench.PassOnAndAnswer(http.StatusGatewayTimeout, "timed out"), "in the time allotted"},
	"answers after ten seconds": {bench.DelayAnswer(10 * time.Second), ""},
}

// TestFaultAPIServerFails has the API server be out of order for what the
// provisioner writes, while volumes are made and while they are deleted.
func TestFaultAPIServerFails(t *testing.T) {
	t.Parallel()
	for object, of := range map[string]struct {
		path string
		// kept is whether there is one until the claim is deleted.
		kept bool
	}{
		"Services":          {"^/api/v1/namespaces/[^/]+/services", true},
		"Endpoints":         {"^/api/v1/namespaces/[^/]+/endpoints", true},
		"PersistentVolumes": {"^/api/v1/persistentvolumes", true},
		"the journal":       {"^/api/v1/namespaces/[^/]+/configmaps", false},
	} {
		t.Run(object, func(t *testing.T) {
			t.Parallel()
			for name, outage := range outages {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					proxy, through := apiServerProxy(t)
					s := newScene(t, sceneOptions{flags: append([]string{through}, fastTries...)})
					disturb := func() (creation, deletion *bench.Disturbance) {
						// The finalizer is a patch, and all but the journal's first entry an update.
						proxy.Disturb(http.MethodPatch, of.path, outage.action)
						proxy.Disturb(http.MethodPut, of.path, outage.action)
						return proxy.Disturb(http.MethodPost, of.path, outage.action), proxy.Disturb(http.MethodDelete, of.path, outage.action)
					}
					creation, _ := disturb()
					s.claim(t)
					s.waitReached(t, creation)
					if outage.told != "" {
						s.waitTold(t, "ProvisioningFailed", outage.told)
					}
					proxy.Calm()
					s.checkPromises(t)

					_, deletion := disturb()
					s.unclaim(t)
					if of.kept {
						s.waitReached(t, deletion)
					}
					proxy.Calm()
					s.checkPromises(t)
				})
			}
		})
	}
}

// TestFaultFinalizersCannotBePatched has the API server refuse, a few times in a row, to
// change the finalizers of PersistentVolumes that it has let be deleted.
func TestFaultFinalizersCannotBePatched(t *testing.T) {
	t.Parallel()
	proxy, through := apiServerProxy(t)
	s := newScene(t, sceneOptions{flags: append([]string{through}, fastTries...)})
	s.claim(t)
	s.checkPromises(t)
	patches := proxy.Disturb(http.MethodPatch, "^/api/v1/persistentvolumes", bench.Answer(http.StatusGatewayTimeout, "timed out"))
	want := 3 * len(s.claims)
	s.unclaim(t)
	s.eventually(t, func(context.Context) error {
		if seen := patches.Seen(); seen < want {
			return fmt.Errorf("the finalizers were to be patched %d times, and not yet %d times", seen, want)
		}
		return nil
	})
	s.waitTold(t, "VolumeFailedDelete", "cannot be removed from its PersistentVolume yet", "will try again")
	proxy.Calm()
	s.checkPromises(t)
}
