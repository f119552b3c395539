package bench

import (
	"errors"
	"maps"
)

// Change changes settings of heketi's "glusterfs" section, by name. They count from the
// next Start on. It is for a heketi without TLS, whose certificates stay as they are.
func (h *Heketi) Change(settings map[string]any) error {
	if h.options.TLS {
		return errors.New("the settings of a heketi with TLS cannot be changed")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	changed := maps.Clone(h.options.Settings)
	if changed == nil {
		changed = map[string]any{}
	}
	maps.Copy(changed, settings)
	h.options.Settings = changed
	return h.writeConfig()
}
