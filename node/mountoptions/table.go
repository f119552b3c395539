package mountoptions

import "maps"

// rule says what an option may be, or why it is refused.
type rule struct {
	// value is what the option's value may be.
	value value
	// refused says why the option is not allowed, and what to do instead.
	refused string
	// replaced tells that the plugin gives by to mount.glusterfs instead of the option,
	// which is mount(8)'s, and which mount(8) replaces in the same way.
	replaced bool
	by       []Option
}

// table has the options of mount.glusterfs 7 to 11 and of its devel branch, with those of
// the kernel that it passes on, and mount(8)'s. Whether there is another one is for
// mount.glusterfs to say.
var table = merge(
	// Access.
	accept(noValue, readOnly, readWrite, "worm", "acl", "selinux", "aux-gfid-mount", "resolve-gids", "enable-ino32"),
	accept(boolean, "root-squash", "no-root-squash"),
	accept(label, "context", "fscontext", "defcontext", "rootcontext"),

	// What is mounted, and from where.
	accept(folder, subdirMount),
	accept(transport, "transport"),
	accept(hosts, BackupServers, "backupvolfile-server"),
	accept(number, ServerPort, "fetch-attempts", "halo-max-latency", "halo-max-replicas", "halo-min-replicas"),
	accept(word, "volfile-check"),
	accept(addressFamily, XlatorOption),
	accept(noValue, "thin-client"),

	// The client.
	accept(path, LogFile),
	accept(word, LogLevel, "process-name", "io-engine"),
	accept(noValue, "localtime-logging", "mem-accounting", "global-threading"),
	accept(boolean, "event-history"),
	accept(number, OOMScoreAdj, "reader-thread-count"),

	// Caches and queues.
	accept(seconds, "attribute-timeout", "entry-timeout", "negative-timeout"),
	accept(number, "gid-timeout", "lru-limit", "invalidate-limit", "inode-table-size", "background-qlen", "congestion-threshold",
		"attr-times-granularity", "fuse-dev-eperm-ratelimit-ns"),
	accept(boolean, "use-readdirp", "auto-invalidation", "kernel-writeback-cache",
		"fuse-flush-handle-interrupt", "fuse-setlk-handle-interrupt", "fuse-handle-copy_file_range"),
	accept(booleanOrAuto, "direct-io-mode"),
	accept(booleanIfAny, "fopen-keep-cache"),

	// The kernel's, and those for which mount.glusterfs does nothing.
	accept(noValue, "atime", "noatime", "diratime", "nodiratime", "relatime", "norelatime", "strictatime", "nostrictatime",
		"lazyatime", "nolazyatime", "dev", "nodev", "exec", "noexec", "suid", "nosuid", "auto_unmount"),
	accept(noValue, "async", "sync", "dirsync", "mand", "nomand", "silent", "loud", "iversion", "noiversion"),

	// mount(8)'s, and those of fstab. For a volume of a pod they mean nothing.
	replace(noValue, nil, "defaults", "auto", "noauto", "nofail", "_netdev", "nouser", "nousers", "noowner", "nogroup"),
	replace(anything, nil, "comment"),
	replace(noValue, []Option{{Name: "nosuid"}, {Name: "nodev"}}, "owner", "group"),

	refuse("it would mount something else than the volume; leave it out", "volume-id", "volume-name"),
	refuse("write the options of the kernel, such as noatime, as they are", "fuse-mountopts"),
	refuse("it would write to a file of the node; leave it out, and see the client's log with log-level=DEBUG", "dump-fuse"),
	refuse("kubelet mounts volumes, not users of the node; leave it out, and write nosuid, nodev and noexec if you want these", "user", "users"),
	refuse("a volume is mounted from its servers, for each pod anew; leave it out", "remount", "bind", "rbind", "move", "loop",
		"shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable", "runbindable", "helper", "uhelper"),
)

// mkdir is the one of mount(8)'s options that begin with x-mount, and change where a
// mount is or whose, that changes nothing for a volume.
const mkdir = "x-mount.mkdir"

// extension is the rule for names that begin with x- or X-, which are comments to all but
// those for whom they are meant.
var extension = rule{value: anything, replaced: true}

// extensionOfMount is the rule for those that mount(8) itself obeys.
var extensionOfMount = rule{refused: "it would have mount(8) move or change what it has mounted; leave it out"}

// unknown is the rule for options that are not in the table.
var unknown = rule{value: unknownValue}

func accept(value value, names ...string) map[string]rule { return all(rule{value: value}, names) }

func replace(value value, by []Option, names ...string) map[string]rule {
	return all(rule{value: value, replaced: true, by: by}, names)
}

func refuse(reason string, names ...string) map[string]rule { return all(rule{refused: reason}, names) }

func all(r rule, names []string) map[string]rule {
	rules := map[string]rule{}
	for _, name := range names {
		rules[name] = r
	}
	return rules
}

func merge(parts ...map[string]rule) map[string]rule {
	rules := map[string]rule{}
	for _, part := range parts {
		maps.Copy(rules, part)
	}
	return rules
}
