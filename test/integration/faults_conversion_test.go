package integration

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

const (
	volumesPath = "^/api/v1/persistentvolumes"
	recordsPath = journalPath + ".*"
)

// conversionStep is a request at which a conversion is stopped.
type conversionStep struct {
	method, path string
	// retains has the reclaim policy be Retain already, so that the first patch is that of
	// the finalizers.
	retains bool
}

// conversionSteps are all that a conversion writes, in order.
var conversionSteps = map[string]conversionStep{
	"the policy":        {http.MethodPatch, volumesPath, false},
	"the record":        {http.MethodPost, recordsPath, false},
	"the deletion":      {http.MethodDelete, volumesPath, false},
	"the finalizers":    {http.MethodPatch, volumesPath, true},
	"the new one":       {http.MethodPost, volumesPath + "$", false},
	"the record, bound": {http.MethodPut, recordsPath, false},
	"the record's end":  {http.MethodDelete, recordsPath, false},
}

// TestFaultConversionKilled kills the provisioner at each step of converting
// PersistentVolumes, before the API server has saved it, and starts it again, and after that,
// and has another replica take over. As many claims as there are GIDs have one, and another
// waits for one, which must not get any meanwhile.
func TestFaultConversionKilled(t *testing.T) {
	installDriver(t)
	for name, step := range conversionSteps {
		t.Run("before "+name, func(t *testing.T) {
			t.Parallel()
			step.play(t, bench.Hold, successions["restarted"])
		})
		t.Run("after "+name, func(t *testing.T) {
			t.Parallel()
			step.play(t, bench.HoldAnswer, successions["taken over"])
		})
	}
}

func (step conversionStep) play(t *testing.T, action bench.Action, succeed func(*testing.T, *scene, func())) {
	proxy, through := apiServerProxy(t)
	s := newScene(t, sceneOptions{glusterfs: true, flags: append([]string{through}, fastTimes...)})
	if step.retains {
		s.class = s.newClassLike(t, s.class, retain)
	}
	s.claim(t)
	s.checkPromises(t)
	waits := newClaim(t, s.namespace, s.class, "1Gi")
	waitEvent(t, waits.UID, "no GID is free")
	names := s.volumes(t)
	before := texts(t, names)
	reached := proxy.Disturb(step.method, step.path, action)
	convert(t, names, volume.CSI)
	s.waitReached(t, reached)
	succeed(t, s, proxy.Calm)
	s.waitConverted(t, names, volume.CSI)
	for name, now := range texts(t, names) {
		expectOnlyTheSource(t, before[name], now)
	}
	deleteClaim(t, waits)
	waitClaimGone(t, waits)
	s.options.csi = true
	s.checkPromises(t)
	for _, name := range names {
		patchVolume(t, name, `{"spec": {"persistentVolumeReclaimPolicy": "Delete"}}`)
	}
	s.unclaim(t)
	s.checkPromises(t)
}

// newClassLike makes a class of the scene that differs from another one in what is changed.
func (s *scene) newClassLike(t *testing.T, name string, change func(*storagev1.StorageClass)) string {
	t.Helper()
	like := must[*storagev1.StorageClass](t)(env.client.StorageV1().StorageClasses().Get(t.Context(), name, metav1.GetOptions{}))
	return newClass(t, s.provisioner(), nil, like.Parameters, change).Name
}

// TestFaultConversionAPIServerFails has the API server be out of order for all that a
// conversion writes, from its beginning and from the deletion of the old PersistentVolume on.
func TestFaultConversionAPIServerFails(t *testing.T) {
	installDriver(t)
	for name, outage := range outages {
		for since, first := range map[string]string{"the beginning": http.MethodPatch, "the deletion": http.MethodDelete} {
			t.Run(name+" from "+since+" on", func(t *testing.T) {
				t.Parallel()
				proxy, through := apiServerProxy(t)
				s := newScene(t, sceneOptions{glusterfs: true, flags: append([]string{through}, fastTries...)})
				s.claim(t)
				s.checkPromises(t)
				names := s.volumes(t)
				before := texts(t, names)
				held := proxy.Disturb(first, volumesPath, bench.Hold)
				convert(t, names, volume.CSI)
				s.waitReached(t, held)
				proxy.Calm()
				var disturbed []*bench.Disturbance
				for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete} {
					for _, path := range []string{volumesPath, recordsPath} {
						disturbed = append(disturbed, proxy.Disturb(method, path, outage.action))
					}
				}
				s.eventually(t, func(context.Context) error {
					seen := 0
					for _, d := range disturbed {
						seen += d.Seen()
					}
					if seen < 10 {
						return fmt.Errorf("%d requests were disturbed", seen)
					}
					return nil
				})
				proxy.Calm()
				s.waitConverted(t, names, volume.CSI)
				for name, now := range texts(t, names) {
					expectOnlyTheSource(t, before[name], now)
				}
				s.options.csi = true
				s.checkPromises(t)
				s.unclaim(t)
				s.checkPromises(t)
			})
		}
	}
}
