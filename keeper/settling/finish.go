package settling

import (
	"context"
	"fmt"
	"strings"

	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/mend"
)

// Offline is heketi with a copy of its database, which it does not serve.
type Offline interface {
	// Export returns the database in JSON, and Import what heketi makes of such JSON.
	Export(context.Context) ([]byte, error)
	Import(context.Context, []byte) ([]byte, error)
	// Examine returns what heketi prints of what the storage hosts have.
	Examine(context.Context) ([]byte, error)
}

// Finish finishes the expansions that gluster has finished. It returns the database in which they are, nil if there
// are none, and what was done and remains to be done. Storage hosts are asked only if heketi was interrupted in an expansion.
//
// With an error, nothing is finished: what gluster has is not certain, or not understood.
func Finish(ctx context.Context, offline Offline) (data []byte, result *mend.Result, err error) {
	text, err := offline.Export(ctx)
	if err != nil {
		return nil, nil, err
	}
	database, err := mend.Read(text)
	if err != nil {
		return nil, nil, err
	}
	if !database.HasExpansions() {
		return nil, &mend.Result{}, nil
	}
	printed, err := offline.Examine(ctx)
	if err != nil {
		return nil, nil, err
	}
	state, err := gluster.ParsePrinted(printed)
	if err != nil {
		return nil, nil, fmt.Errorf("heketi's examination of gluster: %w", err)
	}
	if result, err = finishable(database, state); err != nil || result.Database == nil {
		return nil, result, err
	}
	data, err = offline.Import(ctx, result.Database)
	return data, result, err
}

// finishable returns the result of finishing what gluster has finished. It returns an error if a storage host
// could not tell of a new logical volume that is not mounted either: what is on it may be lost already.
func finishable(database *mend.Database, state *gluster.State) (*mend.Result, error) {
	result, err := database.Mend(state)
	if err != nil {
		return nil, err
	}
	for _, host := range result.Hosts {
		if len(host.Unseen) > 0 {
			return nil, fmt.Errorf("%s: storage host %s tells nothing of the logical volumes %s, which are not mounted; see with lvs there whether they exist",
				operations(result), host.Name, strings.Join(host.Unseen, ", "))
		}
	}
	return result, nil
}

// operations names those that are finished in a result.
func operations(result *mend.Result) string {
	var ids []string
	for _, finished := range result.Finished {
		ids = append(ids, finished.Operation)
	}
	return "operation " + strings.Join(ids, ", ")
}
