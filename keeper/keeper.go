package keeper

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/child"
	"glusterfs-provisioner/keeper/database"
	"glusterfs-provisioner/keeper/gateway"
	"glusterfs-provisioner/keeper/saving"
	"glusterfs-provisioner/provisioner/heketi"
)

// Config says what is kept, and where.
type Config struct {
	Client kubernetes.Interface
	// Namespace is where the database is saved, and Name under which name.
	Namespace, Name string
	// Heketi is the heketi that is kept.
	Heketi child.Options
	// OtherHeketis and AcceptGeneration say which databases are not refused, as those of a refusing.Refusal.
	OtherHeketis     []string
	AcceptGeneration int64
	// Keys returns the keys of heketi's users, as they are at present.
	Keys func() (map[string]string, error)
	// Listen returns where the API is served.
	Listen func(context.Context) (net.Listener, error)
	// SaveInterval is how often what has changed is saved though nobody has asked for it.
	SaveInterval time.Duration
	// SaveTimeout is how long a save may take.
	SaveTimeout time.Duration
	// Silence is how long heketi may give no answer before it is killed.
	Silence time.Duration
	// Grace is how long the end waits for heketi's operations.
	Grace time.Duration
	// Settling says how what heketi was interrupted in is settled, and Events tells people of it.
	Settling Settling
	Events   record.EventRecorder
	// Observe is told of each save, and Saved of what is saved.
	Observe func(took time.Duration, err error)
	Saved   func(database.Generation)
	// Waits is told why heketi cannot be started yet, if the API server refuses what is needed for it.
	Waits func(error)
	// Ready is told whether the API is served.
	Ready func(served bool)
	// Beside is what the keeper itself does with heketi while the API is served, by a way to the API that
	// answers as it answers clients, until the context ends; nil for nothing.
	Beside func(ctx context.Context, api http.RoundTripper)
}

// Keeper keeps one heketi.
type Keeper struct {
	config Config
	store  *database.Store
	saver  *saving.Saver
	heketi *child.Heketi
	// client goes to heketi past the gateway.
	client *heketi.Client
	// unfinished is why nothing was finished at the start that gluster has finished.
	unfinished error
	// left are the operations, by id, that heketi was interrupted in and that are not settled.
	left []string
	// fruitless is how often in a row heketi was started again to settle these, and they were left again.
	fruitless int
	// waits is the last reason that Waits was told.
	waits metav1.StatusReason
	// lost ends the keeper when somebody else has the database.
	lost context.CancelCauseFunc
}

// New returns a keeper.
func New(config Config) *Keeper { return &Keeper{config: config} }

// Run keeps heketi until stop ends, and then until heketi has finished its operations or the grace
// is over. It ends at once, and heketi with it, when holding ends, which is as long as nobody else may
// keep it. It returns an error if it cannot start, or if it had to end.
func (k *Keeper) Run(stop, holding context.Context) error {
	holding, k.lost = context.WithCancelCause(holding)
	defer k.lost(nil)
	for {
		if err := k.keep(stop, holding); !errors.Is(err, errStartAgain) {
			return err
		}
	}
}

// keep keeps heketi, from its start to its end. The error is errStartAgain if heketi is to be started again,
// because what it was interrupted in can be settled by now.
func (k *Keeper) keep(stop, holding context.Context) error {
	starting, endStart := context.WithCancel(holding)
	defer endStart()
	defer context.AfterFunc(stop, endStart)()
	if err := k.start(starting); err != nil {
		if stop.Err() != nil {
			return nil // It was told to end before it had begun.
		}
		return err
	}
	// A save that is under way must not arrive when heketi is started again, with what the database was.
	defer k.saver.End()
	defer k.heketi.Kill()
	keeping, endKeeping := context.WithCancel(holding)
	defer endKeeping()
	api, err := k.serve(keeping)
	if err != nil {
		return err
	}
	defer api.close()
	go k.saver.Watch(keeping, k.config.SaveInterval)
	defer k.beside(stop, keeping, api)()
	settleable, endWatch := k.watch(keeping, api)
	defer endWatch()
	silent := k.silence(keeping)
	k.config.Ready(true)
	defer k.config.Ready(false)
	klog.InfoS("Keeping heketi", "database", klog.KRef(k.config.Namespace, k.config.Name), "generation", k.store.Last().Number)

	select {
	case <-stop.Done():
		endWatch()
		return k.end(holding, api)
	case err := <-api.failed:
		return err
	case err := <-silent:
		return err
	case <-settleable:
		return errStartAgain
	case <-k.heketi.Ended():
		return k.heketi.Outcome()
	case <-holding.Done():
		return context.Cause(holding)
	}
}

