package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	v1 "k8s.io/api/core/v1"
)

// imitation prints what gluster does in pods of three hosts of one pool.
type imitation struct {
	// volumes is how many there are, named vol_1 and so on. replicas is how many bricks, on as many nodes, have each file of one.
	volumes, replicas int
	// toHeal is how many entries vol_1 has to heal, one less each time that it is asked for.
	toHeal int
	// writing is how many entries of vol_1 are just written.
	writing int
	// options are those of vol_1, in XML.
	options string
	// busy are volumes on which another command of gluster has the lock.
	busy []string
	// withoutLists is the node whose pod cannot read what its bricks list.
	withoutLists string
	// clientVersion is the op-version that clients know.
	clientVersion int
	// drops are nodes whose glusterd has dropped the option, and differs is one that has something else written down of vol_1.
	drops   map[string]bool
	differs string
	// met are nodes whose glusterd has met one that it rejects since.
	met map[string]string

	mu sync.Mutex
	// ran are the commands.
	ran []string
}

var nodeNames = []string{"node-1", "node-2", "node-3"}

// run runs a command in a pod.
func (g *imitation) run(ctx context.Context, pod *v1.Pod, words []string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if words[0] == "sh" {
		return g.script(pod.Spec.NodeName, words[2])
	}
	if words[len(words)-1] == "clients" {
		g.ran = append(g.ran, "clients of all")
		return g.allClients(), nil
	}
	words = words[2 : len(words)-1]
	g.ran = append(g.ran, strings.Join(words, " "))
	told, err := g.gluster(pod.Spec.NodeName, words)
	if err != nil {
		return fmt.Appendf(nil, "<cliOutput><opRet>-1</opRet><opErrno>30800</opErrno><opErrstr>%v</opErrstr></cliOutput>", err), nil
	}
	return []byte("<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/>" + told + "</cliOutput>"), nil
}

// script prints what one of the scripts does.
func (g *imitation) script(node, script string) ([]byte, error) {
	switch script {
	case definitionsScript:
		g.ran = append(g.ran, "definitions")
		return g.definitions(node), nil
	case dropScript:
		g.ran = append(g.ran, "drop on "+node)
		g.drops[node] = true
		g.meets(node)
		return nil, nil
	}
	g.ran = append(g.ran, "lists")
	return g.lists(node)
}

// definitions prints what a node's glusterd has written down.
func (g *imitation) definitions(node string) []byte {
	var told strings.Builder
	for _, volume := range g.names() {
		fmt.Fprintf(&told, "file /var/lib/glusterd/vols/%s/info\n", volume)
		if !g.drops[node] {
			told.WriteString(droppedOption + "\n")
		}
		version := 1
		if node == g.differs && volume == "vol_1" {
			version = 2
		}
		fmt.Fprintf(&told, "version=%d\n", version)
	}
	return []byte(told.String() + "end\n")
}

// meets has a node's glusterd compare volumes with the others, as when it starts.
func (g *imitation) meets(node string) {
	delete(g.met, node)
	for _, other := range nodeNames {
		if g.met[other] == node {
			delete(g.met, other)
		}
		if other != node && (g.drops[other] != g.drops[node] || node == g.differs) {
			g.met[node] = other
		}
	}
}

// lists prints what the script does.
func (g *imitation) lists(node string) ([]byte, error) {
	if node == g.withoutLists {
		return []byte("      1 failed\nend\n"), nil
	}
	var told strings.Builder
	for _, volume := range g.names() {
		if slices.Contains(g.nodes(), node) {
			count := 1
			if volume == "vol_1" {
				count += g.toHeal + g.writing
			}
			fmt.Fprintf(&told, "      1 /%s/.glusterfs/indices/dirty\n%7d /%[1]s/.glusterfs/indices/xattrop\n", volume, count)
		}
	}
	return []byte(told.String() + "end\n"), nil
}

func (g *imitation) names() []string {
	names := make([]string, g.volumes)
	for i := range names {
		names[i] = fmt.Sprintf("vol_%d", i+1)
	}
	return names
}

func (g *imitation) nodes() []string { return nodeNames[:g.replicas] }

