package topologyfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"glusterfs-provisioner/keeper/glustercluster"
)

// file is a topology file, see client/cli/go/cmds/topology.go in heketi.
type file struct {
	Clusters []struct {
		Nodes []node `json:"nodes"`
		// Block and File are true if they are missing.
		Block *bool `json:"block"`
		File  *bool `json:"file"`
	} `json:"clusters"`
}

type node struct {
	Node struct {
		Hostnames struct {
			Manage  []string `json:"manage"`
			Storage []string `json:"storage"`
		} `json:"hostnames"`
		Zone int               `json:"zone"`
		Tags map[string]string `json:"tags"`
	} `json:"node"`
	Devices []device `json:"devices"`
}

// device is a path or an object.
type device struct {
	Name        string            `json:"name"`
	Tags        map[string]string `json:"tags"`
	DestroyData bool              `json:"destroydata"`
}

// UnmarshalJSON reads both.
func (d *device) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte(`"`)) {
		return json.Unmarshal(text, &d.Name)
	}
	type plain device
	return strict(text, (*plain)(d))
}

// strict refuses a field that is not known, which is more often misspelled than not needed.
func strict(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("something follows the end")
	}
	return nil
}

// Read returns what an object for each cluster of a file says. Its error names everything that cannot be converted, and what
// to do with it.
func Read(text []byte) ([]glustercluster.Spec, error) {
	var read file
	if err := strict(text, &read); err != nil {
		return nil, fmt.Errorf("it is no topology file of heketi: %w", err)
	}
	if len(read.Clusters) == 0 {
		return nil, errors.New("clusters: there is none; a topology file of heketi lists at least one")
	}
	c := converting{names: map[string]string{}, addresses: map[string]string{}}
	var specs []glustercluster.Spec
	for i, cluster := range read.Clusters {
		at := fmt.Sprintf("clusters[%d]", i)
		if cluster.File != nil && !*cluster.File {
			c.wrong(at+".file", "false, but a GlusterCluster is for volumes with files; leave the cluster out, and heketi keeps it")
		}
		if len(cluster.Nodes) == 0 {
			c.wrong(at+".nodes", "there is none; leave the cluster out")
		}
		var spec glustercluster.Spec
		for j := range cluster.Nodes {
			spec.Nodes = append(spec.Nodes, c.node(fmt.Sprintf("%s.nodes[%d]", at, j), &cluster.Nodes[j]))
		}
		specs = append(specs, spec)
	}
	if err := errors.Join(c.problems...); err != nil {
		return nil, err
	}
	return specs, nil
}

// converting collects what is wrong. Names and addresses have where they were first.
type converting struct {
	names, addresses map[string]string
	problems         []error
}

func (c *converting) wrong(at, format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
}

func (c *converting) node(at string, from *node) glustercluster.Node {
	to := glustercluster.Node{Zone: from.Node.Zone}
	// heketi, too, goes by the first of each.
	if manage := from.Node.Hostnames.Manage; len(manage) > 0 {
		to.Name = manage[0]
	}
	if storage := from.Node.Hostnames.Storage; len(storage) > 0 {
		to.Address = storage[0]
	}
	c.name(at+".node.hostnames.manage", to.Name)
	c.address(at+".node.hostnames.storage", to.Address)
	if to.Zone < 1 {
		c.wrong(at+".node.zone", "%d, and must be 1 or more", to.Zone)
	}
	if len(from.Node.Tags) > 0 {
		c.wrong(at+".node.tags", "a GlusterCluster has none; remove them here, and heketi keeps those that it has")
	}
	paths := map[string]bool{}
	for i, device := range from.Devices {
		at := fmt.Sprintf("%s.devices[%d]", at, i)
		c.device(at, device)
		if paths[device.Name] {
			c.wrong(at, "%s is listed twice; remove one", device.Name)
		}
		paths[device.Name] = true
		to.Devices = append(to.Devices, glustercluster.Device{Path: device.Name})
	}
	return to
}

func (c *converting) name(at, name string) {
	if _, err := netip.ParseAddr(name); err == nil {
		c.wrong(at, "%s is an address; give the node's name in Kubernetes, as kubectl get nodes shows it, to heketi, too", name)
	} else if said := validation.IsDNS1123Subdomain(name); len(said) > 0 {
		c.wrong(at, "%q is no name of a node in Kubernetes: %s", name, strings.Join(said, "; "))
	}
	if c.names[name] != "" {
		c.wrong(at, "%s is that of %s, too; a node can be listed once", name, c.names[name])
		return
	}
	c.names[name] = at
}

func (c *converting) address(at, address string) {
	if parsed, err := netip.ParseAddr(address); err != nil || parsed.Zone() != "" {
		c.wrong(at, "%q is no IP address; give the one by which the other nodes reach it", address)
	}
	if c.addresses[address] != "" {
		c.wrong(at, "%s is that of %s, too; each node has its own", address, c.addresses[address])
		return
	}
	c.addresses[address] = at
}

// devicePath is what a GlusterCluster takes (deploy/glusterfs/10-glusterclusters.yaml): of what heketi takes, see pkg/glusterfs/api/types.go there,
// that which is below /dev, and spelled as heketi and LVM spell it.
var devicePath = regexp.MustCompile(`^/dev(/[a-zA-Z0-9_.:-]+)+$`)

func (c *converting) device(at string, device device) {
	if !devicePath.MatchString(device.Name) {
		c.wrong(at, "%q is no path of a disk: it must begin with /dev/, have only letters, digits and _ . : - between slashes, and no slash at its end", device.Name)
	}
	if len(device.Tags) > 0 {
		c.wrong(at+".tags", "a GlusterCluster has none; remove them here, and heketi keeps those that it has")
	}
	if device.DestroyData {
		c.wrong(at+".destroydata", "remove it here; set destroyData in the GlusterCluster if what is on the disk now is to be destroyed")
	}
}
