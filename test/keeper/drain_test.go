package keeper

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/test/bench"
)

// pool is what GlusterFS in the pods of a place tells: of volumes with the bricks that heketi has.
type pool struct {
	mu     sync.Mutex
	client *gcli.Client
	// unhealed are entries that have to heal.
	unhealed int
	peers    []string
	// away is the address of a host that is away.
	away string
}

// answer has the pool tell by a keeper that was started.
func (g *pool) answer(t *testing.T, k *keeper) {
	t.Helper()
	client := k.client(t)
	g.mu.Lock()
	g.client = client
	g.mu.Unlock()
	env.kubelets.answer(k.place.namespace, g.say)
}

func (g *pool) heal(unhealed int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unhealed = unhealed
}

// say answers a command, such as "gluster --mode=script volume info first --xml".
func (g *pool) say(words []string) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	answer := map[string]func(*strings.Builder, string) error{
		"volume info": g.tellVolume, "volume status": g.tellServed, "volume heal": g.tellHealing,
		"pool list": g.tellPeers, "peer detach": g.detach,
	}[strings.Join(words[2:4], " ")]
	if answer == nil {
		return "", fmt.Errorf("unexpected is %q", words)
	}
	var text strings.Builder
	text.WriteString("<cliOutput><opRet>0</opRet>")
	err := answer(&text, words[4])
	text.WriteString("</cliOutput>")
	return text.String(), err
}

// bricks are those of heketi's volume of that name, HOST and PATH.
func (g *pool) bricks(name string) ([][2]string, error) {
	list, err := g.client.VolumeList()
	if err != nil {
		return nil, err
	}
	var bricks [][2]string
	for _, id := range list.Volumes {
		volume, err := g.client.VolumeInfo(id)
		if err != nil {
			return nil, err
		}
		for _, brick := range volume.Bricks {
			node, err := g.client.NodeInfo(brick.NodeId)
			if err != nil {
				return nil, err
			}
			if volume.Name == name {
				bricks = append(bricks, [2]string{node.Hostnames.Storage[0], brick.Path})
			}
		}
	}
	return bricks, nil
}

func (g *pool) tellVolume(text *strings.Builder, name string) error {
	bricks, err := g.bricks(name)
	fmt.Fprintf(text, "<volInfo><volumes><volume><name>%s</name><statusStr>Started</statusStr><replicaCount>%d</replicaCount><bricks>", name, len(bricks))
	for _, brick := range bricks {
		fmt.Fprintf(text, "<brick><name>%s:%s</name></brick>", brick[0], brick[1])
	}
	text.WriteString("</bricks></volume></volumes></volInfo>")
	return err
}

func (g *pool) tellServed(text *strings.Builder, name string) error {
	bricks, err := g.bricks(name)
	text.WriteString("<volStatus><volumes><volume>")
	for _, brick := range bricks {
		status := 1
		if brick[0] == g.away {
			status = 0
		}
		fmt.Fprintf(text, "<node><hostname>%s</hostname><path>%s</path><status>%d</status></node>", brick[0], brick[1], status)
	}
	text.WriteString("</volume></volumes></volStatus>")
	return err
}

func (g *pool) tellHealing(text *strings.Builder, name string) error {
	bricks, err := g.bricks(name)
	text.WriteString("<healInfo><bricks>")
	for _, brick := range bricks {
		if brick[0] == g.away {
			text.WriteString("<brick><name>information not available</name><status>Transport endpoint is not connected</status><totalNumberOfEntries>-</totalNumberOfEntries></brick>")
			continue
		}
		fmt.Fprintf(text, "<brick><name>%s:%s</name><status>Connected</status><totalNumberOfEntries>%d</totalNumberOfEntries><numberOfEntriesInSplitBrain>0</numberOfEntriesInSplitBrain></brick>", brick[0], brick[1], g.unhealed)
	}
	text.WriteString("</bricks></healInfo>")
	return err
}

func (g *pool) tellPeers(text *strings.Builder, _ string) error {
	text.WriteString("<peerStatus>")
	for _, peer := range g.peers {
		fmt.Fprintf(text, "<peer><uuid>u</uuid><hostname>%s</hostname><connected>0</connected></peer>", peer)
	}
	text.WriteString("</peerStatus>")
	return nil
}

func (g *pool) detach(_ *strings.Builder, address string) error {
	g.peers = slices.DeleteFunc(g.peers, func(peer string) bool { return peer == address })
	return nil
}

