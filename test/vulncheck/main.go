package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	goversion "go/version"

	"glusterfs-provisioner/test/bench"
)

// shipped are the programs that are looked at.
const shipped = "./cmd/..."

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
	found, err := look(ctx, root, database, image)
	if err != nil {
		return err
	}
	report(os.Stdout, found, image)
	return judge(found.findings, image)
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

// look runs govulncheck. It takes the standard library for the older one of this machine's
// and the images', so that it finds what either has. A patch release takes few
// vulnerabilities in, and fixes many.
func look(ctx context.Context, root, database, image string) (scan, error) {
	local, err := bench.Run(ctx, nil, "go", "env", "GOVERSION")
	if err != nil {
		return scan{}, err
	}
	oldest := strings.TrimSpace(string(local))
	if goversion.Compare(image, oldest) < 0 {
		oldest = image
	}
	fmt.Printf("Looking at %s with the standard library of %s\n", shipped, oldest)
	found, err := bench.Run(ctx, append(os.Environ(), "GOVERSION="+oldest),
		filepath.Join(tools(root), "govulncheck"), "-C", root, "-format", "json", "-db", "file://"+database, shipped)
	if err != nil {
		return scan{}, err
	}
	return readScan(bytes.NewReader(found))
}
