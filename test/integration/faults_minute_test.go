package integration

import (
	"context"
	"net/http"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
)

// patientTimes leave the provisioner's time-outs towards heketi as they are by
// default. What failed is tried again soon, so that the fault is met often.
var patientTimes = []string{"--retry-interval-max=2s"}

// TestFaultForAMinute has heketi be out of order for a minute, first while volumes
// are made and then while they are deleted. All the time a person can see why.
func TestFaultForAMinute(t *testing.T) {
	t.Parallel()
	const operation = "^/volumes(/[0-9a-f]+)?$"
	everything := func(p *bench.Proxy, action bench.Action) {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			p.Disturb(method, "", action)
		}
	}
	calm := func(s *scene) error { s.proxy.Calm(); return nil }
	for name, test := range map[string]struct {
		begin func(s *scene) error
		end   func(s *scene) error
		told  string
	}{
		"heketi answers 429": {
			func(s *scene) error {
				busy := bench.Answer(http.StatusTooManyRequests, "Server busy. Retry operation later.")
				s.proxy.Disturb("POST", operation, busy)
				s.proxy.Disturb("DELETE", operation, busy)
				return nil
			}, calm, "busy"},
		"heketi gets requests after 30 s": {
			func(s *scene) error { everything(s.proxy, bench.Delay(30*time.Second)); return nil },
			calm, "no answer within 30s"},
		"heketi answers after 30 s": {
			func(s *scene) error { everything(s.proxy, bench.DelayAnswer(30*time.Second)); return nil },
			calm, "no answer within 30s"},
		"heketi accepts connections and never answers": {
			func(s *scene) error { everything(s.proxy, bench.Hold); return nil },
			calm, "no answer within 30s"},
		"connections are refused": {
			func(s *scene) error { return s.proxy.Down() },
			func(s *scene) error { return s.proxy.Up(context.Background()) }, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sceneOptions{flags: patientTimes})
			forAMinute := func(reason string, change func(*testing.T)) {
				minute := time.After(time.Minute)
				if err := test.begin(s); err != nil {
					t.Fatal(err)
				}
				change(t)
				s.waitTold(t, reason, test.told)
				<-minute
				if err := test.end(s); err != nil {
					t.Fatal(err)
				}
				s.checkPromises(t)
			}
			forAMinute("ProvisioningFailed", s.claim)
			forAMinute("VolumeFailedDelete", func(t *testing.T) { s.unclaim(t) })
		})
	}
}