// glusterHas are the answers of the storage hosts to heketi: gluster has all bricks of its volumes, and in the place of a brick the one
// that has says.
func glusterHas(t *testing.T, database gluster.Database, has func(gluster.BrickEntry) gluster.BrickEntry) []bench.Fault {
	t.Helper()
	var all toldVolumes
	var faults []bench.Fault
	for _, volume := range database.Volumes {
		told := toldVolume{Name: volume.Info.Name, Status: "Started", Replicas: 3}
		healing := "<cliOutput><healInfo><bricks>"
		for _, id := range volume.Bricks {
			brick := has(database.Bricks[id])
			name := database.Nodes[brick.Info.Node].Info.Hostnames.Storage[0] + ":" + brick.Info.Path
			told.Bricks = append(told.Bricks, toldBrick{name})
			healing += "<brick><name>" + name + "</name><numberOfEntries>0</numberOfEntries></brick>"
		}
		all.Volumes = append(all.Volumes, told)
		faults = append(faults,
			bench.Fault{Command: "volume info " + told.Name + " --xml", Output: string(must[[]byte](t)(xml.Marshal(toldVolumes{Volumes: []toldVolume{told}})))},
			bench.Fault{Command: "volume heal " + told.Name + " info --xml", Output: healing + "</bricks></healInfo></cliOutput>"})
	}
	faults = append(faults, bench.Fault{Command: "volume info --xml", Output: string(must[[]byte](t)(xml.Marshal(all)))})
	return append(faults, hostsTell(t, database, func(gluster.VolumeEntry, gluster.BrickEntry) bool { return true })[1:]...)
}

// asItIs has gluster have the brick that heketi has.
func asItIs(brick gluster.BrickEntry) gluster.BrickEntry { return brick }

// filled are four nodes with a disk each, of a keeper whose heketi has the volume first on three of them. The node is one of those.
type filled struct {
	*place
	pool   *pool
	name   string
	folder string
	nodes  []glustercluster.Node
	node   int
}

func newFilled(t *testing.T) *filled {
	t.Helper()
	f := &filled{place: newPlace(t, nil, bench.Fault{Command: "never"}), pool: &pool{}, name: unique("disks"), folder: t.TempDir()}
	f.nodes = f.addKubernetesNodes(t, 4, "/dev/sdb")
	k := f.start(t, f.folder, withDisks)
	f.apply(t, f.name, f.nodes)
	waitReady(t, f.name)
	create(t, k.client(t), "first")
	k.endWell(t)
	brick := f.hosts(t, databaseIn(t, f.folder))[0]
	f.node = slices.IndexFunc(f.nodes, func(node glustercluster.Node) bool { return node.Name == brick })
	return f
}

// hosts are the names of the nodes that have a brick by a database.
func (f *filled) hosts(t *testing.T, database gluster.Database) []string {
	t.Helper()
	var names []string
	for _, volume := range database.Volumes {
		for _, id := range volume.Bricks {
			names = append(names, database.Nodes[database.Bricks[id].Info.Node].Name())
		}
	}
	slices.Sort(names)
	return names
}

// goOn starts a keeper in a folder, whose storage hosts tell what gluster has, after the faults.
func (f *filled) goOn(t *testing.T, folder string, has func(gluster.BrickEntry) gluster.BrickEntry, faults ...bench.Fault) *keeper {
	t.Helper()
	f.configure(t, append(faults, glusterHas(t, databaseIn(t, f.folder), has)...)...)
	k := f.start(t, folder, withDisks, "--settle-interval=1s")
	f.pool.answer(t, k)
	return k
}

// change has the object say something else of the node.
func (f *filled) change(t *testing.T, change func(node *glustercluster.Node)) {
	t.Helper()
	change(&f.nodes[f.node])
	f.apply(t, f.name, f.nodes)
}

// waitDisk waits until the disk of the node has that phase.
func (f *filled) waitDisk(t *testing.T, phase string) {
	t.Helper()
	waitStatus(t, f.name, func(status glustercluster.Status) error {
		if disk := status.Nodes[f.node].Devices[0]; disk.Phase != phase {
			return fmt.Errorf("the disk is %+v", disk)
		}
		return nil
	})
}

