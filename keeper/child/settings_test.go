package child

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// optionsWith has an administrator's configuration.
func optionsWith(t *testing.T, configuration string) Options {
	t.Helper()
	options := Options{ConfigFile: filepath.Join(t.TempDir(), "heketi.json"), Dir: "/var/lib/heketi", Port: 8082}
	if err := os.WriteFile(options.ConfigFile, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	return options
}

func TestConfigurationIsTheAdministratorsButForWhatIsTheKeepers(t *testing.T) {
	options := optionsWith(t, `{
		"port": "1", "use_auth": false, "jwt": {"admin": {"key": "known"}}, "enable_tls": true, "cert_file": "/x", "backup_db_to_kube_secret": true,
		"default_state": "read-only", "profiling": true,
		"glusterfs": {"executor": "kubernetes", "db": "/elsewhere", "db_read_only": true, "disable_background_cleaner": false, "brick_max_size_gb": 7}
	}`)
	text, err := options.configuration(map[string]key{"admin": {"secret"}})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"port": "8082", "use_auth": true, "jwt": map[string]any{"admin": map[string]any{"key": "secret"}},
		"enable_tls": false, "cert_file": "", "key_file": "", "backup_db_to_kube_secret": false, "default_state": "", "profiling": false,
		"glusterfs": map[string]any{
			"executor": "kubernetes", "brick_max_size_gb": 7.0,
			"db": "/var/lib/heketi/heketi.db", "db_read_only": false, "disable_background_cleaner": true, "disable_monitor_gluster_nodes": true,
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestABrokenConfigurationIsAnError(t *testing.T) {
	for configuration, want := range map[string]string{
		"":                 "no configuration of heketi",
		"[]":               "no configuration of heketi",
		"null":             "the section glusterfs is missing",
		"{}":               "the section glusterfs is missing",
		`{"glusterfs": 1}`: "the section glusterfs is missing",
	} {
		options := optionsWith(t, configuration)
		if _, err := options.configuration(nil); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), options.ConfigFile) {
			t.Errorf("%q: got error %v, want %q", configuration, err, want)
		}
	}
}

func TestEnvironmentDoesNotChangeWhatIsTheKeepers(t *testing.T) {
	got := environment([]string{"PATH=/bin", "HEKETI_DB_PATH=/x", "HEKETI_EXECUTOR=ssh", "HEKETI_ADMIN_KEY=known", "HEKETI_HTTP_PORT=1"})
	if want := []string{"PATH=/bin", "HEKETI_EXECUTOR=ssh", "DISABLE_HTTP2=1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
