package keeper

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/keeper/child"
	"glusterfs-provisioner/keeper/database"
)

// ImportConfig says where a database is saved that no keeper has had.
type ImportConfig struct {
	Client kubernetes.Interface
	// Namespace is where it is saved, and Name under which name.
	Namespace, Name string
	// Heketi is the heketi that makes it of its text.
	Heketi child.Options
}

// Import saves a database for the keeper that starts next. The text is the JSON that "heketi db export" writes. It
// returns an error, and saves nothing, if a database is saved already, or was.
func Import(ctx context.Context, config ImportConfig, text []byte) (database.Generation, error) {
	var none database.Generation
	if err := checkText(text); err != nil {
		return none, err
	}
	store := database.New(database.Config{Client: config.Client, Namespace: config.Namespace, Name: config.Name, Session: rand.Text()})
	switch _, err := store.Load(ctx); {
	case err == nil:
		return none, fmt.Errorf("generation %d is saved in Secret %s/%s, and is not replaced; to give it up, keep a copy of it, scale the keeper's Deployment to 0, and run: kubectl delete secret,configmap %s -n %s",
			store.Last().Number, config.Namespace, config.Name, config.Name, config.Namespace)
	case !errors.Is(err, database.ErrNone):
		return none, fmt.Errorf("nothing is replaced: %w", err)
	}
	data, err := config.Heketi.MakeDatabase(ctx, text)
	if err != nil {
		return none, err
	}
	if err := store.Save(ctx, data); err != nil {
		return none, err
	}
	return store.Last(), nil
}

// checkText refuses what heketi would make an empty database of.
func checkText(text []byte) error {
	var read struct {
		Clusters map[string]json.RawMessage `json:"clusterentries"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return fmt.Errorf("it is no JSON: %w; give what \"heketi db export\" or \"glusterfs-provisioner rebuild\" has written", err)
	}
	if len(read.Clusters) == 0 {
		return errors.New("it has no clusters; give what \"heketi db export\" or \"glusterfs-provisioner rebuild\" has written")
	}
	return nil
}
