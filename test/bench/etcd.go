package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
)

func (c *Cluster) startEtcd(ctx context.Context) (err error) {
	const name = "bench"
	peer := "http://" + c.etcdPeerPort.address()
	c.etcd, err = StartServer(ctx, ProcessOptions{
		Path: c.binaries.Etcd,
		Args: []string{
			"--name=" + name,
			"--data-dir=" + c.file("etcd"),
			"--listen-client-urls=" + c.etcdURL(),
			"--advertise-client-urls=" + c.etcdURL(),
			"--listen-peer-urls=" + peer,
			"--initial-advertise-peer-urls=" + peer,
			"--initial-cluster=" + name + "=" + peer,
			// What it holds is thrown away, so waiting for the disk is too.
			"--unsafe-no-fsync",
			"--log-level=warn",
		},
		Env: serverEnvironment(c.dir),
		Log: c.logOf("etcd"),
	}, func(ctx context.Context) error {
		return answers(ctx, http.DefaultClient, c.etcdURL()+"/health")
	})
	return err
}

func (c *Cluster) etcdURL() string { return "http://" + c.etcdPort.address() }

// putsAtOnce is how many values one of etcd's transactions may write
// (--max-txn-ops).
const putsAtOnce = 128

// Put writes values into etcd, by key, past kube-apiserver, which sees them as if
// another kube-apiserver had written them. That is for tests among very many
// objects, which would take long to make otherwise.
func (c *Cluster) Put(ctx context.Context, values map[string][]byte) error {
	type put struct {
		Key   []byte `json:"key"`
		Value []byte `json:"value"`
	}
	type operation struct {
		Put put `json:"request_put"`
	}
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(values)), putsAtOnce) {
		transaction := map[string][]operation{}
		for _, key := range keys {
			transaction["success"] = append(transaction["success"], operation{put{[]byte(key), values[key]}})
		}
		// This is etcd's gRPC gateway, for which binary is base64 in JSON.
		if _, err := postJSON(ctx, c.etcdURL()+"/v3/kv/txn", transaction); err != nil {
			return fmt.Errorf("cannot write to etcd: %w", err)
		}
	}
	return nil
}

// EtcdSize returns how many bytes of etcd's file are in use. What was replaced counts until kube-apiserver has etcd
// compact itself, which it does every five minutes.
func (c *Cluster) EtcdSize(ctx context.Context) (int64, error) {
	answer, err := postJSON(ctx, c.etcdURL()+"/v3/maintenance/status", struct{}{})
	if err != nil {
		return 0, fmt.Errorf("cannot ask etcd for its size: %w", err)
	}
	var status struct {
		InUse int64 `json:"dbSizeInUse,string"`
	}
	if err := json.Unmarshal(answer, &status); err != nil {
		return 0, fmt.Errorf("cannot read etcd's size: %w", err)
	}
	return status.InUse, nil
}

// postJSON returns the answer.
func postJSON(ctx context.Context, url string, body any) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("POST %s answers %s: %s", url, response.Status, answer)
	}
	return answer, nil
}
