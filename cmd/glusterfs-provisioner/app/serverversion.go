package app

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	utilversion "k8s.io/apimachinery/pkg/util/version"
	apiversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

const (
	// versionAge is how long the API server's version is taken for granted. It rises when
	// the cluster is upgraded, and no watch tells of that.
	versionAge = time.Minute
	// versionBound is how long it may take to ask for it.
	versionBound = 15 * time.Second
)

// serverVersion knows the version of the API server.
type serverVersion struct {
	client rest.Interface

	mu    sync.Mutex
	known *utilversion.Version
	asked time.Time
}

// askServerVersion asks for the version once. So a wrong address or a broken network is
// told at once instead of being tried again in silence.
func askServerVersion(ctx context.Context, client rest.Interface) (*serverVersion, error) {
	version, err := versionOf(ctx, client)
	if err != nil {
		return nil, err
	}
	return &serverVersion{client: client, known: version, asked: time.Now()}, nil
}

// now returns the version. If the last answer is some time ago, one of the callers asks
// again. As long as there is no new answer, the last one has to do.
func (s *serverVersion) now(ctx context.Context) *utilversion.Version {
	known, fresh := s.recall()
	if fresh {
		return known
	}
	version, err := versionOf(ctx, s.client)
	if err != nil {
		klog.FromContext(ctx).Error(err, "Cannot ask for the API server's version; taking it for what it was", "version", known)
		return known
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = version
	return version
}

// recall returns what is known, and whether that will do. If it is too old, one caller has
// to ask again, and it will do for the others meanwhile.
func (s *serverVersion) recall() (known *utilversion.Version, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh = time.Since(s.asked) < versionAge
	if !fresh {
		s.asked = time.Now()
	}
	return s.known, fresh
}

func versionOf(ctx context.Context, client rest.Interface) (*utilversion.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, versionBound)
	defer cancel()
	answer, err := client.Get().AbsPath("/version").DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	var info apiversion.Info
	if err := json.Unmarshal(answer, &info); err != nil {
		return nil, fmt.Errorf("its version is no JSON: %w", err)
	}
	return utilversion.ParseGeneric(info.GitVersion)
}
