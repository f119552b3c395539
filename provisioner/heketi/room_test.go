package heketi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
)

// roomIn is a heketi with two clusters, c1 and c2, of which those have room that the map says.
type roomIn struct {
	mu    sync.Mutex
	has   map[string]bool
	asked []string
}

// ServeHTTP answers at once, also for volumes that are made.
func (r *roomIn) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch path := request.URL.Path; {
	case path == "/clusters":
		lists("c1", "c2")(w, request)
	case request.Method == http.MethodPost:
		var asked api.VolumeCreateRequest
		_ = json.NewDecoder(request.Body).Decode(&asked)
		r.asked = append(r.asked, asked.Name+" "+asked.Clusters[0])
		if r.has[asked.Clusters[0]] {
			accepted("/queue/"+asked.Name)(w, request)
		} else {
			says(500, "No space")(w, request)
		}
	case strings.HasPrefix(path, "/queue/"):
		moved(strings.Replace(path, "/queue/", "/volumes/", 1))(w, request)
	default:
		shows(with(func(v *Volume) { v.Name = strings.TrimPrefix(path, "/volumes/") }))(w, request)
	}
}

func (r *roomIn) set(cluster string, has bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.has[cluster] = has
}

// connect returns a client of that heketi that is reached without the kernel's help.
func (r *roomIn) connect(t *testing.T, config Config) *Client {
	s := playInMemory(t, nil)
	s.server.Config.Handler = r
	return s.connect(config)
}

// expectAsked checks which clusters were asked for which volume since the last check.
func (r *roomIn) expectAsked(t *testing.T, what string, want ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if got := fmt.Sprint(r.asked); got != fmt.Sprint(want) {
		t.Errorf("%s: asked %s, want %s", what, got, want)
	}
	r.asked = nil
}

func TestClustersWithoutRoomAreTriedLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &roomIn{has: map[string]bool{"c2": true}}
		client := r.connect(t, DefaultConfig())
		asks := func(what string, change func(*Spec), want ...string) {
			t.Helper()
			asked := anywhere()
			asked.SizeGiB = 10
			change(&asked)
			if _, err := client.Create(t.Context(), asked, false); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			r.expectAsked(t, what, want...)
		}
		same := func(*Spec) {}
		asks("first", same, "pvc-1 c1", "pvc-1 c2")
		asks("again", same, "pvc-1 c2")
		asks("a larger one", func(s *Spec) { s.SizeGiB = 11 }, "pvc-1 c2")
		asks("a smaller one", func(s *Spec) { s.SizeGiB = 9 }, "pvc-1 c1", "pvc-1 c2")
		asks("a smaller one again", func(s *Spec) { s.SizeGiB = 9 }, "pvc-1 c2")
		asks("in the class's order", func(s *Spec) { s.Clusters = []string{"c1", "c2"} }, "pvc-1 c2")
		asks("another layout", func(s *Spec) { s.Durability = volume.Durability{Kind: volume.Distribute} }, "pvc-1 c1", "pvc-1 c2")
		time.Sleep(fullAge - time.Second)
		asks("before a minute has passed", same, "pvc-1 c2")
		time.Sleep(time.Second)
		asks("a minute later", same, "pvc-1 c1", "pvc-1 c2")
	})
}

// A cluster that had no room may have some by now.
func TestAClusterThatHadNoRoomIsTriedAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &roomIn{has: map[string]bool{}}
		client := r.connect(t, DefaultConfig())
		expectError(t, createAnywhere(t.Context(), client), ErrNoSpace, certain, "cluster c1: No space", "cluster c2: No space")
		r.expectAsked(t, "full", "pvc-1 c1", "pvc-1 c2")
		expectError(t, createAnywhere(t.Context(), client), ErrNoSpace, certain)
		r.expectAsked(t, "still full", "pvc-1 c1", "pvc-1 c2")
		r.set("c2", true)
		if err := createAnywhere(t.Context(), client); err != nil {
			t.Error(err)
		}
		r.expectAsked(t, "with room in the second", "pvc-1 c1", "pvc-1 c2")
		r.set("c1", true)
		r.set("c2", false)
		time.Sleep(fullAge - time.Second)
		if err := createAnywhere(t.Context(), client); err != nil {
			t.Error(err)
		}
	})
}

// Others that wait for a place would get theirs before each of the clusters.
func TestACreateKeepsItsPlaceForAllClusters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := DefaultConfig()
		config.MaxInFlight = 1
		r := &roomIn{has: map[string]bool{"c2": true}}
		client := r.connect(t, config)
		leave := mustTake(t, client.backend.places)
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				asked := anywhere()
				asked.Name = fmt.Sprintf("pvc-%d", i)
				asked.SizeGiB = 10 - i
				if _, err := client.Create(t.Context(), asked, false); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		leave()
		all.Wait()
		r.expectAsked(t, "in turn", "pvc-0 c1", "pvc-0 c2", "pvc-1 c1", "pvc-1 c2", "pvc-2 c1", "pvc-2 c2")
	})
}

// Those that wait for a place learn what was found meanwhile.
func TestABurstFindsAClusterFullOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 50
		config := DefaultConfig()
		r := &roomIn{has: map[string]bool{"c2": true}}
		client := r.connect(t, config)
		var all sync.WaitGroup
		for i := range count {
			all.Go(func() {
				asked := anywhere()
				asked.Name = fmt.Sprintf("pvc-%d", i)
				if _, err := client.Create(t.Context(), asked, false); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := len(r.asked); got > count+config.MaxInFlight {
			t.Errorf("got %d requests for %d volumes, want %d at most", got, count, count+config.MaxInFlight)
		}
	})
}

// A clean-up is an operation of its own, and there may be one place only.
func TestACreateLeavesItsPlaceToTheCleanUp(t *testing.T) {
	config := patient()
	config.MaxInFlight = 1
	s := play(t, cleaning(answers{
		listThem: {lists("c1", "c2")}, post: {accepted("/queue/j0"), accepted(jobPath)}, "GET /queue/j0": {says(500, "No space")},
		poll: {moved(v1Path)}, get: {shows(made())}, dumpIt: {unsettled, dumps()},
	}))
	got, err := s.connect(config).Create(context.Background(), anywhere(), false)
	expectVolume(t, got, err, made())
}
