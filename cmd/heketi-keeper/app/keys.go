package app

import (
	"fmt"
	"os"
	"strings"

	"glusterfs-provisioner/keeper/tokens"
)

// keys reads the keys of heketi's users. They are read for each request, so that one that was
// changed counts at once.
func (o *Options) keys() (map[string]string, error) {
	keys := map[string]string{}
	for _, user := range []struct{ name, flag, file string }{
		{tokens.Admin, "admin-key-file", o.AdminKeyFile}, {tokens.User, "user-key-file", o.UserKeyFile},
	} {
		if user.file == "" {
			continue
		}
		text, err := os.ReadFile(user.file)
		if err != nil {
			return nil, fmt.Errorf("--%s=%s: %w", user.flag, user.file, err)
		}
		if keys[user.name] = strings.TrimRight(string(text), "\r\n"); keys[user.name] == "" {
			return nil, fmt.Errorf("--%s=%s: it is empty; put the key of the user %s there", user.flag, user.file, user.name)
		}
	}
	return keys, nil
}
