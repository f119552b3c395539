package heketi

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/heketi/heketi/pkg/glusterfs/api"
)

// clustersAsked returns in which clusters the volume was asked for, in turn.
func clustersAsked(t *testing.T, s *script) []string {
	t.Helper()
	var all []string
	for _, body := range s.sent() {
		var request api.VolumeCreateRequest
		if err := json.Unmarshal([]byte(body), &request); err != nil {
			t.Fatal(err)
		}
		if len(request.Clusters) != 1 {
			t.Errorf("got a request for clusters %q, want one at a time", request.Clusters)
		}
		all = append(all, request.Clusters...)
	}
	return all
}

// anywhere is a spec that any cluster will do for.
func anywhere() Spec {
	s := spec()
	s.Clusters = nil
	return s
}

// reasonsToGoOn are heketi's words for a cluster that cannot take the volume
// while another one may.
var reasonsToGoOn = []string{
	"No space",
	"Unable to create volume on any cluster:\nCluster c1: No space",
	"Maximum number of bricks reached.",
	"Minimum brick size limit reached.  Out of space.",
	"Cluster has 1000 volumes and limit is 1000",
	"Cluster does not support requested volume type",
	"Cluster has disabled all volume types",
	"No nodes in cluster",
	"No online storage devices in cluster",
}

func TestCreateGoesOnToTheNextCluster(t *testing.T) {
	want := with(func(v *Volume) { v.Cluster = "c2" })
	for _, reason := range reasonsToGoOn {
		for what, refusal := range map[string]answers{
			"at once":    {post: {says(500, "Failed to allocate new volume: "+reason), accepted(jobPath)}, poll: {moved(v1Path)}},
			"in the job": {post: {accepted("/queue/j0"), accepted(jobPath)}, "GET /queue/j0": {says(500, reason)}, poll: {moved(v1Path)}, dumpIt: {dumps()}},
		} {
			t.Run(reason+", "+what, func(t *testing.T) {
				refusal[listThem], refusal[get] = []answer{lists("c2", "c1")}, []answer{shows(want)}
				s := play(t, refusal)
				got, err := s.connect(patient()).Create(context.Background(), anywhere(), false)
				expectVolume(t, got, err, want)
				if got, want := clustersAsked(t, s), []string{"c1", "c2"}; !slices.Equal(got, want) {
					t.Errorf("asked clusters %q, want %q", got, want)
				}
			})
		}
	}
}

func TestCreateSaysWhatEachClusterSaid(t *testing.T) {
	s := play(t, answers{
		listThem: {lists("c2", "c1")},
		post:     {noSpace, says(500, "Failed to allocate new volume: Cluster has 1000 volumes and limit is 1000")},
	})
	_, err := s.connect(patient()).Create(context.Background(), anywhere(), false)
	expectError(t, err, ErrNoSpace, certain, "cluster c1: Failed to allocate new volume: No space", "cluster c2: Failed to allocate new volume: Cluster has 1000 volumes and limit is 1000")
	if text := err.Error(); strings.HasSuffix(strings.TrimSpace(text), ";") {
		t.Errorf("the error ends amid a list: %q", text)
	}
}

func TestCreateInOneClusterThatIsFull(t *testing.T) {
	s := play(t, answers{post: {noSpace}})
	_, err := s.connect(patient()).Create(context.Background(), spec(), false)
	expectError(t, err, ErrNoSpace, certain, "No space (500 Internal Server Error)")
	s.expectRequests(post)
}

func TestCreateKeepsToTheSpecsOrder(t *testing.T) {
	s := play(t, answers{post: {noSpace}})
	ordered := spec()
	ordered.Clusters = []string{"c3", "c1", "c2"}
	_, err := s.connect(patient()).Create(context.Background(), ordered, false)
	expectError(t, err, ErrNoSpace, certain, "cluster c3: ", "cluster c1: ", "cluster c2: ")
	if got := clustersAsked(t, s); !slices.Equal(got, ordered.Clusters) {
		t.Errorf("asked clusters %q, want %q", got, ordered.Clusters)
	}
}

func TestCreateStopsAtAFailureThatIsNotTheClusters(t *testing.T) {
	for what, test := range map[string]struct {
		answer      answer
		kind        error
		interrupted bool
	}{
		"heketi's own": {says(500, "Failed to allocate new volume: Unable to access db"), ErrFailed, certain},
		"wrong":        {says(400, "Invalid volume size"), ErrInvalid, certain},
		"lost":         {cut, ErrUnavailable, doubtful},
		"a gateway's":  {page(502), ErrUnavailable, doubtful},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t, answers{listThem: {lists("c1", "c2")}, post: {test.answer}, dumpIt: {dumps()}})
			_, err := s.connect(patient()).Create(context.Background(), anywhere(), false)
			expectError(t, err, test.kind, test.interrupted)
			if got := s.times(post); got != 1 {
				t.Errorf("asked for %d volumes, want 1", got)
			}
		})
	}
}

func TestCreateInAHeketiWithoutClusters(t *testing.T) {
	s := play(t, answers{
		listThem: {lists(), lists("c1")},
		post:     {accepted(jobPath)}, poll: {moved(v1Path)}, get: {shows(made())},
	})
	client := s.connect(patient())
	_, err := client.Create(context.Background(), anywhere(), false)
	expectError(t, err, ErrNoSpace, certain, "no clusters")
	got, err := client.Create(context.Background(), anywhere(), false)
	expectVolume(t, got, err, made())
	s.expectRequests(listThem, listThem, post, poll, get)
}

func TestCreateWithoutAListOfClusters(t *testing.T) {
	for what, test := range brokenReads {
		t.Run(what, func(t *testing.T) {
			s := play(t, answers{listThem: {test.answer}})
			_, err := s.connect(patient()).Create(context.Background(), anywhere(), false)
			expectError(t, err, test.kind, certain, "list its clusters", test.said)
			s.expectRequests(listThem)
		})
	}
}

// A wrong resturl must not leave doubt whether a volume was begun there, wherever
// the class wants it.
func TestCreateInANamedClusterAsksAHeketiOnly(t *testing.T) {
	for what, test := range brokenReads {
		t.Run(what, func(t *testing.T) {
			answers := answers{listThem: {test.answer}}
			if errors.Is(test.kind, ErrUnauthorized) {
				answers[post] = []answer{says(401, "Administrator access required")}
			}
			s := play(t, answers)
			_, err := s.connect(patient()).Create(context.Background(), spec(), false)
			expectError(t, err, test.kind, certain)
			if got := s.times(post); got != len(answers[post]) {
				t.Errorf("asked for %d volumes, want %d", got, len(answers[post]))
			}
		})
	}
}

// heketi lets others than its administrator make volumes, but not list clusters.
func TestCreateInANamedClusterNeedsNoList(t *testing.T) {
	s := play(t, answers{
		listThem: {says(401, "Administrator access required")},
		post:     {accepted(jobPath)}, poll: {moved(v1Path)}, get: {shows(made())},
	})
	got, err := s.connect(patient()).Create(context.Background(), spec(), false)
	expectVolume(t, got, err, made())
}
