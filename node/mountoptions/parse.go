package mountoptions

import (
	"errors"
	"fmt"
	stdpath "path"
	"regexp"
	"strings"
)

// Mounter is who mounts a volume.
type Mounter int

const (
	// Plugin is the node plugin, which gives options to mount.glusterfs.
	Plugin Mounter = iota
	// Kubelet is a kubelet up to Kubernetes 1.25, which gives options to mount(8).
	Kubelet
)

const (
	// logsOfNode is where kubelet may have log files be written.
	logsOfNode = "/var/log/"
	// shownLength is how much of an option a message shows.
	shownLength = 100
)

// text is the form of an option. It has no blanks, quotes and wildcards.
var text = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.-]*(=` + characters + `+)?$`)

// Check returns an error with all Problems; nil if there are none.
func Check(mountOptions []string, by Mounter) error { return asError(Problems(mountOptions, by)) }

// Problems returns what is wrong with the mountOptions of a volume: each option, and what to do
// about it. The folder of the plugin's log files is known on nodes only.
func Problems(mountOptions []string, by Mounter) []string {
	_, problems := parse(mountOptions, func(file string) string {
		if by == Kubelet && !strings.HasPrefix(file, logsOfNode) {
			return "want a file below " + logsOfNode
		}
		return ""
	})
	return problems
}

func asError(problems []string) error {
	if len(problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(problems, "; "))
}

// Parse reads the mountOptions of a volume that the plugin mounts, each of which may be several
// with commas in between. The error is that of Check. A log file must be directly in the
// folder.
func Parse(mountOptions []string, logDir string) (Options, error) {
	options, problems := parse(mountOptions, func(file string) string {
		if stdpath.Dir(file) != stdpath.Clean(logDir) {
			return "want a file in " + logDir
		}
		return ""
	})
	return options.withLastAccess(), asError(problems)
}

// parse reads options, and returns none if there are problems. problemOfLog says what is wrong
// with the path of a log file.
func parse(mountOptions []string, problemOfLog func(file string) string) (options Options, problems []string) {
	for _, several := range mountOptions {
		for one := range strings.SplitSeq(several, ",") {
			// mount(8) skips them as well.
			if one == "" {
				continue
			}
			option, replacement, problem := read(one)
			if problem == "" && option.Name == LogFile {
				problem = problemOfLog(option.Value)
			}
			if problem != "" {
				problems = append(problems, fmt.Sprintf("mountOptions %q: %s", shorten(one), problem))
			}
			options = append(options, replacement...)
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return options, nil
}

// read reads one option, and returns what the plugin gives to mount.glusterfs for it.
func read(one string) (option Option, replacement []Option, problem string) {
	if !text.MatchString(one) {
		return Option{}, nil, "want name or name=value, without blanks, quotes and wildcards"
	}
	option.Name, option.Value, _ = strings.Cut(one, "=")
	rule := ruleOf(option.Name)
	switch {
	case rule.refused != "":
		return option, nil, "not allowed: " + rule.refused
	case rule.replaced:
		return option, rule.by, rule.value.problem(option)
	}
	return option, []Option{option}, rule.value.problem(option)
}

func ruleOf(name string) rule {
	if r, found := table[name]; found {
		return r
	}
	lower := strings.ToLower(name)
	switch {
	case strings.HasPrefix(lower, "x-mount.") && lower != mkdir:
		return extensionOfMount
	case strings.HasPrefix(lower, "x-"):
		return extension
	}
	return unknown
}

func shorten(text string) string {
	characters := []rune(text)
	if len(characters) <= shownLength {
		return text
	}
	return string(characters[:shownLength]) + "..."
}
