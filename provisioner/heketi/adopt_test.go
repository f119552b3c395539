package heketi

import (
	"context"
	"testing"

	"glusterfs-provisioner/provisioner/volume"
)

var (
	nameTaken = says(500, "Failed to allocate new volume: Volume name 'pvc-1' already in use")
	jobFails  = says(500, "Unable to execute command on gluster-1: volume create: pvc-1: failed")
)

// with returns the volume with a change.
func with(change func(*Volume)) Volume {
	v := made()
	change(&v)
	return v
}

func TestCreateAgainLooksFirst(t *testing.T) {
	t.Run("and adopts what is there", func(t *testing.T) {
		s := play(t, answers{dumpIt: {dumps(entry{Volume: made()})}, get: {shows(made())}})
		got, err := s.connect(patient()).Create(context.Background(), spec(), true)
		expectVolume(t, got, err, made())
		s.expectRequests(dumpIt, get)
	})
	known := spec()
	known.ID = made().ID
	t.Run("by its id, if that is known", func(t *testing.T) {
		s := play(t, answers{get: {shows(made())}})
		got, err := s.connect(patient()).Create(context.Background(), known, true)
		expectVolume(t, got, err, made())
		s.expectRequests(get)
	})
	t.Run("by its name, if its id is no more", func(t *testing.T) {
		s := play(t, answers{
			get:    {says(404, forgotten), shows(made())},
			dumpIt: {dumps()},
			post:   {accepted(jobPath)}, poll: {moved(v1Path)},
		})
		got, err := s.connect(patient()).Create(context.Background(), known, true)
		expectVolume(t, got, err, made())
		s.expectRequests(get, dumpIt, post, poll, get)
	})
	t.Run("and asks for nothing when its id cannot be asked for", func(t *testing.T) {
		s := play(t, answers{get: {says(500, "Unable to access db")}})
		_, err := s.connect(patient()).Create(context.Background(), known, true)
		expectError(t, err, ErrFailed, doubtful)
		s.expectRequests(get)
	})
	t.Run("and makes what is not there", func(t *testing.T) {
		another := with(func(v *Volume) { v.ID, v.Name = "v2", "pvc-2" })
		s := play(t, answers{
			dumpIt: {dumps(entry{Volume: another})},
			post:   {accepted(jobPath)}, poll: {moved(v1Path)}, get: {shows(made())},
		})
		got, err := s.connect(patient()).Create(context.Background(), spec(), true)
		expectVolume(t, got, err, made())
		s.expectRequests(dumpIt, post, poll, get)
	})
	t.Run("and does not make what is in the database but not shown", func(t *testing.T) {
		s := play(t, answers{
			dumpIt: {dumps(entry{Volume: made()})},
			get:    {says(404, forgotten)},
		})
		_, err := s.connect(patient()).Create(context.Background(), spec(), true)
		expectError(t, err, ErrInUse, doubtful)
		s.expectRequests(dumpIt, get)
	})
	t.Run("and takes no gateway's word that there is nothing", func(t *testing.T) {
		s := play(t, answers{dumpIt: {says(404, forgotten)}})
		_, err := s.connect(patient()).Create(context.Background(), spec(), true)
		expectError(t, err, ErrUnavailable, doubtful)
		s.expectRequests(dumpIt)
	})
	t.Run("and makes nothing in another heketi", func(t *testing.T) {
		s := play(t, answers{dumpIt: {dumps()}})
		asked := spec()
		asked.HeketiClusters = []string{"c7"}
		_, err := s.connect(patient()).Create(context.Background(), asked, true)
		expectError(t, err, ErrForeign, doubtful, "c7")
		s.expectRequests(dumpIt)
	})
	t.Run("and asks for nothing when it cannot look", func(t *testing.T) {
		s := play(t, answers{dumpIt: {says(401, "Administrator access required")}})
		_, err := s.connect(patient()).Create(context.Background(), spec(), true)
		expectError(t, err, ErrUnauthorized, doubtful, "Administrator access required")
		s.expectRequests(dumpIt)
	})
	t.Run("and does not adopt what it cannot read", func(t *testing.T) {
		s := play(t, answers{dumpIt: {dumps(entry{Volume: made()})}, get: {says(500, "Unable to access db")}})
		_, err := s.connect(patient()).Create(context.Background(), spec(), true)
		expectError(t, err, ErrFailed, doubtful, "Unable to access db")
		s.expectRequests(dumpIt, get)
	})
}