// beside begins what the keeper itself does with heketi. What it returns ends heketi, and waits until that has ended, as it
// does when stop or keeping ends.
func (k *Keeper) beside(stop, keeping context.Context, api *api) (wait func()) {
	if k.config.Beside == nil {
		return func() {}
	}
	ctx, end := context.WithCancel(keeping)
	forget := context.AfterFunc(stop, end)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.config.Beside(ctx, api.gateway.Inside())
	}()
	return func() {
		forget()
		end()
		// It may wait for an answer, for as long as a node takes. heketi must not run that long: the Lease may be another's.
		k.heketi.Kill()
		<-ended
	}
}

// start starts heketi with the database that was saved, settles what heketi was interrupted in, and saves
// what has become of the database.
func (k *Keeper) start(ctx context.Context) error {
	if err := k.restore(ctx); err != nil {
		return err
	}
	settle, endSettling := context.WithTimeout(ctx, k.config.Settling.Timeout)
	defer endSettling()
	if err := k.finish(settle); err != nil {
		return err
	}
	var err error
	if k.heketi, err = child.Start(ctx, k.config.Heketi); err != nil {
		return err
	}
	k.saver = saving.New(saving.Config{
		Read: k.heketi.Database, Write: k.save, Check: k.store.Check, Bound: k.config.SaveTimeout, Observe: k.config.Observe, Lost: k.lost,
	})
	err = k.saveUntil(ctx)
	if err == nil {
		err = k.undo(settle)
	}
	if err == nil {
		err = k.saveUntil(ctx)
	}
	if err != nil {
		k.heketi.Kill()
	}
	return err
}

// saveUntil saves what has become of the database. It waits for an API server that is away, until the context ends.
func (k *Keeper) saveUntil(ctx context.Context) error {
	for {
		err := k.saver.Save(ctx)
		if err == nil || isFinal(err) || ctx.Err() != nil {
			return err
		}
		k.tellWait(err)
		select {
		case <-k.heketi.Ended():
			return k.heketi.Outcome()
		default:
		}
	}
}

func (k *Keeper) save(ctx context.Context, data []byte) error {
	err := k.store.Save(ctx, data)
	k.config.Saved(k.store.Last())
	return err
}

// end has heketi finish its operations.
func (k *Keeper) end(holding context.Context, api *api) error {
	klog.InfoS("Ending when heketi has finished its operations", "grace", k.config.Grace)
	ctx, cancel := context.WithTimeout(holding, k.config.Grace)
	defer cancel()
	api.gateway.Drain(ctx)
	unfinished := k.awaitIdle(ctx)
	// Whoever has deleted the database often restarts the keeper next, and nobody has it after that.
	k.saver.Check(ctx)
	err := k.saveLast(holding, ctx)
	k.heketi.Stop()
	if unfinished != nil {
		return errors.Join(fmt.Errorf("the grace of %v is over: %w; the next keeper finds them in the database", k.config.Grace, unfinished), err)
	}
	return err
}

// saveLast saves until the grace is over, and at least once. What is not saved then goes with the pod.
func (k *Keeper) saveLast(holding, grace context.Context) error {
	if err := k.saveUntil(grace); err == nil || isFinal(err) {
		return err
	}
	return k.saver.Save(holding)
}

// idlePoll is how often heketi is asked whether it still works.
const idlePoll = 200 * time.Millisecond

// awaitIdle waits until heketi has no operations, and returns an error if it still has some when the context ends.
func (k *Keeper) awaitIdle(ctx context.Context) error {
	for {
		operations, err := k.heketi.InFlight(ctx)
		if err == nil && operations == 0 {
			return nil
		}
		select {
		case <-k.heketi.Ended():
			return k.heketi.Outcome()
		case <-ctx.Done():
			if err != nil {
				return err
			}
			return fmt.Errorf("heketi still works on %d operations", operations)
		case <-time.After(idlePoll):
		}
	}
}

// api is heketi's API as clients have it.
type api struct {
	gateway *gateway.Gateway
	close   func()
	failed  chan error
}
