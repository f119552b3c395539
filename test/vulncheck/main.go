package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	goversion "go/version"

	"glusterfs-provisioner/test/bench"
)

// program is what is looked at: packages, which the go command finds from a folder of the repository.
type program struct {
	folder, packages string
	// accepted are findings that stay, each with the reason.
	accepted map[string]string
}

// shipped are the programs that are looked at.
var shipped = []program{
	{folder: ".", packages: "./cmd/..."},
	{folder: "keeper/heketi", packages: "github.com/heketi/heketi", accepted: map[string]string{
		"GO-2020-0017": "it is about what a token is for, which heketi's tokens do not say",
		"GO-2021-0064": "it logs tokens at a verbosity that heketi does not set; newer versions do not fit heketi",
	}},
}

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := check(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "vulncheck: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nvulncheck: "))
		return 1
	}
	return 0
}

func check(ctx context.Context) error {
	root, err := bench.Root("")
	if err != nil {
		return err
	}
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		return err
	}
	image, err := imageGo(string(dockerfile))
	if err != nil {
		return err
	}
	database, err := writeDatabase(ctx, root)
	if err != nil {
		return err
	}
	var problems []error
	for _, p := range shipped {
		found, err := look(ctx, root, database, image, p)
		if err != nil {
			return err
		}
		report(os.Stdout, found, image)
		problems = append(problems, judge(p.without(os.Stdout, found.findings), image))
	}
	return errors.Join(problems...)
}

// without returns the findings that are not accepted, and tells of the others.
func (p program) without(to io.Writer, findings []finding) []finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f finding) bool {
		reason, accepted := p.accepted[f.id]
		if accepted {
			fmt.Fprintf(to, "%s stays: %s.\n", f.id, reason)
		}
		return accepted
	})
}

func tools(root string) string { return filepath.Join(root, "bin", "vulncheck") }

// writeDatabase makes the database of the module that test/modules/vulncheck names, unless
// it is there, and returns its folder.
func writeDatabase(ctx context.Context, root string) (string, error) {
	module := filepath.Join(root, "test", "modules", "vulncheck")
	listed, err := bench.Run(ctx, nil, "go", "list", "-C", module, "-m", "-f", "{{.Version}} {{.Dir}}", "golang.org/x/vulndb")
	if err != nil {
		return "", err
	}
	version, source, _ := strings.Cut(strings.TrimSpace(string(listed)), " ")
	database := filepath.Join(tools(root), "database-"+version)
	fmt.Printf("Database golang.org/x/vulndb %s\n", version)
	if _, err := os.Stat(database); !errors.Is(err, fs.ErrNotExist) {
		return database, err
	}
	// One that is half written is not taken for the database.
	unfinished, err := os.MkdirTemp(tools(root), "unfinished-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(unfinished)
	if _, err := bench.Run(ctx, nil, filepath.Join(tools(root), "indexdb"), "-vulns", filepath.Join(source, "data", "osv"), "-out", unfinished); err != nil {
		return "", err
	}
	if err := os.Rename(unfinished, database); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return database, nil
}

// look runs govulncheck on a program. It takes the standard library for the older one of this machine's
// and the images', so that it finds what either has. A patch release takes few
// vulnerabilities in, and fixes many.
func look(ctx context.Context, root, database, image string, p program) (scan, error) {
	local, err := bench.Run(ctx, nil, "go", "env", "GOVERSION")
	if err != nil {
		return scan{}, err
	}
	oldest := strings.TrimSpace(string(local))
	if goversion.Compare(image, oldest) < 0 {
		oldest = image
	}
	fmt.Printf("Looking at %s with the standard library of %s\n", p.packages, oldest)
	found, err := bench.Run(ctx, append(os.Environ(), "GOVERSION="+oldest),
		filepath.Join(tools(root), "govulncheck"), "-C", filepath.Join(root, p.folder), "-format", "json", "-db", "file://"+database, p.packages)
	if err != nil {
		return scan{}, err
	}
	return readScan(bytes.NewReader(found))
}
