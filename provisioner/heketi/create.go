package heketi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
)

// Create makes a volume, or returns the one that exists already under the spec's name. Set
// retried if an earlier Create for the same name may have reached heketi. Then the name is
// looked up first, in every cluster.
//
// An error that wraps ErrInterrupted means that the volume may exist or may come to exist.
// Call Create again with retried set. With any other error heketi certainly has no volume
// of that name. Only with ErrNameTaken it has one, which does not fit the spec. ErrNoSpace
// means that no cluster had room. ErrForeign comes with ErrInterrupted. It means that none
// of the spec's HeketiClusters was there when the name was looked up, so that the volume
// may be in another heketi.
func (c *Client) Create(ctx context.Context, spec Spec, retried bool) (*Volume, error) {
	if retried {
		if found, err := c.adopt(ctx, spec, spec.LookSince); found != nil || err != nil {
			return found, err
		}
	}
	clusters, err := c.clustersFor(ctx, spec)
	if err != nil {
		return nil, err
	}
	return c.createInOneOf(ctx, spec, clusters)
}

// createInOneOf makes the volume in the first of the clusters that has room. It keeps its
// place while it goes on to the next, because in between others would get theirs.
func (c *Client) createInOneOf(ctx context.Context, spec Spec, clusters []string) (*Volume, error) {
	if len(clusters) == 0 {
		return nil, &Error{Server: c.URL(), Operation: createOperation(spec), Kind: ErrNoSpace, Text: "it has no clusters; load its topology first"}
	}
	mine := &seat{client: c}
	defer mine.leave()
	if err := mine.take(ctx, createOperation(spec)); err != nil {
		return nil, err
	}
	// Only now, because others may have found clusters full during the wait.
	clusters = c.backend.room.order(clusters, spec)
	var refusals []error
	for _, cluster := range clusters {
		made, err := c.createIn(ctx, spec, cluster, mine)
		if err == nil {
			return made, nil
		}
		if !errors.Is(err, ErrNoSpace) || errors.Is(err, ErrInterrupted) {
			return nil, err
		}
		c.backend.room.wasRefused(cluster, spec)
		refusals = append(refusals, err)
	}
	return nil, noneHadRoom(c.URL(), spec, clusters, refusals)
}

// clustersFor returns the clusters that the volume may be made in. It asks for heketi's
// clusters even if the spec names some. So a wrong address fails here, for certain,
// instead of in a request that may have begun something.
func (c *Client) clustersFor(ctx context.Context, spec Spec) ([]string, error) {
	all, err := c.Clusters(ctx)
	if len(spec.Clusters) == 0 {
		return all, err
	}
	if errors.Is(err, ErrUnauthorized) {
		// Only heketi's administrator may list clusters. The answer to the create shows
		// what else heketi allows.
		err = nil
	}
	return spec.Clusters, err
}

func createOperation(spec Spec) string { return fmt.Sprintf("create volume %q", spec.Name) }

// createIn makes the volume in one cluster.
func (c *Client) createIn(ctx context.Context, spec Spec, cluster string, mine *seat) (*Volume, error) {
	if err := mine.take(ctx, createOperation(spec)); err != nil {
		return nil, err
	}
	var made *api.VolumeInfoResponse
	err := c.perform(ctx, createOperation(spec), func(client *gcli.Client) (err error) {
		made, err = client.VolumeCreate(spec.request(cluster))
		return err
	})
	switch {
	case err == nil && made.Name == spec.Name && made.Id != "":
		return volumeFrom(&made.VolumeInfo), nil
	case err == nil:
		return nil, &Error{Server: c.URL(), Operation: createOperation(spec), Kind: ErrUnavailable, Interrupted: true,
			Text: fmt.Sprintf("it answered with another volume, %q", made.Name)}
	case errors.Is(err, ErrInterrupted):
		return nil, err
	case errors.Is(err, ErrNameTaken), jobFailed(err):
		// What has the name decides. Only heketi can confirm that the job left nothing
		// behind, because a gateway can answer 500 as well. That may take a clean-up,
		// which takes a place of its own.
		mine.leave()
		found, adoptErr := c.adopt(ctx, spec, time.Time{})
		if found != nil || adoptErr != nil {
			return found, afterFailure(adoptErr, err)
		}
	}
	return nil, err
}

// afterFailure is for a failed create of which it was looked up what it left. It adds to
// the error of that why the create failed, because heketi does not say it twice.
func afterFailure(err, failure error) error {
	var found, failed *Error
	if errors.As(err, &found) && errors.As(failure, &failed) && failed.jobFailed && failed.Text != "" {
		found.Text = fmt.Sprintf("%s; creating it had failed: %s", found.Text, failed.Text)
	}
	return err
}

func jobFailed(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.jobFailed
}

// adopt returns the volume that has the spec's name, or nil if there was none at some time
// since the given one. Zero stands for now.
func (c *Client) adopt(ctx context.Context, spec Spec, since time.Time) (*Volume, error) {
	found, err := c.lookUp(ctx, spec, since)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		var e *Error
		if errors.As(err, &e) {
			e.Interrupted = true
		}
		return nil, err
	}
	if len(spec.Clusters) > 0 && !slices.Contains(spec.Clusters, found.Cluster) {
		return nil, &Error{Server: c.URL(), Operation: createOperation(spec), Kind: ErrNameTaken,
			Text: fmt.Sprintf("cluster %s, which the class does not allow, has a volume of that name (id %s); delete it there if it is not needed", found.Cluster, found.ID)}
	}
	if misfit := spec.misfit(found); misfit != "" {
		return nil, &Error{Server: c.URL(), Operation: createOperation(spec), Kind: ErrNameTaken,
			Text: fmt.Sprintf("a volume of that name (id %s) exists but does not fit: %s; delete it in heketi if it is not needed", found.ID, misfit)}
	}
	return found, nil
}

// lookUp returns the volume of the spec's id, if it still has the spec's name. Otherwise
// it returns the volume that has the name.
func (c *Client) lookUp(ctx context.Context, spec Spec, since time.Time) (*Volume, error) {
	if spec.ID != "" {
		found, err := c.Get(ctx, spec.ID)
		if err == nil && found.Name == spec.Name || err != nil && !errors.Is(err, ErrNotFound) {
			return found, err
		}
	}
	return c.find(ctx, spec.Name, spec.HeketiClusters, since)
}

// noneHadRoom joins what each cluster said.
func noneHadRoom(server string, spec Spec, clusters []string, refusals []error) error {
	if len(refusals) == 1 {
		return refusals[0]
	}
	e := &Error{Server: server, Operation: createOperation(spec), Kind: ErrNoSpace}
	var all []string
	for i, refusal := range refusals {
		var said *Error
		if errors.As(refusal, &said) {
			all = append(all, fmt.Sprintf("cluster %s: %s", clusters[i], said.Text))
		}
	}
	e.Text = presentable(strings.Join(all, "; "))
	return e
}
