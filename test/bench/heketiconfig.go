package bench

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// adminUser is the user of heketi who may do everything.
const adminUser = "admin"

// heketiConfig is heketi's configuration file.
type heketiConfig struct {
	Port      string                `json:"port"`
	UseAuth   bool                  `json:"use_auth"`
	JWT       map[string]heketiUser `json:"jwt"`
	EnableTLS bool                  `json:"enable_tls"`
	CertFile  string                `json:"cert_file"`
	KeyFile   string                `json:"key_file"`
	GlusterFS map[string]any        `json:"glusterfs"`
}

type heketiUser struct {
	Key string `json:"key"`
}

func (h *Heketi) writeConfig() error {
	config := heketiConfig{
		Port:    h.port.String(),
		UseAuth: h.options.Auth,
		JWT:     map[string]heketiUser{adminUser: {h.adminKey}, "user": {h.userKey}},
	}
	var err error
	if config.GlusterFS, err = h.glusterSettings(); err != nil {
		return err
	}
	if h.options.TLS {
		config.EnableTLS = true
		if config.CertFile, config.KeyFile, err = h.writeCertificates(); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot encode heketi's configuration: %w", err)
	}
	if err := os.WriteFile(h.ConfigFile(), text, 0o600); err != nil {
		return fmt.Errorf("cannot write heketi's configuration: %w", err)
	}
	return nil
}

func (h *Heketi) glusterSettings() (map[string]any, error) {
	settings := map[string]any{
		"executor":                "mock",
		"db":                      h.DatabaseFile(),
		"loglevel":                "warning",
		"max_inflight_operations": h.options.MaxInFlight,
	}
	if len(h.options.Faults) > 0 {
		faults, err := FaultSettings(h.dir, h.options.Faults)
		if err != nil {
			return nil, err
		}
		maps.Copy(settings, faults)
	}
	maps.Copy(settings, h.options.Settings)
	return settings, nil
}

func (h *Heketi) writeCertificates() (certificate, key string, err error) {
	if h.authority, err = newAuthority("heketi"); err != nil {
		return "", "", err
	}
	if _, _, err := h.authority.save(filepath.Join(h.dir, authorityFile)); err != nil {
		return "", "", err
	}
	h.authority.life = h.options.CertificateLife
	serving, err := h.authority.server("heketi", h.options.Address)
	if err != nil {
		return "", "", err
	}
	return serving.save(filepath.Join(h.dir, "heketi"))
}

// ConfigFile is heketi's configuration.
func (h *Heketi) ConfigFile() string { return filepath.Join(h.dir, "heketi.json") }

func (h *Heketi) certificateFile(name string) string { return filepath.Join(h.dir, name+".crt") }
