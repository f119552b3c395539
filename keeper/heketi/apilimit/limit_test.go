package apilimit

import (
	"errors"
	"strings"
	"testing"

	"github.com/heketi/heketi/pkg/remoteexec/kube"
	"k8s.io/client-go/rest"
)

func TestLimited(t *testing.T) {
	for perSecond, want := range map[string]rest.Config{
		"": {QPS: -1, Burst: 1}, "-1": {QPS: -1, Burst: 1}, "5": {QPS: 5, Burst: 10}, "0.2": {QPS: 0.2, Burst: 1},
	} {
		got, err := limited(perSecond, func() (*rest.Config, error) { return &rest.Config{}, nil })
		if err != nil || got.QPS != want.QPS || got.Burst != want.Burst {
			t.Errorf("%q: got %v (%v), want %v", perSecond, got, err, want)
		}
	}
}

func TestLimitIsRefused(t *testing.T) {
	for _, perSecond := range []string{"many", "0", "5/s"} {
		_, err := limited(perSecond, func() (*rest.Config, error) { return &rest.Config{}, nil })
		if err == nil || !strings.Contains(err.Error(), Variable+`="`+perSecond+`"`) {
			t.Errorf("%q: the error is %v, want one that names it", perSecond, err)
		}
	}
	none := errors.New("not in a cluster")
	if _, err := limited("", func() (*rest.Config, error) { return nil, none }); !errors.Is(err, none) {
		t.Errorf("the error is %v, want %v", err, none)
	}
}

// TestHeketiIsLimited holds that heketi's own variable is set.
func TestHeketiIsLimited(t *testing.T) {
	t.Setenv(Variable, "many")
	if _, err := kube.InClusterConfig(); err == nil || !strings.Contains(err.Error(), Variable) {
		t.Errorf("heketi's configuration of Kubernetes ends with %v, want an error about %s", err, Variable)
	}
}
