package child

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// key is what a user's requests are signed with.
type key struct {
	Key string `json:"key"`
}

// ours are the settings of heketi that are not the administrator's to choose, by name. The names
// are those of server/config/config.go in heketi.
func (o Options) ours(keys map[string]key) map[string]any {
	return map[string]any{
		"port":     fmt.Sprint(o.Port),
		"use_auth": true,
		"jwt":      keys,
		// Who speaks TLS is the keeper.
		"enable_tls": false, "cert_file": "", "key_file": "",
		"backup_db_to_kube_secret": false,
		"profiling":                false,
		"default_state":            "",
	}
}

// oursOfGluster are those of the section glusterfs, by the names of apps/glusterfs/app_config.go
// in heketi.
func (o Options) oursOfGluster() map[string]any {
	return map[string]any{
		"db":           o.databaseFile(),
		"db_read_only": false,
		// The cleaner undoes what heketi was interrupted in without asking gluster what it has.
		"disable_background_cleaner": true,
		// While the monitor asks a node that hangs, nothing else goes on.
		"disable_monitor_gluster_nodes": true,
	}
}

// sectionGluster is the section of heketi's configuration that is about gluster.
const sectionGluster = "glusterfs"

// configuration returns what heketi reads: the administrator's configuration with the settings
// of the keeper.
func (o Options) configuration(keys map[string]key) ([]byte, error) {
	text, err := os.ReadFile(o.ConfigFile)
	if err != nil {
		return nil, fmt.Errorf("--heketi-config=%s: %w", o.ConfigFile, err)
	}
	var settings map[string]any
	if err := json.Unmarshal(text, &settings); err != nil {
		return nil, fmt.Errorf("--heketi-config=%s: it is no configuration of heketi: %w", o.ConfigFile, err)
	}
	gluster, is := settings[sectionGluster].(map[string]any)
	if !is {
		return nil, fmt.Errorf("--heketi-config=%s: the section %s is missing; it says at least which executor there is", o.ConfigFile, sectionGluster)
	}
	maps.Copy(settings, o.ours(keys))
	maps.Copy(gluster, o.oursOfGluster())
	return json.Marshal(settings)
}

// fixed are the variables of the environment that would change settings of the keeper, see
// main.go and apps/glusterfs/app.go in heketi.
var fixed = []string{
	"HEKETI_HTTP_PORT", "HEKETI_ADMIN_KEY", "HEKETI_USER_KEY", "HEKETI_BACKUP_DB_TO_KUBE_SECRET", "HEKETI_KUBE_DB_SECRET_NAME",
	"HEKETI_PROFILING", "HEKETI_DEFAULT_STATE", "HEKETI_DB_PATH", "HEKETI_DISABLE_BACKGROUND_CLEANER", "HEKETI_DISABLE_HEALTH_MONITOR",
}

// environment is heketi's: the keeper's, without what would change settings of the keeper.
func environment(own []string) []string {
	passed := slices.DeleteFunc(slices.Clone(own), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(fixed, name)
	})
	// Its client for Kubernetes is so old that it does not notice when an HTTP/2 connection has
	// died, and waits for a quarter of an hour.
	return append(passed, "DISABLE_HTTP2=1")
}