// gluster prints what a command of gluster does.
func (g *imitation) gluster(node string, words []string) (told string, err error) {
	switch command := strings.Join(words, " "); command {
	case "pool list":
		return g.pool(node), nil
	case "volume info all":
		return g.info(), nil
	case "volume get all cluster.op-version":
		return "<volGetopts><Opt><Option>cluster.op-version</Option><Value>100000</Value></Opt></volGetopts>", nil
	case "volume get all cluster.max-op-version":
		return "<volGetopts><Opt><Option>cluster.max-op-version</Option><Value>110000</Value></Opt></volGetopts>", nil
	case "volume set all cluster.op-version 110000":
		return "", nil
	case "volume status all":
		told := ""
		for _, volume := range g.names() {
			// Of one that cannot be asked for nothing is told.
			if of, err := g.status(volume, false); err == nil {
				told += of
			}
		}
		return "<volStatus><volumes>" + told + "</volumes></volStatus>", nil
	}
	switch words[1] {
	case "status":
		told, err := g.status(words[2], len(words) == 4)
		return "<volStatus><volumes>" + told + "</volumes></volStatus>", err
	case "heal":
		return g.heal(words[2]), nil
	}
	return "", fmt.Errorf("unknown command %q", words)
}

func (g *imitation) pool(node string) string {
	told := ""
	for _, peer := range nodeNames {
		hostname, state := peer, ""
		if peer == node {
			hostname = "localhost"
		}
		if g.met[node] == peer || g.met[peer] == node {
			state = "Peer Rejected"
		}
		told += fmt.Sprintf("<peer><uuid>id-%s</uuid><hostname>%s</hostname><connected>1</connected><stateStr>%s</stateStr></peer>", peer, hostname, state)
	}
	return "<peerStatus>" + told + "</peerStatus>"
}

func (g *imitation) info() string {
	told := ""
	for _, volume := range g.names() {
		told += fmt.Sprintf("<volume><name>%s</name><statusStr>Started</statusStr><replicaCount>%d</replicaCount><bricks>", volume, g.replicas)
		for _, node := range g.nodes() {
			told += fmt.Sprintf("<brick><name>%s:/%s</name><hostUuid>id-%[1]s</hostUuid></brick>", node, volume)
		}
		told += "</bricks>"
		if volume == "vol_1" {
			told += "<options>" + g.options + "</options>"
		}
		told += "</volume>"
	}
	return "<volInfo><volumes>" + told + "</volumes></volInfo>"
}

func (g *imitation) status(volume string, clients bool) (string, error) {
	if slices.Contains(g.busy, volume) {
		return "", errors.New("Another transaction is in progress for " + volume) //nolint:staticcheck // It is gluster's sentence.
	}
	if clients && g.replicas == 1 {
		return "", errors.New("Commit failed on node-1. Please check log file for details.") //nolint:staticcheck // It is gluster's sentence.
	}
	told := "<volume><volName>" + volume + "</volName>"
	for _, node := range g.nodes() {
		told += fmt.Sprintf("<node><hostname>%s</hostname><path>/%s</path><status>1</status>", node, volume)
		if clients {
			told += "<clientsStatus><clientCount>1</clientCount></clientsStatus>"
		}
		told += "</node>"
	}
	return told + "</volume>", nil
}

// allClients prints the clients of all volumes, without --xml.
func (g *imitation) allClients() []byte {
	var told strings.Builder
	for _, volume := range g.names() {
		if _, err := g.status(volume, true); err != nil {
			continue
		}
		told.WriteString("Client connections for volume " + volume + "\n")
		for _, node := range g.nodes() {
			fmt.Fprintf(&told, "----\nBrick : %s:/%s\nClients connected : 1\nHostname BytesRead BytesWritten OpVersion\n-------- --------- ------------ ---------\n10.0.0.9:49151 1 2 %d\n", node, volume, g.clientVersion)
		}
	}
	return []byte(told.String())
}

func (g *imitation) heal(volume string) string {
	left := 0
	if volume == "vol_1" {
		left = g.toHeal
		g.toHeal = max(0, left-1)
	}
	told := ""
	for _, node := range g.nodes() {
		told += fmt.Sprintf("<brick><name>%s:/%s</name><status>Connected</status><totalNumberOfEntries>%d</totalNumberOfEntries>"+
			"<numberOfEntriesInSplitBrain>0</numberOfEntriesInSplitBrain></brick>", node, volume, left)
	}
	return "<healInfo><bricks>" + told + "</bricks></healInfo>"
}
