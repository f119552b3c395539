package auditor

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/record"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/gluster"
)

const (
	url      = "http://heketi:8080"
	otherURL = "http://heketi-2:8080"
)

func orphanIn(heketi, id string) audit.Finding {
	return audit.Finding{Kind: audit.Orphan, Heketi: heketi, Volume: "pvc-" + id, ID: id}
}

// TestEachFindingIsTold in one event: on its PersistentVolume if it has one, else on the
// provisioner's namespace, where those of a heketi are counted.
func TestEachFindingIsTold(t *testing.T) {
	onPV := func(kind audit.Kind) audit.Finding {
		return audit.Finding{Kind: kind, Heketi: url, PersistentVolume: name, Detail: "what is wrong"}
	}
	onHost := func(kind gluster.Kind, detail string) audit.Finding {
		return audit.Finding{Kind: audit.Kind(kind), Heketi: url, Detail: detail}
	}
	const lists = `; "glusterfs-provisioner audit" lists them`
	for what, test := range map[string]struct {
		findings []audit.Finding
		want     []string
		grown    []string
	}{
		"nothing":           {nil, nil, nil},
		"lost":              {[]audit.Finding{onPV(audit.Lost)}, []string{"Warning Audit lost: what is wrong"}, nil},
		"two of one volume": {[]audit.Finding{onPV(audit.Disagreement), onPV(audit.SharedGID)}, []string{"Warning Audit disagreement: what is wrong", "Warning Audit shared-gid: what is wrong"}, nil},
		// Who grows volumes tells of it.
		"grown": {[]audit.Finding{onPV(audit.Grown)}, nil, []string{name}},
		"orphans": {[]audit.Finding{orphanIn(url, "v1"), orphanIn(url, "v2")}, []string{
			"Warning Audit 2 volumes in heketi " + url + " have no PersistentVolume and no claim, such as pvc-v1 (id v1)" + lists,
		}, nil},
		"orphans of two heketis": {[]audit.Finding{orphanIn(otherURL, "v3"), orphanIn(url, "v1")}, []string{
			"Warning Audit 1 volumes in heketi " + otherURL + " have no PersistentVolume and no claim, such as pvc-v3 (id v3)" + lists,
			"Warning Audit 1 volumes in heketi " + url + " have no PersistentVolume and no claim, such as pvc-v1 (id v1)" + lists,
		}, nil},
		"on hosts": {[]audit.Finding{onHost(gluster.StrayLV, "lv1"), onHost(gluster.SilentHost, "host-1")}, []string{
			"Warning Audit 2 findings on the storage hosts of heketi " + url + `, such as stray-lv: lv1; "glusterfs-provisioner audit --gluster" lists them`,
		}, nil},
		"on hosts, of a PersistentVolume": {[]audit.Finding{onPV(audit.Kind(gluster.HalfDone))}, []string{"Warning Audit half-done: what is wrong"}, nil},
		"a PersistentVolume that has gone": {[]audit.Finding{{Kind: audit.Lost, PersistentVolume: "gone"}, onPV(audit.Lost)},
			[]string{"Warning Audit lost: what is wrong"}, nil},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t)
			s.volumeIsSaved(theVolume())
			s.Report(audit.Report{Findings: test.findings})
			got := s.told()
			slices.Sort(got)
			if !slices.Equal(got, test.want) || !slices.Equal(s.grown, test.grown) {
				t.Errorf("got events %q and grown %q; want %q and %q", got, s.grown, test.want, test.grown)
			}
		})
	}
}

// TestStraysAreToldFirst, before a claim could get one of their GIDs while events are made.
func TestStraysAreToldFirst(t *testing.T) {
	s := play(t)
	s.heketis[0].has(theVolume())
	var toldBefore []string
	audited := s.Audited
	s.Audited = func(report audit.Report) {
		toldBefore = s.told()
		audited(report)
	}
	report := s.audit(audit.OfHeketis)
	s.Report(report)
	if len(s.audited) != 1 || !reflect.DeepEqual(s.audited[0], report) || len(toldBefore) > 0 || len(s.told()) != 1 {
		t.Errorf("got %+v, after events %q; want %+v before the event", s.audited, toldBefore, report)
	}
	if want := []audit.Stray{{Heketi: s.heketis[0].server.URL, ID: "v1", GID: 2000}}; !reflect.DeepEqual(report.Strays, want) {
		t.Errorf("strays: got %+v, want %+v", report.Strays, want)
	}
}

// sink is told of what the API server would be told of events, in words.
type sink chan string

func (s sink) Create(event *v1.Event) (*v1.Event, error) {
	s <- "made " + event.InvolvedObject.Name + ": " + event.Message
	return event, nil
}

func (s sink) Update(event *v1.Event) (*v1.Event, error) { return s.Create(event) }

func (s sink) Patch(event *v1.Event, _ []byte) (*v1.Event, error) {
	s <- fmt.Sprintf("counted %d of %s", event.Count, event.InvolvedObject.Name)
	return event, nil
}

// TestFindingsAreToldAnewWhenTheyChange has the same report told twice, and then another.
// What has not changed stays one event, which is counted. For that its text has to be the
// same each time.
func TestFindingsAreToldAnewWhenTheyChange(t *testing.T) {
	s := play(t)
	s.volumeIsSaved(theVolume())
	kept := make(sink)
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(kept)
	s.Events = broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: "test"})

	lost := audit.Finding{Kind: audit.Lost, PersistentVolume: name, Detail: "what is wrong"}
	for _, step := range []struct {
		findings []audit.Finding
		want     []string
	}{
		{[]audit.Finding{lost, orphanIn(url, "v1")}, []string{"made " + name + ": lost", "made storage: 1 volumes in heketi"}},
		{[]audit.Finding{lost, orphanIn(url, "v1")}, []string{"counted 2 of " + name, "counted 2 of storage"}},
		{[]audit.Finding{lost, orphanIn(url, "v1"), orphanIn(url, "v2")}, []string{"counted 3 of " + name, "made storage: 2 volumes in heketi"}},
	} {
		s.Report(audit.Report{Findings: step.findings})
		for _, want := range step.want {
			if got := <-kept; !strings.HasPrefix(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
}
