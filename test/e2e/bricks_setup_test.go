package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	storagev1 "k8s.io/api/storage/v1"
)

// bricksClass is the class of the claims whose bricks are played with.
const bricksClass = "bricks"

// impatient are flags with which the provisioner tries again sooner than it usually does,
// so that the tests need not wait for minutes.
var impatient = []string{"--heketi-request-timeout=5s", "--retry-interval-max=5s", "--gluster-settle-time=10s"}

// prepareBricks has the provisioner be impatient and makes the class, until the end of the
// test. It returns once one of the provisioners leads.
func prepareBricks(t *testing.T) {
	t.Helper()
	const deployment = "deployment/glusterfs-provisioner"
	var additions []string
	for _, flag := range impatient {
		additions = append(additions, `{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "`+flag+`"}`)
	}
	kubectl(t, "patch", "--namespace="+ourNamespace, deployment, "--type=json", "--patch=["+strings.Join(additions, ",")+"]")
	t.Cleanup(func() {
		kubectlAfter(t, "rollout", "undo", "--namespace="+ourNamespace, deployment)
		kubectlAfter(t, "rollout", "status", "--namespace="+ourNamespace, deployment, "--timeout="+patience.String())
	})
	kubectl(t, "rollout", "status", "--namespace="+ourNamespace, deployment, "--timeout="+patience.String())
	makeClass(t, bricksClass, nil, func(class *storagev1.StorageClass) {
		allow := true
		class.AllowVolumeExpansion = &allow
	})
}

// restartWithCleaner restarts heketi so that it cleans up by itself what it was
// interrupted in, a minute after each start, until the end of the test.
func restartWithCleaner(t *testing.T) {
	t.Helper()
	restart := func(ctx context.Context, disabled bool) error {
		return errors.Join(
			env.heketi.Change(map[string]any{"disable_background_cleaner": disabled}),
			env.heketi.Start(ctx),
		)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := restart(ctx, true); err != nil {
			t.Error(err)
		}
	})
	must(t, restart(t.Context(), false))
}