func TestCreateAdoptsOnlyWhatFits(t *testing.T) {
	disperse := volume.Durability{Kind: volume.Disperse, Data: 4, Redundancy: 2}
	for what, test := range map[string]struct {
		exists Volume
		asked  func(*Spec)
		misfit string // empty if it fits
	}{
		"as asked for":      {made(), nil, ""},
		"another GID":       {with(func(v *Volume) { v.GID = 5000 }), nil, ""},
		"larger":            {with(func(v *Volume) { v.SizeGiB = 3 }), nil, ""},
		"smaller":           {with(func(v *Volume) { v.SizeGiB = 1 }), nil, "it has 1 GiB, wanted are 2"},
		"fewer replicas":    {with(func(v *Volume) { v.Durability.Replicas = 2 }), nil, "it is replicate:2, wanted is replicate:3"},
		"another type":      {with(func(v *Volume) { v.Durability = disperse }), nil, "it is disperse:4:2, wanted is replicate:3"},
		"no replicas":       {with(func(v *Volume) { v.Durability = volume.Durability{Kind: volume.Distribute} }), nil, "it is none, wanted is replicate:3"},
		"disperse as asked": {with(func(v *Volume) { v.Durability = disperse }), func(s *Spec) { s.Durability = disperse }, ""},
		"no GID":            {with(func(v *Volume) { v.GID = 0 }), nil, "it has no GID"},
		"another cluster":   {with(func(v *Volume) { v.Cluster = "c9" }), nil, "cluster c9, which the class does not allow"},
		"one of the allowed clusters": {with(func(v *Volume) { v.Cluster = "c9" }),
			func(s *Spec) { s.Clusters = []string{"c1", "c9"} }, ""},
		"any cluster": {with(func(v *Volume) { v.Cluster = "c9" }), func(s *Spec) { s.Clusters = nil }, ""},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t, answers{dumpIt: {dumps(entry{Volume: test.exists})}, get: {shows(test.exists)}})
			asked := spec()
			if test.asked != nil {
				test.asked(&asked)
			}
			got, err := s.connect(patient()).Create(context.Background(), asked, true)
			if test.misfit == "" {
				expectVolume(t, got, err, test.exists)
			} else {
				expectError(t, err, ErrNameTaken, certain, test.misfit, "id v1")
			}
			s.expectRequests(dumpIt, get)
		})
	}
}

// failures are ways in which heketi says that it has not made the volume. Afterwards it is
// asked whether it has.
func failures() map[string]answers {
	return map[string]answers{
		"the name is taken":             {post: {nameTaken}},
		"the job fails":                 {post: {accepted(jobPath)}, poll: {pending, jobFails}},
		"a gateway says the job failed": {post: {accepted(jobPath)}, poll: {pending, page(500)}},
		"the job's failure has no text": {post: {accepted(jobPath)}, poll: {pending, empty(500)}},
	}
}

func TestCreateAdoptsAVolumeThatExistsAfterAll(t *testing.T) {
	for what, a := range failures() {
		t.Run(what, func(t *testing.T) {
			a[dumpIt], a[get] = []answer{dumps(entry{Volume: made()})}, []answer{shows(made())}
			s := play(t, a)
			got, err := s.connect(patient()).Create(context.Background(), spec(), false)
			expectVolume(t, got, err, made())
		})
	}
}

func TestCreateIsInterruptedWhenItCannotTellWhatAFailureLeft(t *testing.T) {
	for what, a := range failures() {
		t.Run(what, func(t *testing.T) {
			a[dumpIt] = []answer{page(502)}
			s := play(t, a)
			_, err := s.connect(patient()).Create(context.Background(), spec(), false)
			expectError(t, err, ErrUnavailable, doubtful)
		})
	}
}

func TestCreateFailsForCertainWhenHeketiHasNothing(t *testing.T) {
	for what, said := range map[string]string{
		"the name is taken":             "already in use",
		"the job fails":                 "Unable to execute command on gluster-1",
		"a gateway says the job failed": "500 Internal Server Error",
		"the job's failure has no text": "500",
	} {
		t.Run(what, func(t *testing.T) {
			a := failures()[what]
			a[dumpIt] = []answer{dumps()}
			s := play(t, a)
			kind := ErrFailed
			if what == "the name is taken" {
				kind = ErrNameTaken
			}
			_, err := s.connect(patient()).Create(context.Background(), spec(), false)
			expectError(t, err, kind, certain, said)
		})
	}
}
