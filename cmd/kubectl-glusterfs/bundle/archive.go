package bundle

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// archive is a .tar.gz with one folder. Its first error is told by close.
type archive struct {
	folder string
	at     time.Time
	hider  hider
	zipped *gzip.Writer
	files  *tar.Writer
	// missing is what could not be read, and why.
	missing []string
	err     error
}

func newArchive(to io.Writer, folder string, at time.Time) *archive {
	zipped := gzip.NewWriter(to)
	return &archive{folder: folder, at: at, zipped: zipped, files: tar.NewWriter(zipped)}
}

// add adds a file.
func (a *archive) add(name string, text []byte) {
	if a.err != nil {
		return
	}
	text = []byte(a.hider.text(string(text)))
	header := &tar.Header{Name: path.Join(a.folder, name), Mode: 0o600, Size: int64(len(text)), ModTime: a.at, Typeflag: tar.TypeReg}
	if a.err = a.files.WriteHeader(header); a.err == nil {
		_, a.err = a.files.Write(text)
	}
}

// addObjects adds a file with objects.
func (a *archive) addObjects(name string, objects []unstructured.Unstructured) {
	var texts strings.Builder
	for _, object := range objects {
		text, err := yaml.Marshal(a.hider.object(object).Object)
		if err != nil {
			a.miss(name, err)
			continue
		}
		texts.WriteString("---\n")
		texts.Write(text)
	}
	a.add(name, []byte(texts.String()))
}

// miss notes that something could not be read.
func (a *archive) miss(what string, err error) {
	a.missing = append(a.missing, fmt.Sprintf("%s: %v", what, err))
}

// close writes what is missing and ends the archive.
func (a *archive) close() error {
	a.add("missing.txt", []byte(strings.Join(append(a.missing, ""), "\n")))
	return errors.Join(a.err, a.files.Close(), a.zipped.Close())
}
