package integration

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/test/bench"
)

// TestMetricsOfLeaderAndStandby scrapes both, and heketi, whose own metrics need no token.
func TestMetricsOfLeaderAndStandby(t *testing.T) {
	heketi := startHeketi(t, bench.HeketiOptions{})
	leader := startProvisioner(t)
	standby := launch(t, leader.name)
	namespace := newNamespace(t)
	class := newClass(t, leader, heketi, nil, growable)
	wrong := newClass(t, leader, heketi, map[string]string{"volumetype": "none of these"})
	waits := storagev1.VolumeBindingWaitForFirstConsumer
	forPods := newClass(t, leader, heketi, nil, func(class *storagev1.StorageClass) { class.VolumeBindingMode = &waits })
	claim := newClaim(t, namespace, class.Name, "1Gi")
	waitBound(t, claim)
	refused := newClaim(t, namespace, wrong.Name, "1Gi")
	waitEvent(t, refused.UID, "ProvisioningFailed", "volumetype")
	newClaim(t, namespace, forPods.Name, "1Gi")

	of := func(name, labels, value string) string {
		return fmt.Sprintf("glusterfs_provisioner_%s{%s} %s\n", name, labels, value)
	}
	byClass := func(name, class, value string) string { return of(name, `class="`+class+`"`, value) }
	byHeketi := func(name, value string) string { return of(name, `heketi="`+heketi.URL()+`"`, value) }
	waitScraped(t, leader,
		"glusterfs_provisioner_leader 1\n", `leader_election_master_status{name="`, "kubernetes_build_info{",
		of("claim_attempts_total", `class="`+class.Name+`",outcome="ok"`, "1"),
		of("claim_attempts_total", `class="`+class.Name+`",outcome="unavailable"`, "0"),
		byClass("claim_bind_duration_seconds_count", class.Name, "1"),
		byClass("claims_pending", class.Name, "0"), byClass("claims_pending", wrong.Name, "1"), byClass("claims_pending", forPods.Name, "0"),
		byHeketi("heketi_up", "1"), byHeketi("heketi_operations_in_flight", "0"),
		of("heketi_requests_total", `code="202",heketi="`+heketi.URL()+`",method="POST"`, "1"),
		of("audit_findings", `heketi="`+heketi.URL()+`",kind="lost"`, "0"),
	)
	_, metrics := leader.get(t, "/metrics")
	if tried := `glusterfs_provisioner_claim_attempts_total{class="` + wrong.Name + `",outcome="invalid_class"}`; strings.Contains(metrics, tried+" 0\n") || !strings.Contains(metrics, tried) {
		t.Errorf("the refusals are not counted: %s", linesWith(metrics, "claim_attempts_total"))
	}
	waitScraped(t, standby, "glusterfs_provisioner_leader 0\n", `leader_election_master_status{name="`)
	_, metrics = standby.get(t, "/metrics")
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "glusterfs_provisioner_") && line != "glusterfs_provisioner_leader 0\n" || strings.HasPrefix(line, "controller_persistentvolume") {
			t.Errorf("a standby exports %s", line)
		}
	}
	for _, p := range []*provisioner{leader, standby} {
		if status, body := p.get(t, "/livez?verbose"); status != http.StatusOK || body != "[+]ping ok\n[+]leader-election ok\n[+]work ok\nlivez check passed\n" {
			t.Errorf("/livez is %d %q", status, body)
		}
		if _, slis := p.get(t, "/metrics/slis"); !strings.Contains(slis, `kubernetes_healthcheck{name="work",type="livez"} 1`) {
			t.Errorf("/metrics/slis lacks the check: %q", slis)
		}
	}
	standby.endWell(t)

	mustRequest(t, claim, "2Gi")
	waitSize(t, heketi, claim, 2)
	deleteClaim(t, claim)
	waitScraped(t, leader,
		of("expansion_attempts_total", `class="`+class.Name+`",outcome="ok"`, "1"),
		of("deletion_attempts_total", `class="`+class.Name+`",outcome="ok"`, "1"),
	)
	expectOwnMetrics(t, heketi)
}

// waitScraped waits until what is scraped has all the texts.
func waitScraped(t *testing.T, p *provisioner, want ...string) {
	t.Helper()
	bench.Eventually(t, soon, func(context.Context) error {
		_, metrics := p.get(t, "/metrics")
		for _, line := range want {
			if !strings.Contains(metrics, line) {
				return fmt.Errorf("/metrics lacks %q, and has %s", line, linesWith(metrics, strings.Split(line, "{")[0]))
			}
		}
		return nil
	})
}

// expectOwnMetrics scrapes heketi without a token.
func expectOwnMetrics(t *testing.T, heketi *bench.Heketi) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, heketi.URL()+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("heketi answers %s, %v", response.Status, err)
	}
	for _, name := range []string{
		"heketi_up 1", "heketi_device_size_bytes{", "heketi_device_free_bytes{", "heketi_device_used_bytes{", "heketi_device_brick_count{",
		"heketi_volumes_count{", "heketi_operations_inFlight_count ", "heketi_operations_stale_count ", "heketi_operations_failed_count ",
	} {
		if !strings.Contains(string(body), "\n"+name) {
			t.Errorf("heketi's own metrics lack %s", name)
		}
	}
}