// expectOnOthers checks that the volume is on three nodes, none of which is the node, and that heketi has nothing unfinished.
func (f *filled) expectOnOthers(t *testing.T, k *keeper) {
	t.Helper()
	database := read(t, must[[]byte](t)(storeIn(t, f.namespace, nil).Load(t.Context())))
	hosts := f.hosts(t, database)
	if len(slices.Compact(slices.Clone(hosts))) != 3 || slices.Contains(hosts, f.nodes[f.node].Name) {
		t.Errorf("the volume is on %q, and not to be on %s", hosts, f.nodes[f.node].Name)
	}
	if pending := must[*api.OperationsInfo](t)(k.client(t).OperationsInfo()); pending.Total != 0 {
		t.Errorf("heketi has %d operations", pending.Total)
	}
}

// TestDiskIsDrained drains a disk: it waits for gluster before its brick moves, and after that. Then the word is taken back, and the disk is
// used again.
func TestDiskIsDrained(t *testing.T) {
	t.Parallel()
	f := newFilled(t)
	f.pool.heal(2)
	k := f.goOn(t, f.folder, asItIs)
	f.change(t, func(node *glustercluster.Node) { node.Devices[0].Drain = true })
	waitReason(t, f.name, disks.ConditionDraining, disks.WaitsForHeal, "bricks to move away: 1", "volume first has entries to heal: 2")
	// Taken back, it gets bricks again.
	f.change(t, func(node *glustercluster.Node) { node.Devices[0].Drain = false })
	f.waitDisk(t, disks.DeviceOnline)

	f.change(t, func(node *glustercluster.Node) { node.Devices[0].Drain = true })
	waitReason(t, f.name, disks.ConditionDraining, disks.WaitsForHeal, "bricks to move away: 1")
	f.pool.heal(0)
	f.waitDisk(t, disks.DeviceDrained)
	waitReason(t, f.name, disks.ConditionDraining, disks.AllDrained)
	kubectl(t, fmt.Sprintf("kubectl wait --timeout=60s glustercluster/%s --for=jsonpath={.status.nodes[?(@.name==%q)].devices[?(@.path==%q)].phase}=Drained", f.name, f.nodes[f.node].Name, "/dev/sdb"))
	expectEvents(t, f.name, "DeviceDraining", "DrainTakenBack", "DeviceDrained")
	if status := waitReady(t, f.name); status.Summary.Devices != "3/3" {
		t.Errorf("the status is %+v", status)
	}
	f.expectOnOthers(t, k)
	// Without the word, heketi takes the disk again.
	f.change(t, func(node *glustercluster.Node) { node.Devices[0].Drain = false })
	f.waitDisk(t, disks.DeviceOnline)
}

// TestNodeIsDrained drains a node, and then another one that is lost: its pod is gone, and gluster's pool loses it.
func TestNodeIsDrained(t *testing.T) {
	t.Parallel()
	f := newFilled(t)
	k := f.goOn(t, f.folder, asItIs)
	f.change(t, func(node *glustercluster.Node) { node.Drain = true })
	waitNode := func() {
		t.Helper()
		waitStatus(t, f.name, func(status glustercluster.Status) error {
			if node := status.Nodes[f.node]; node.Phase != disks.NodeDrained {
				return fmt.Errorf("the node is %+v", node)
			}
			return nil
		})
		waitReason(t, f.name, disks.ConditionDraining, disks.AllDrained)
	}
	waitNode()
	expectLabels(t, f.nodes[f.node:f.node+1], false)
	expectEvents(t, f.name, "NodeDrained")
	f.expectOnOthers(t, k)
	f.nodes = slices.Delete(f.nodes, f.node, f.node+1)
	f.nodes = append(f.nodes, f.addKubernetesNodes(t, 1, "/dev/sdb")...)
	f.apply(t, f.name, f.nodes)
	waitReady(t, f.name)
	expectHeketiHas(t, k.client(t), f.nodes)
	k.endWell(t)

	database := databaseIn(t, f.folder)
	f.node = slices.IndexFunc(f.nodes, func(node glustercluster.Node) bool { return node.Name == f.hosts(t, database)[0] })
	lost := f.nodes[f.node].Name
	k = f.goOn(t, f.folder, asItIs)
	status := waitReady(t, f.name)
	f.pool.mu.Lock()
	f.pool.away, f.pool.peers, f.pool.unhealed = status.Nodes[f.node].Address, []string{status.Nodes[f.node].Address}, 7
	f.pool.mu.Unlock()
	f.setReady(t, "glusterfs-"+lost, false)
	f.change(t, func(node *glustercluster.Node) { node.Drain = true })
	waitReason(t, f.name, disks.ConditionDraining, disks.DrainBlocked, "glusterfs-"+lost+" is not ready", "set lost: true")
	expectEvents(t, f.name, "DrainBlocked")
	f.change(t, func(node *glustercluster.Node) { node.Lost = true })
	// What the lost one lacks, the others tell, and that does not keep its brick from being replaced. The new brick heals then.
	waitReason(t, f.name, disks.ConditionDraining, disks.WaitsForHeal, "its bricks have moved away", "volume first has entries to heal: 7")
	f.pool.heal(0)
	waitNode()
	if f.pool.mu.Lock(); len(f.pool.peers) > 0 {
		t.Errorf("the pool has %q", f.pool.peers)
	}
	f.pool.mu.Unlock()
	f.expectOnOthers(t, k)
}

