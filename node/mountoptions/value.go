package mountoptions

import (
	"regexp"
	"slices"
	"strings"
)

// value is what the value of an option may be.
type value struct {
	form *regexp.Regexp
	// want says what the form is.
	want string
	// optional tells that there need not be one.
	optional bool
	// comment tells that nobody looks at the value.
	comment bool
}

// characters are those that a value can have: mount.glusterfs, a shell script, splits at
// blanks and expands wildcards.
const characters = `[a-zA-Z0-9_.:/@%+=\[\]-]`

var (
	// noValue has no form, so that nothing matches.
	noValue  = value{want: "no value", optional: true}
	anything = value{form: whole(characters + `*`), optional: true, comment: true}

	word          = value{form: whole(`[a-zA-Z0-9_.-]+`), want: "a word"}
	number        = value{form: whole(`-?[0-9]+`), want: "a number"}
	seconds       = value{form: whole(`[0-9]+(\.[0-9]*)?`), want: "seconds, such as 1 or 0.5"}
	boolean       = value{form: whole(booleans), want: "on or off"}
	booleanIfAny  = value{form: whole(booleans), want: "on or off", optional: true}
	booleanOrAuto = value{form: whole(booleans + `|(?i:auto)`), want: "on, off or auto"}
	label         = value{form: whole(`[a-zA-Z0-9_.:-]+`), want: "a label of SELinux, without quotes and without categories, since commas come between options"}
	hosts         = value{form: whole(`[a-zA-Z0-9_.:\[\]-]+`), want: "host names or addresses of GlusterFS servers with colons in between, and IPv6 addresses in brackets"}

	// path is where a log file may be; Check and Parse say more.
	path = value{form: whole(`/[a-zA-Z0-9_.:/@%+-]+`), want: "the path of a file"}
	// folder is a folder of the volume. A server follows .. out of the volume, and
	// .glusterfs is its own.
	folder = value{form: whole(`[a-zA-Z0-9_.:/@%+-]+`), want: "a folder of the volume"}
	// transport is what volumes of heketi have. With unix, the client would take what it
	// is to mount from a socket of the node.
	transport = value{form: whole(`tcp`), want: "tcp, which is what volumes of heketi have, or leave it out"}
	// addressFamily is the one option of a translator that is of use. Others could name
	// another brick, or a file.
	addressFamily = value{form: whole(`transport\.address-family=(inet|inet6|unspec)`), want: "transport.address-family=inet6 or inet; set other options for the whole volume, with volumeoptions in the class"}

	// unknownValue is the value of an option that is not known here. It may be the path of
	// a file, of the node or of a server, so it has no slash.
	unknownValue = value{form: whole(`[a-zA-Z0-9_.:@%+\[\]-]+`), want: "an option of mount.glusterfs that is known here, or one without slashes; leave it out", optional: true}
)

// booleans are GlusterFS's, in any case.
const booleans = `(?i:1|0|on|off|yes|no|true|false|enable|disable)`

func whole(pattern string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + pattern + `)$`) }

// problem says what is wrong with an option's value; "" if nothing is.
func (v value) problem(given Option) string {
	switch {
	case given.Value == "" && v.optional:
		return ""
	case v.form == nil || !v.form.MatchString(given.Value):
		return "want " + v.want
	case v.comment:
		return ""
	case !isPlain(given):
		return "want no . and .. and nothing empty between slashes"
	case given.Name == subdirMount && slices.Contains(elements(given), ".glusterfs"):
		return "the folder .glusterfs is the servers' own; want another folder of the volume"
	}
	return ""
}

// isPlain tells whether an option's value, taken for a path, leads downward only and names
// something.
func isPlain(given Option) bool {
	return !slices.ContainsFunc(elements(given), func(element string) bool { return element == "" || element == "." || element == ".." })
}

// elements are those of an option's value, taken for a path. One slash at the beginning counts
// for nothing, nor does one at the end of a folder.
func elements(given Option) []string {
	path := strings.TrimPrefix(given.Value, "/")
	if given.Name == subdirMount {
		path = strings.TrimSuffix(path, "/")
	}
	return strings.Split(path, "/")
}
