package rollout

import (
	"context"
	_ "embed" // for definitions.sh
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/glustercli"
)

// droppedOption is the one that GlusterFS 11 does not write down where it is built without its NFS server, as Debian's is. GlusterFS 10
// writes it down of each volume (the map of options in glusterd-volume-set.c, and _storeopts). It says that there is no NFS, so that it does
// not matter where it is missing.
const droppedOption = "nfs.disable=on"

// definition is what a glusterd has written down of a volume. Where the same version of it differs, glusterds reject each other
// (glusterd_compare_friend_volume).
type definition struct {
	// hasOption says that it has the option, and rest is all else, in order, since glusterd has none.
	hasOption bool
	rest      string
}

// definitionsScript prints the files of all volumes.
//
//go:embed definitions.sh
var definitionsScript string

// askDefinitions asks a pod what its glusterd has written down of volumes, by their names. What gluster tells of them is not the same:
// it has options in memory that it does not write down.
func (r *Rollout) askDefinitions(ctx context.Context, pod *v1.Pod) (map[string]definition, error) {
	ctx, cancel := context.WithTimeout(ctx, glustercli.Bound)
	defer cancel()
	printed, err := r.Run(ctx, pod, []string{"sh", "-c", definitionsScript})
	if err != nil {
		return nil, err
	}
	return readDefinitions(string(printed))
}

// readDefinitions reads what the script printed.
func readDefinitions(printed string) (map[string]definition, error) {
	text, whole := strings.CutSuffix(printed, "end\n")
	if !whole {
		return nil, errors.New("what it has written down of volumes is cut off")
	}
	definitions := map[string]definition{}
	for part := range strings.SplitSeq(text, "file /") {
		file, content, _ := strings.Cut(part, "\n")
		if file == "" {
			continue
		}
		lines := slices.Sorted(strings.Lines(content))
		rest := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return line == droppedOption+"\n" })
		if len(rest) == 0 {
			return nil, fmt.Errorf("it has written down nothing in /%s", file)
		}
		definitions[path.Base(path.Dir(file))] = definition{hasOption: len(rest) < len(lines), rest: strings.Join(rest, "")}
	}
	return definitions, nil
}
