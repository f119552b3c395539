package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"glusterfs-provisioner/node/client"
)

func TestClientInfo(t *testing.T) {
	for want, version := range map[string]func(context.Context) (client.Version, error){
		"glusterfs_csi_node_client_info{version=\"10.3\"} 1\n": func(context.Context) (client.Version, error) { return "10.3", nil },
		"glusterfs_csi_node_client_info{version=\"none\"} 1\n": func(context.Context) (client.Version, error) {
			return "", fmt.Errorf("%w: not there", client.ErrNotInstalled)
		},
		"": func(context.Context) (client.Version, error) { return "", errors.New("it does not say") },
	} {
		if want != "" {
			want = "# HELP glusterfs_csi_node_client_info The GlusterFS client that volumes are mounted with; the version is none if there is no client.\n" +
				"# TYPE glusterfs_csi_node_client_info gauge\n" + want
		}
		if err := testutil.CollectAndCompare(newClientInfo(version), strings.NewReader(want)); err != nil {
			t.Error(err)
		}
	}
}
