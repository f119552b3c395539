package metrics

import (
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/test/documented"
)

const heketiURL = "http://heketi:8080"

func pemOf(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

// expectLines fails the test unless all the lines are there.
func (s *scene) expectLines(t *testing.T, want ...string) {
	t.Helper()
	got := s.lines(t)
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("there is no %q in\n%s", line, strings.Join(got, "\n"))
		}
	}
}

// expectNone fails the test if a line has the text.
func (s *scene) expectNone(t *testing.T, text string) {
	t.Helper()
	for _, line := range s.lines(t) {
		if strings.Contains(line, text) {
			t.Errorf("there is %q", line)
		}
	}
}

func TestAStandbyTellsNothing(t *testing.T) {
	s := newScene(t, classOf("gold", heketiURL), volumeOf("gold", heketiURL, 1))
	s.ClaimTried("gold", nil)
	s.leads = false
	if lines := s.lines(t); len(lines) > 0 {
		t.Errorf("a standby tells %q", lines)
	}
	s.leads = true
	s.expectLines(t, "claim_attempts_total{class=gold,outcome=ok} 1")
}

// TestSeriesAreThereBeforeAnythingHappens has a class and a heketi that nobody has used yet.
func TestSeriesAreThereBeforeAnythingHappens(t *testing.T) {
	s := newScene(t, classOf("gold", heketiURL))
	var want []string
	for _, outcome := range outcomes {
		for _, what := range []string{"claim", "deletion", "expansion"} {
			want = append(want, what+"_attempts_total{class=gold,outcome="+outcome+"} 0")
		}
	}
	for _, kind := range audit.Kinds() {
		want = append(want, "audit_findings{heketi="+heketiURL+",kind="+string(kind)+"} 0")
	}
	s.expectLines(t, append(want,
		"claim_bind_duration_seconds{class=gold} 0", "claims_pending{class=gold} 0", "oldest_pending_claim_age_seconds{class=gold} 0",
		"deletions_pending{class=gold} 0", "oldest_pending_deletion_age_seconds{class=gold} 0", "volumes{class=gold,source=csi} 0",
		"gid_range_size{class=gold} 1000", "gid_range_free{class=gold} 1000",
		"heketi_requests_total{code=401,heketi="+heketiURL+",method=POST} 0", "heketi_busy_total{heketi="+heketiURL+"} 0",
		"heketi_operation_duration_seconds{heketi="+heketiURL+",operation=create,outcome=ok} 0",
		"heketi_unasked_cleanups_total{heketi="+heketiURL+"} 0", "orphans_deleted_total{heketi="+heketiURL+"} 0",
		"audit_last_complete_timestamp_seconds{} 0", "endpoints_repairs_total{reason=missing} 0",
		"oldest_waiting_to_grow_age_seconds{} 0", "oldest_unfinished_volume_age_seconds{} 0",
	)...)
	s.expectNone(t, "heketi_up")
}

func TestWhatThereIsIsCounted(t *testing.T) {
	released := volumeOf("gold", heketiURL, 3)
	released.Status.Phase = v1.VolumeReleased
	s := newScene(t, classOf("gold", heketiURL), claimOf("gold", time.Hour), claimOf("gold", time.Minute),
		volumeOf("gold", heketiURL, 1), volumeOf("gold", heketiURL, 2), released, volumeOf("gone", "http://other:8080", 4))
	s.expectLines(t, "claims_pending{class=gold} 2", "deletions_pending{class=gold} 1", "volumes{class=gold,source=csi} 3",
		"volume_capacity_bytes{class=gold,source=csi} 6.442450944e+09", "volumes{class=,source=csi} 1", "gids_taken{} 4",
		"gid_range_free{class=gold} 996", "heketi_busy_total{heketi=http://other:8080} 0")
	for _, line := range s.lines(t) {
		if age, found := strings.CutPrefix(line, "oldest_pending_claim_age_seconds{class=gold} "); found && !strings.HasPrefix(age, "36") {
			t.Errorf("the oldest claim waits %s s, want an hour", age)
		}
	}
}

// TestSeriesGoWithTheirClass also has a class that is another's and is named by a user.
func TestSeriesGoWithTheirClass(t *testing.T) {
	s := newScene(t, classOf("gold", heketiURL), classOf("silver", "http://silver:8080"))
	for _, class := range []string{"gold", "silver", "invented"} {
		s.ClaimTried(class, errors.New("it fails"))
		s.VolumeSaved(class, time.Minute)
		s.Library().PersistentVolumeClaimProvisionFailedTotal.WithLabelValues(class, "").Inc()
	}
	s.RequestEnded(heketiURL, "GET", 429, time.Second)
	s.OperationEnded("http://silver:8080", "create", nil, time.Second)
	s.Audited(audit.Report{Heketis: []audit.Heketi{{URL: "http://silver:8080"}}, Findings: []audit.Finding{{Kind: audit.Orphan, Heketi: "http://silver:8080", SizeGiB: 2}}}, time.Now(), time.Second)
	s.expectLines(t, "claim_attempts_total{class=silver,outcome=failed} 1", "claim_bind_duration_seconds{class=silver} 1",
		"heketi_busy_total{heketi="+heketiURL+"} 1", "heketi_requests_total{code=429,heketi="+heketiURL+",method=GET} 1",
		"audit_orphan_bytes{heketi=http://silver:8080} 2.147483648e+09", "audit_findings{heketi=http://silver:8080,kind=orphan} 1")
	s.expectNone(t, "invented")
	s.removeClass(t, "silver")
	s.expectNone(t, "silver")
	s.expectLines(t, "claim_attempts_total{class=gold,outcome=failed} 1")
}

