package mountoptions

import (
	"slices"
	"strings"
)

// Names of options that others look at.
const (
	LogFile       = "log-file"
	LogLevel      = "log-level"
	BackupServers = "backup-volfile-servers"
	XlatorOption  = "xlator-option"
	ServerPort    = "server-port"
	OOMScoreAdj   = "oom-score-adj"
	subdirMount   = "subdir-mount"
)

const (
	readOnly  = "ro"
	readWrite = "rw"
)

// Option is a mount option.
type Option struct {
	Name string
	// Value is empty where the option has none.
	Value string
}

func (o Option) String() string {
	if o.Value == "" {
		return o.Name
	}
	return o.Name + "=" + o.Value
}

// Options are mount options. The last one of a name counts.
type Options []Option

// Value returns the value of the option of that name, and whether there is one.
func (o Options) Value(name string) (value string, found bool) {
	for _, option := range o {
		if option.Name == name {
			value, found = option.Value, true
		}
	}
	return value, found
}

// WithDefaults returns the options, and before them those defaults whose names are
// not among them.
func (o Options) WithDefaults(defaults ...Option) Options {
	var all Options
	for _, option := range defaults {
		if _, found := o.Value(option.Name); !found {
			all = append(all, option)
		}
	}
	return append(all, o...)
}

func (o Options) String() string {
	texts := make([]string, len(o))
	for i, option := range o {
		texts[i] = option.String()
	}
	return strings.Join(texts, ",")
}

// withLastAccess has the last one of ro and rw count, as with mount(8). mount.glusterfs
// takes ro wherever it stands.
func (o Options) withLastAccess() Options {
	last := ""
	for _, option := range o {
		if option.Name == readOnly || option.Name == readWrite {
			last = option.Name
		}
	}
	return slices.DeleteFunc(o, func(option Option) bool {
		return option.Name == readWrite || option.Name == readOnly && last != readOnly
	})
}
