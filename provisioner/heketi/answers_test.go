package heketi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
)

// What most scripts are about: volume v1, made in cluster c1 by job j1.
const (
	post      = "POST /volumes"
	poll      = "GET /queue/j1"
	get       = "GET /volumes/v1"
	del       = "DELETE /volumes/v1"
	dumpIt    = "GET /db/dump"
	listThem  = "GET /clusters"
	cluster1  = "GET /clusters/c1"
	cleanUp   = "POST /operations/pending/cleanup"
	cleaned   = "GET /queue/clean"
	jobPath   = "/queue/j1"
	v1Path    = "/volumes/v1"
	forgotten = "Id not found"
)

var threeReplicas = volume.Durability{Kind: volume.Replicate, Replicas: 3}

func spec() Spec {
	return Spec{
		Name:           "pvc-1",
		SizeGiB:        2,
		Clusters:       []string{"c1"},
		GID:            2001,
		Durability:     threeReplicas,
		Options:        []string{"client.ssl on"},
		SnapshotFactor: 1.5,
	}
}

// made is the volume that heketi makes of spec.
func made() Volume {
	return Volume{
		ID: "v1", Name: "pvc-1", Cluster: "c1", SizeGiB: 2, GID: 2001,
		Durability: threeReplicas,
		Hosts:      []string{"192.168.10.1", "gluster-2"},
	}
}

// v1Ref is where that volume is.
var v1Ref = Ref{ID: "v1", Name: "pvc-1", Cluster: "c1"}

// infoOf is the volume in heketi's words.
func infoOf(v Volume) api.VolumeInfo {
	var info api.VolumeInfo
	info.Id, info.Name, info.Cluster, info.Size, info.Gid = v.ID, v.Name, v.Cluster, v.SizeGiB, int64(v.GID)
	info.Durability.Type = api.DurabilityType(v.Durability.Kind)
	info.Durability.Replicate.Replica = v.Durability.Replicas
	info.Durability.Disperse.Data = v.Durability.Data
	info.Durability.Disperse.Redundancy = v.Durability.Redundancy
	info.Mount.GlusterFS.Hosts = v.Hosts
	return info
}

// accepted begins a job.
func accepted(location string) answer {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, location, http.StatusAccepted) }
}

// pending is a poll's answer as long as the job runs.
func pending(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Pending", "true") }

// moved is a poll's answer when the job has made something.
func moved(location string) answer {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, location, http.StatusSeeOther) }
}

// gone is a poll's answer when the job has deleted something.
func gone(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// says is a plain answer; heketi refuses with such.
func says(status int, text string) answer {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, status) }
}

// page is an answer of something between here and heketi.
func page(status int) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "<html>\r\n<head><title>%d %[2]s</title></head>\r\n<body>%[2]s<hr>nginx</body>\r\n</html>", status, http.StatusText(status))
	}
}

// pageOf is a page that quotes a text.
func pageOf(status int, text string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = fmt.Fprintln(w, text)
	}
}

// noSpace is heketi's refusal to make a volume.
var noSpace = says(500, "Failed to allocate new volume: No space")

// empty is an answer without a body.
func empty(status int) answer {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// body is an answer of that content.
func body(text string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_, _ = w.Write([]byte(text))
	}
}

func jsonOf(v any) answer {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return body(string(text))
}

func shows(v Volume) answer { return jsonOf(api.VolumeInfoResponse{VolumeInfo: infoOf(v)}) }

func lists(clusters ...string) answer { return jsonOf(api.ClusterListResponse{Clusters: clusters}) }

// entry is a volume in heketi's database; pending is the operation that heketi was
// interrupted in with it.
type entry struct {
	Volume
	pending string
}

// dumps is heketi's database dump.
func dumps(entries ...entry) answer { return dumpsWith("stale", entries...) }

// dumpsWith is dumps with operations of that status.
func dumpsWith(status string, entries ...entry) answer {
	volumes, operations := map[string]any{}, map[string]any{}
	for _, e := range entries {
		volumes[e.ID] = map[string]any{"Info": infoOf(e.Volume), "Bricks": []string{}, "Pending": map[string]string{"Id": e.pending}}
		if e.pending != "" {
			operations[e.pending] = map[string]any{"Id": e.pending, "Type": kindCreate, "Status": status}
		}
	}
	return jsonOf(map[string]any{
		"clusterentries": map[string]any{"c1": map[string]any{}}, "volumeentries": volumes, "pendingoperations": operations,
	})
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// cutShort ends the connection amid the answer, which begins with that status
// and more headers, if any.
func cutShort(head string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Length: 1000\r\n\r\n{\"id\": ", head)
			_ = conn.Close()
		}
	}
}

// silent never answers.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// redirects points elsewhere.
func redirects(status int, to string) answer {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) }
}

// huge is an answer of that many MiB of text.
func huge(status, mib int) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		text := []byte(strings.Repeat("lorem ipsum dolor sit\n", 1<<20/22))
		for range mib {
			if _, err := w.Write(text); err != nil {
				return
			}
		}
	}
}

// often repeats an answer.
func often(count int, a answer) []answer {
	var all []answer
	for range count {
		all = append(all, a)
	}
	return all
}

// then joins answers that are given in turn.
func then(first []answer, rest ...answer) []answer { return append(first, rest...) }
