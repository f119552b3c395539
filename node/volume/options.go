package volume

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Names of mount options that the plugin looks at.
const (
	LogFile       = "log-file"
	LogLevel      = "log-level"
	BackupServers = "backup-volfile-servers"
	XlatorOption  = "xlator-option"
	ServerPort    = "server-port"
)

// option is the form of a mount option. GlusterFS's mount program is a shell script
// that splits at blanks and expands wildcards, so there are none.
var option = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_-]*(=[a-zA-Z0-9_.:/@%+\[\]-]+)?$`)

// refused are options of GlusterFS's mount program that would make it mount
// something else than the volume, or write a file where it likes, as root.
var refused = map[string]string{
	"volume-id":      "the volume is that of volumeAttributes.volume",
	"volume-name":    "the volume is that of volumeAttributes.volume",
	"fuse-mountopts": "give the options of the kernel, such as noatime, as they are",
	"dump-fuse":      "it would write to a file of the node",
	"process-name":   "the processes of the plugin have their own",
}

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

// ParseOptions reads a PersistentVolume's mountOptions, each of which may be several
// with commas in between. A log file must be directly in the folder. Whether there
// is such an option is for GlusterFS's mount program to say.
func ParseOptions(mountOptions []string, logDir string) (Options, error) {
	var options Options
	for _, several := range mountOptions {
		for text := range strings.SplitSeq(several, ",") {
			if !option.MatchString(text) {
				return nil, fmt.Errorf("mountOptions %q: want name or name=value, without blanks, quotes and wildcards", text)
			}
			name, value, _ := strings.Cut(text, "=")
			if reason, found := refused[name]; found {
				return nil, fmt.Errorf("mountOptions %q: not allowed, %s", text, reason)
			}
			if name == LogFile && (path.Dir(value) != path.Clean(logDir) || path.Join(logDir, path.Base(value)) != value) {
				return nil, fmt.Errorf("mountOptions %q: want a file in %s", text, logDir)
			}
			options = append(options, Option{Name: name, Value: value})
		}
	}
	return options, nil
}

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
