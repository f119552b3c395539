package moving

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Classes lists StorageClasses. A lister of them is one.
type Classes interface {
	List(labels.Selector) ([]*storagev1.StorageClass, error)
}

// Heketis connects to heketis.
type Heketis interface {
	Connect(ctx context.Context, server volume.Heketi, class string) (*heketi.Client, error)
}

// Journal knows the volumes that are being made.
type Journal interface {
	List(context.Context) ([]journal.Entry, error)
	Change(ctx context.Context, change func(journal.Entry) journal.Entry) error
}

// Dependencies is what a Mover works with. All fields are required.
type Dependencies struct {
	// Provisioner is the name of the provisioner whose volumes follow.
	Provisioner string
	// Client lists and patches PersistentVolumes.
	Client  kubernetes.Interface
	Classes Classes
	Heketis Heketis
	Journal Journal
	Trimmer *caches.Trimmer
}

// Mover has what is recorded follow heketis.
type Mover struct{ Dependencies }

// New returns a mover.
func New(dependencies Dependencies) *Mover { return &Mover{dependencies} }

// Move says where a heketi was and where it is.
type Move struct {
	// From and To are its URLs, as volume.Heketi has them. They may be the same.
	From, To string
	// User and Secret are what to sign requests with from now on. What is empty or nil stays
	// as it is recorded.
	User   string
	Secret *volume.SecretRef
}

// of returns how the heketi is reached from now on.
func (m Move) of(server volume.Heketi) volume.Heketi {
	server.URL = m.To
	if m.User != "" {
		server.User = m.User
	}
	if m.Secret != nil {
		server.Secret, server.KeyInClass = m.Secret, false
	}
	return server
}

// concerns says whether something that is recorded has to be written.
func (m Move) concerns(server volume.Heketi) bool {
	now := m.of(server)
	return server.URL == m.From && (now.Way("") != server.Way("") || now.KeyInClass != server.KeyInClass)
}

// Plan is what follows a heketi.
type Plan struct {
	// PersistentVolumes are their names, and Claims those of the claims whose volumes are in
	// the making.
	PersistentVolumes, Claims []string
	// Classes are the names of the classes that name the old address. They cannot be changed,
	// only made again.
	Classes []string

	volumes []*v1.PersistentVolume
	entries []journal.Entry
}

// Plan returns what has to follow, and an error if the heketi does not have all of it where it
// is now. It writes nothing.
func (m *Mover) Plan(ctx context.Context, move Move) (*Plan, error) {
	plan, err := m.find(ctx, move)
	if err != nil {
		return nil, err
	}
	if len(plan.volumes)+len(plan.entries) == 0 {
		return plan, m.nothingFollows(ctx, move)
	}
	return plan, m.check(ctx, move, plan)
}

// find reads what names the heketi as it was. The journal comes first: a volume in the
// making has a PersistentVolume before its entry is removed.
func (m *Mover) find(ctx context.Context, move Move) (*Plan, error) {
	plan := &Plan{}
	entries, err := m.Journal.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if move.concerns(entry.Heketi) {
			plan.entries = append(plan.entries, entry)
			plan.Claims = append(plan.Claims, entry.Claim.String())
		}
	}
	volumes, err := caches.ListVolumes(ctx, m.Client.CoreV1(), m.Trimmer)
	if err != nil {
		return nil, err
	}
	for _, pv := range volumes {
		if !volume.IsMadeBy(pv, m.Provisioner) || pv.Annotations[volume.AnnotationURL] != move.From {
			continue
		}
		recorded, err := volume.Recorded(pv)
		if err != nil {
			return nil, fmt.Errorf("PersistentVolume %s: %w", pv.Name, err)
		}
		if move.concerns(recorded.Heketi) {
			plan.volumes = append(plan.volumes, pv)
			plan.PersistentVolumes = append(plan.PersistentVolumes, pv.Name)
		}
	}
	classes, err := m.Classes.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	for _, class := range classes {
		params, err := parameters.Parse(class.Parameters)
		if err == nil && class.Provisioner == m.Provisioner && move.concerns(params.Heketi) {
			plan.Classes = append(plan.Classes, class.Name)
		}
	}
	slices.Sort(plan.Classes)
	return plan, nil
}

// nothingFollows says which heketis are named, or returns nil if all has followed already.
func (m *Mover) nothingFollows(ctx context.Context, move Move) error {
	volumes, err := caches.ListVolumes(ctx, m.Client.CoreV1(), m.Trimmer)
	if err != nil {
		return err
	}
	named := map[string]bool{}
	for _, pv := range volumes {
		if volume.IsMadeBy(pv, m.Provisioner) {
			named[pv.Annotations[volume.AnnotationURL]] = true
		}
	}
	if named[move.To] {
		return nil
	}
	return fmt.Errorf("no PersistentVolume of %s names heketi %s in annotation %s; they name: %s",
		m.Provisioner, move.From, volume.AnnotationURL, strings.Join(slices.Sorted(maps.Keys(named)), ", "))
}

// Follow writes where the heketi is onto all that Plan found, and onto what has come since.
// When it returns nil, nothing is left that names the heketi as it was. It can be called
// again after an error.
func (m *Mover) Follow(ctx context.Context, move Move) error {
	// A volume whose PersistentVolume was about to be saved has one now. Only a class that
	// names the old address makes more of them.
	const rounds = 3
	for range rounds {
		plan, err := m.find(ctx, move)
		if err != nil {
			return err
		}
		if len(plan.volumes)+len(plan.entries) == 0 {
			return nil
		}
		if err := m.follow(ctx, move, plan); err != nil {
			return err
		}
	}
	return errors.New("more volumes are being made at the old address; make the classes again first, and run this again")
}