// TestFaultKeeperKilledWhileABrickMoves kills the keeper while gluster replaces a brick. The next one, in the same folder or elsewhere, settles
// it by what gluster has, and drains the disk.
func TestFaultKeeperKilledWhileABrickMoves(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ replaced, elsewhere bool }{
		"gluster has replaced it":            {true, false},
		"gluster has replaced it, moved":     {true, true},
		"gluster has not replaced it":        {false, false},
		"gluster has not replaced it, moved": {false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, hang := newFilled(t), filepath.Join(t.TempDir(), "hang")
			if err := os.WriteFile(hang, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			k := f.goOn(t, f.folder, asItIs, bench.Fault{Command: "replace-brick", Pause: 10 * time.Minute, While: hang})
			f.change(t, func(node *glustercluster.Node) { node.Devices[0].Drain = true })
			bench.Eventually(t, soon, func(context.Context) error {
				saved := read(t, must[[]byte](t)(storeIn(t, f.namespace, nil).Load(t.Context())))
				for _, operation := range saved.Operations {
					if len(operation.Actions) == 2 {
						return nil
					}
				}
				return errors.New("where the brick goes is not saved")
			})
			k.kill(t)
			if err := os.Remove(hang); err != nil {
				t.Fatal(err)
			}
			database, has, folder := databaseIn(t, f.folder), asItIs, f.folder
			if test.replaced {
				has = replacedIn(database)
			}
			if test.elsewhere {
				folder = t.TempDir()
			}
			k = f.goOn(t, folder, has)
			f.waitDisk(t, disks.DeviceDrained)
			f.expectOnOthers(t, k)
			k.expectMetrics(t, `heketi_keeper_operations_settled_total{how="undone"} 1`, "heketi_keeper_operations_left_alone 0")
		})
	}
}

// TestFaultMoveIsNotSaved loses the keeper's node after gluster has replaced a brick, and before it is saved where to. The next keeper
// leaves the move alone, and says so: it would have heketi forget it, and heketi would take the former brick for the volume's.
func TestFaultMoveIsNotSaved(t *testing.T) {
	t.Parallel()
	f, hang := newFilled(t), filepath.Join(t.TempDir(), "hang")
	if err := os.WriteFile(hang, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// heketi looks for what has to heal before it chooses where a brick goes.
	k := f.goOn(t, f.folder, asItIs, bench.Fault{Command: "volume heal first info", Pause: 10 * time.Minute, While: hang})
	f.change(t, func(node *glustercluster.Node) { node.Devices[0].Drain = true })
	var moving string
	bench.Eventually(t, soon, func(context.Context) error {
		for _, operation := range read(t, must[[]byte](t)(storeIn(t, f.namespace, nil).Load(t.Context()))).Operations {
			moving = operation.Actions[0].ID
			return nil
		}
		return errors.New("the move is not saved")
	})
	k.kill(t)
	if err := os.Remove(hang); err != nil {
		t.Fatal(err)
	}
	k = f.goOn(t, t.TempDir(), func(brick gluster.BrickEntry) gluster.BrickEntry {
		if brick.Info.ID == moving {
			brick.Info.Path = "/var/lib/heketi/mounts/vg_other/brick_other/brick"
		}
		return brick
	})
	k.expectMetrics(t, "heketi_keeper_operations_left_alone 1")
	f.waitEvent(t, "HeketiOperationLeftAlone", v1.EventTypeWarning, "does not have the brick", "docs/rebuilding.md")
	k.endWell(t)
}

// replacedIn has gluster have the brick to which another one was moving.
func replacedIn(database gluster.Database) func(gluster.BrickEntry) gluster.BrickEntry {
	return func(brick gluster.BrickEntry) gluster.BrickEntry {
		for _, operation := range database.Operations {
			if operation.Actions[0].ID == brick.Info.ID {
				return database.Bricks[operation.Actions[1].ID]
			}
		}
		return brick
	}
}
