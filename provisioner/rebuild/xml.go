package rebuild

import (
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// glusterVolume is a volume as gluster has it.
type glusterVolume struct {
	name string
	// uuid is gluster's id of it.
	uuid string
	// replicas is how many bricks of a set have each file, an arbiter among them; 1 if it is not replicated.
	replicas, arbiters int
	// disperse is how many bricks a dispersed file is spread over, redundancy how many of them may be away.
	disperse, redundancy int
	bricks               []glusterBrick
	// options are those that were set, by name, and order is in which order gluster tells them.
	options map[string]string
	order   []string
}

// glusterBrick is a brick as gluster has it.
type glusterBrick struct {
	// host is how gluster reaches its host, peer the host's UUID.
	host, path, peer string
	arbiter          bool
}

// String is the brick as gluster writes it.
func (b glusterBrick) String() string { return b.host + ":" + b.path }

// setSize is how many bricks a set has.
func (v *glusterVolume) setSize() int {
	if v.disperse > 0 {
		return v.disperse
	}
	return v.replicas
}

// same says whether another host tells the same of the volume.
func (v *glusterVolume) same(other *glusterVolume) bool {
	return v.name == other.name && v.uuid == other.uuid && v.replicas == other.replicas && v.arbiters == other.arbiters &&
		v.disperse == other.disperse && v.redundancy == other.redundancy && slices.Equal(v.bricks, other.bricks) && maps.Equal(v.options, other.options)
}

// cliOutput is what gluster prints with --xml.
type cliOutput struct {
	Ret     string `xml:"opRet"`
	Error   string `xml:"opErrstr"`
	Volumes []struct {
		Name       string `xml:"name"`
		ID         string `xml:"id"`
		BrickCount int    `xml:"brickCount"`
		Replicas   int    `xml:"replicaCount"`
		Arbiters   int    `xml:"arbiterCount"`
		Disperse   int    `xml:"disperseCount"`
		Redundancy int    `xml:"redundancyCount"`
		Bricks     []struct {
			Name    string `xml:"name"`
			Peer    string `xml:"hostUuid"`
			Arbiter int    `xml:"isArbiter"`
		} `xml:"bricks>brick"`
		Options []struct {
			Name  string `xml:"name"`
			Value string `xml:"value"`
		} `xml:"options>option"`
	} `xml:"volInfo>volumes>volume"`
	Peers []struct {
		UUID     string `xml:"uuid"`
		Hostname string `xml:"hostname"`
	} `xml:"peerStatus>peer"`
	Snapshots []string `xml:"snapList>snapshot"`
}

func readXML(told sections, name string) (*cliOutput, error) {
	output, err := decodeXML(told, name)
	if err != nil {
		return nil, err
	}
	return output, output.refusal(name)
}

// decodeXML reads what gluster has printed, also if it is a refusal.
func decodeXML(told sections, name string) (*cliOutput, error) {
	text, err := told.of(name)
	if err != nil {
		return nil, err
	}
	output := &cliOutput{}
	if err := xml.Unmarshal([]byte(text), output); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return output, nil
}

// refusal is what gluster said instead of an answer.
func (o *cliOutput) refusal(name string) error {
	if o.Ret == "0" {
		return nil
	}
	return fmt.Errorf("%s: gluster said %q", name, strings.TrimSpace(o.Error))
}

// withoutLVM is what glusterd 10.3 says of snapshots where it finds no LVM, as in the pod of a GlusterFS host, whose LVM
// is the node's.
const withoutLVM = "LVM commands not found"

// readSnapshots reads what "gluster snapshot list" prints. A glusterd without LVM makes none.
func readSnapshots(told sections) ([]string, error) {
	output, err := decodeXML(told, "snapshots")
	if err != nil {
		return nil, err
	}
	if err := output.refusal("snapshots"); err != nil && !strings.HasPrefix(strings.TrimSpace(output.Error), withoutLVM) {
		return nil, err
	}
	return output.Snapshots, nil
}

// readVolumes reads what "gluster volume info" prints.
func readVolumes(told sections) (map[string]*glusterVolume, error) {
	output, err := readXML(told, "volumes")
	if err != nil {
		return nil, err
	}
	volumes := map[string]*glusterVolume{}
	for _, read := range output.Volumes {
		v := &glusterVolume{
			name: read.Name, uuid: read.ID, replicas: max(read.Replicas, 1), arbiters: read.Arbiters,
			disperse: read.Disperse, redundancy: read.Redundancy, options: map[string]string{},
		}
		for _, brick := range read.Bricks {
			host, path, ok := strings.Cut(brick.Name, ":/")
			if !ok || host == "" || brick.Peer == "" {
				return nil, fmt.Errorf("volumes: the brick %q of volume %s is not HOST:PATH with the host's UUID", brick.Name, v.name)
			}
			v.bricks = append(v.bricks, glusterBrick{host: host, path: "/" + path, peer: brick.Peer, arbiter: brick.Arbiter == 1})
		}
		for _, option := range read.Options {
			v.options[option.Name] = option.Value
			v.order = append(v.order, option.Name)
		}
		if err := v.check(read.BrickCount); err != nil {
			return nil, fmt.Errorf("volumes: %s: %w", v.name, err)
		}
		volumes[v.name] = v
	}
	return volumes, nil
}

func (v *glusterVolume) check(count int) error {
	size := v.setSize()
	switch {
	case v.name == "" || v.uuid == "":
		return errors.New("it has no name or no id")
	case len(v.bricks) == 0 || len(v.bricks) != count:
		return fmt.Errorf("it has %d bricks of %d", len(v.bricks), count)
	case size < 1 || len(v.bricks)%size != 0:
		return fmt.Errorf("its %d bricks are no sets of %d", len(v.bricks), size)
	case v.disperse > 0 && (v.redundancy < 1 || v.redundancy >= v.disperse):
		return fmt.Errorf("it is dispersed over %d bricks with a redundancy of %d", v.disperse, v.redundancy)
	}
	return nil
}

// readPeers reads the pool of hosts: their names by their UUIDs.
func readPeers(told sections) (map[string]string, error) {
	output, err := readXML(told, "peers")
	if err != nil {
		return nil, err
	}
	peers := map[string]string{}
	for _, peer := range output.Peers {
		peers[peer.UUID] = peer.Hostname
	}
	return peers, nil
}
