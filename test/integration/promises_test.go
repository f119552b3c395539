package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// recovery bounds how long everything may take to be right again after a fault.
const recovery = 2 * time.Minute

// checkPromises waits until everything is as it should be: each claim is Bound to
// one volume of its own, with a GID of its own, as large as the claim requests; and
// there is nothing else.
func (s *scene) checkPromises(t *testing.T) {
	t.Helper()
	s.eventually(t, s.broken)
	s.waitJournalEmpty(t)
	for _, replica := range s.replicas {
		failOnRace(t, replica)
	}
}

// broken returns what is not as it should be.
func (s *scene) broken(ctx context.Context) error {
	volumes, err := s.heketi.Volumes()
	if err != nil {
		return err
	}
	byName, gids := map[string]api.VolumeInfoResponse{}, map[int64]string{}
	for _, made := range volumes {
		if other, shared := gids[made.Gid]; shared {
			return bench.Final(fmt.Errorf("volumes %s and %s share GID %d", made.Name, other, made.Gid))
		}
		if _, twice := byName[made.Name]; twice {
			return bench.Final(fmt.Errorf("there are two volumes %s", made.Name))
		}
		byName[made.Name], gids[made.Gid] = made, made.Name
	}
	pvs, err := s.persistentVolumes(ctx)
	if err != nil {
		return err
	}
	if err := s.brokenClaims(ctx, pvs, byName); err != nil {
		return err
	}
	return s.leftovers(ctx, len(volumes), pvs)
}

// brokenClaims returns what is wrong with the claims that there are to be.
func (s *scene) brokenClaims(ctx context.Context, pvs []v1.PersistentVolume, volumes map[string]api.VolumeInfoResponse) error {
	list, err := env.client.CoreV1().PersistentVolumeClaims(s.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	claims, pvOf := map[types.UID]*v1.PersistentVolumeClaim{}, map[string]*v1.PersistentVolume{}
	for i := range list.Items {
		claims[list.Items[i].UID] = &list.Items[i]
	}
	for i := range pvs {
		pvOf[pvs[i].Name] = &pvs[i]
	}
	for _, claim := range s.claims {
		now, exists := claims[claim.UID]
		if !exists {
			return fmt.Errorf("claim %s (%s) does not exist", claim.Name, claim.UID)
		}
		if err := brokenClaim(now, pvOf[now.Spec.VolumeName], volumes["pvc-"+string(claim.UID)]); err != nil {
			return err
		}
	}
	return unfinishedGrowth(ctx, s.namespace)
}

// brokenClaim returns what is wrong with a claim, given the PersistentVolume that it
// names, or nil, and heketi's volume of its name, or none.
func brokenClaim(claim *v1.PersistentVolumeClaim, pv *v1.PersistentVolume, made api.VolumeInfoResponse) error {
	if claim.Status.Phase != v1.ClaimBound {
		return fmt.Errorf("claim %s (%s) is %s; its events:\n%s", claim.Name, claim.UID, claim.Status.Phase, strings.Join(eventsOf(claim.UID), "\n"))
	}
	if pv == nil {
		return fmt.Errorf("claim %s is Bound to %s, which the scene's provisioner has not made", claim.Name, claim.Spec.VolumeName)
	}
	if made.Id == "" || made.Id != pv.Annotations[volume.AnnotationVolumeID] || fmt.Sprint(made.Gid) != pv.Annotations[volume.AnnotationGID] {
		return fmt.Errorf("claim %s has volume %s with GID %s, heketi has %q with GID %d", claim.Name,
			pv.Annotations[volume.AnnotationVolumeID], pv.Annotations[volume.AnnotationGID], made.Id, made.Gid)
	}
	return brokenSize(claim, pv, made)
}

// leftovers returns what there is beyond one of each per claim.
func (s *scene) leftovers(ctx context.Context, volumes int, pvs []v1.PersistentVolume) error {
	services, endpoints, err := countEndpoints(ctx, s.namespace, "")
	if err != nil {
		return err
	}
	want := len(s.claims)
	wantEndpoints := want
	switch {
	case s.options.shares:
		wantEndpoints, err = 0, s.brokenShared(ctx)
	case s.options.csi:
		wantEndpoints, err = 0, s.brokenServers(ctx)
	}
	if err != nil {
		return err
	}
	if volumes == want && len(pvs) == want && services == wantEndpoints && endpoints == wantEndpoints {
		return nil
	}
	var names []string
	for _, pv := range pvs {
		names = append(names, fmt.Sprintf("%s (%s, of claim %s)", pv.Name, pv.Status.Phase, pv.Spec.ClaimRef.Name))
	}
	return fmt.Errorf("for %d claims there are %d volumes, %d Services, %d Endpoints, and %d PersistentVolumes: %s",
		want, volumes, services, endpoints, len(pvs), strings.Join(names, ", "))
}

// brokenShared returns what is wrong with the Endpoints that the claims' volumes
// share: they are right if there are claims, and else not there.
func (s *scene) brokenShared(ctx context.Context) error {
	services, endpoints, err := countEndpoints(ctx, ourNamespace, "gluster.org/heketi-cluster="+s.heketi.Clusters()[0])
	switch {
	case err != nil:
		return err
	case len(s.claims) > 0:
		return wrongEndpoints(ctx, sharedOf(s.heketi), firstHosts)
	case services+endpoints > 0:
		return fmt.Errorf("without claims there are %d shared Services, %d shared Endpoints", services, endpoints)
	}
	return nil
}

// brokenServers returns what is wrong with the ConfigMap of the cluster: it is right
// if there are claims, and else not there.
func (s *scene) brokenServers(ctx context.Context) error {
	err := wrongServers(ctx, s.heketi, firstHosts)
	switch {
	case len(s.claims) > 0:
		return err
	case apierrors.IsNotFound(err):
		return nil
	}
	return fmt.Errorf("without claims there is ConfigMap %s; %w", serversOf(s.heketi), err)
}

// persistentVolumes returns those that the scene's provisioner has made.
func (s *scene) persistentVolumes(ctx context.Context) ([]v1.PersistentVolume, error) {
	list, err := env.client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var ours []v1.PersistentVolume
	for _, pv := range list.Items {
		if pv.Annotations[volume.ProvisionedBy] == s.provisioner().name {
			ours = append(ours, pv)
		}
	}
	return ours, nil
}
