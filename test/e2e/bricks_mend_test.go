package e2e

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/e2e/gluster"
	"glusterfs-provisioner/test/e2e/person"
)

// Where docs/mending.md has heketi's files.
const (
	heketisConfig   = "/etc/heketi/heketi.json"
	heketisDatabase = "/var/lib/heketi/heketi.db"
)

// mend finishes in heketi's database what gluster has already, and repairs the hosts' fstab:
// it types the commands of docs/mending.md, as they stand there.
func mend(t *testing.T) {
	t.Helper()
	must(t, env.heketi.Kill())
	must(t, placeFiles())
	page := follow(t, "mending.md")
	page.types(t, "cp --preserve /var/lib/heketi/heketi.db heketi.db.saved")
	page.types(t, "heketi offline state examine gluster --config=/etc/heketi/heketi.json > gluster.json")
	page.types(t, "heketi db export --dbfile=/var/lib/heketi/heketi.db --jsonfile=- > before.json")
	report := page.types(t, "glusterfs-provisioner mend --database=before.json --gluster=gluster.json --dry-run")
	t.Logf("mend says: %s", report)
	page.types(t, "glusterfs-provisioner mend --database=before.json --gluster=gluster.json --output=after.json")
	page.types(t, "heketi db import --jsonfile=after.json --dbfile=/var/lib/heketi/new.db")
	page.types(t, "chown --reference=/var/lib/heketi/heketi.db /var/lib/heketi/new.db")
	page.types(t, "mv /var/lib/heketi/new.db /var/lib/heketi/heketi.db")
	repairFstab(t, report)
	must(t, copyFile(heketisDatabase, env.heketi.DatabaseFile()))
	must(t, env.heketi.Start(t.Context()))
}

// placeFiles puts heketi's files where the page has them.
func placeFiles() error {
	if err := errors.Join(os.MkdirAll(filepath.Dir(heketisConfig), 0o755), os.MkdirAll(filepath.Dir(heketisDatabase), 0o755)); err != nil {
		return err
	}
	config, err := os.ReadFile(env.heketi.ConfigFile())
	if err != nil {
		return err
	}
	placed := strings.ReplaceAll(string(config), env.heketi.DatabaseFile(), heketisDatabase)
	return errors.Join(os.WriteFile(heketisConfig, []byte(placed), 0o600), copyFile(env.heketi.DatabaseFile(), heketisDatabase))
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

// repairFstab adds the lines that the report names to the fstab of the hosts that it names.
func repairFstab(t *testing.T, report string) {
	t.Helper()
	var host *gluster.Host
	for line := range strings.Lines(report) {
		line = strings.TrimSpace(line)
		if _, name, begins := strings.Cut(line, "to do on storage host "); begins {
			host = hostAt(t, strings.SplitN(name, ":", 2)[0])
		}
		if strings.HasPrefix(line, "/dev/mapper/") {
			onHost(t, host, "echo '"+line+"' >> /var/lib/heketi/fstab")
		}
	}
}

// hostAt is the host with an address.
func hostAt(t *testing.T, address string) *gluster.Host {
	t.Helper()
	for _, host := range env.hosts.All() {
		if host.Address() == address {
			return host
		}
	}
	t.Fatalf("no host has the address %s", address)
	return nil
}

// reader follows a page of the docs in an empty folder.
type reader struct{ person *person.Person }

func follow(t *testing.T, page string) reader {
	t.Helper()
	reads, err := person.New(person.Options{
		Root: env.root, Page: "docs/" + page, Folder: t.TempDir(), Bound: commandBound,
		Programs: []string{filepath.Dir(env.programs.heketi.Server), filepath.Dir(env.programs.provisioner)},
	})
	must(t, err)
	return reader{reads}
}

// types types a command of the page, and returns what it printed.
func (r reader) types(t *testing.T, command string) string {
	t.Helper()
	output, err := r.person.Types(context.WithoutCancel(t.Context()), command)
	must(t, err)
	return output
}