func TestAHeketisConditionIsTold(t *testing.T) {
	s := newScene(t)
	url := s.greetedHeketi(t)
	s.expectLines(t, "heketi_up{heketi="+url+"} 1", "heketi_operations_allowed{heketi="+url+"} 8", "heketi_operations_waiting{heketi="+url+"} 0",
		"heketi_requests_total{code=200,heketi="+url+",method=GET} 1")
	for _, name := range []string{"heketi_clock_skew_seconds", "heketi_certificate_expiry_timestamp_seconds", "heketi_last_answer_timestamp_seconds"} {
		if !slices.ContainsFunc(s.lines(t), func(line string) bool { return strings.HasPrefix(line, name+"{heketi="+url+"} ") }) {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestFindingsStayUntilTheHeketiIsAskedAgain has one that cannot be asked in the second audit.
func TestFindingsStayUntilTheHeketiIsAskedAgain(t *testing.T) {
	s := newScene(t, classOf("gold", heketiURL))
	ended := time.Unix(1_800_000_000, 0)
	s.Audited(audit.Report{Heketis: []audit.Heketi{{URL: heketiURL}}, Findings: []audit.Finding{
		{Kind: audit.Lost, Heketi: heketiURL}, {Kind: audit.Lost, Heketi: heketiURL}, {Kind: audit.Unreadable},
	}}, ended, 3*time.Second)
	s.OrphansDeleted([]audit.Finding{{Kind: audit.Orphan, Heketi: heketiURL}})
	want := "audit_findings{heketi=" + heketiURL + ",kind=lost} 2"
	s.expectLines(t, want, "audit_findings{heketi=,kind=unreadable} 1", "audit_duration_seconds{} 3", "audit_last_complete_timestamp_seconds{} 1.8e+09",
		"orphans_deleted_total{heketi="+heketiURL+"} 1")
	s.Audited(audit.Report{Heketis: []audit.Heketi{{URL: heketiURL, Failure: "it does not answer"}}}, ended.Add(time.Hour), time.Second)
	s.expectLines(t, want, "audit_last_complete_timestamp_seconds{} 1.8e+09", "audit_duration_seconds{} 1")
	s.expectNone(t, "audit_findings{heketi=,")
	s.Audited(audit.Report{Heketis: []audit.Heketi{{URL: heketiURL}}}, ended.Add(2*time.Hour), time.Second)
	s.expectLines(t, "audit_findings{heketi="+heketiURL+",kind=lost} 0")
}

// everything is a scene in which each metric has a series.
func everything(t *testing.T) *scene {
	t.Helper()
	s := newScene(t, classOf("gold", heketiURL), volumeOf("gold", heketiURL, 1))
	s.greetedHeketi(t)
	l := s.Library()
	l.PersistentVolumeClaimProvisionTotal.WithLabelValues("gold", "").Inc()
	l.PersistentVolumeClaimProvisionFailedTotal.WithLabelValues("gold", "").Inc()
	l.PersistentVolumeClaimProvisionDurationSeconds.WithLabelValues("gold", "").Observe(1)
	l.PersistentVolumeDeleteTotal.WithLabelValues("gold").Inc()
	l.PersistentVolumeDeleteFailedTotal.WithLabelValues("gold").Inc()
	l.PersistentVolumeDeleteDurationSeconds.WithLabelValues("gold").Observe(1)
	s.judgeClasses(t)
	return s
}

// TestDocsTellAllMetrics holds docs/metrics.md against what a leader exports, both ways. What
// every replica exports, TestReplicasMetrics of package app holds against it.
func TestDocsTellAllMetrics(t *testing.T) {
	families, err := everything(t).registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	documented.Metrics(t, families, "leader")
}

func TestPromlint(t *testing.T) {
	families, err := everything(t).registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	documented.Lint(t, families)
}

// BenchmarkScrape scrapes a leader of 50,000 volumes and as many claims.
func BenchmarkScrape(b *testing.B) {
	const count = 50_000
	objects := []runtime.Object{classOf("gold", heketiURL)}
	s := newScene(b, objects...)
	volumes := s.leader().Informers.Core().V1().PersistentVolumes().Informer().GetStore()
	claims := s.leader().Informers.Core().V1().PersistentVolumeClaims().Informer().GetStore()
	for i := range count {
		claim := claimOf("gold", time.Duration(i))
		claim.Spec.VolumeName = "bound"
		if err := errors.Join(volumes.Add(volumeOf("gold", heketiURL, i)), claims.Add(claim)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := s.registry.Gather(); err != nil {
			b.Fatal(err)
		}
	}
}
