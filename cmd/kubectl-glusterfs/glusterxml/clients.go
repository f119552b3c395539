package glusterxml

import (
	"fmt"
	"strconv"
	"strings"
)

// BrickClients are the clients that are connected to a brick.
type BrickClients struct {
	// Volume is the brick's volume, and Brick its HOST:PATH.
	Volume, Brick string
	Clients       []Client
}

// Client is one of them.
type Client struct {
	// Address is its HOST:PORT.
	Address string
	// OpVersion is the newest op-version that it knows.
	OpVersion int
}

// The lines of what is read that say something besides clients.
const (
	volumeLine  = "Client connections for volume "
	brickLine   = "Brick : "
	clientsLine = "Clients connected : "
)

// ReadClients reads what "gluster volume status all clients" printed, without --xml: with it, gluster 10 and 11 print nothing at all if one brick
// of the host that is asked has no clients (cli_xml_output_vol_status_clients). Volumes of which gluster told nothing, and bricks that
// are offline, are left out.
func ReadClients(printed []byte) ([]BrickClients, error) {
	var all []BrickClients
	var volume, brick string
	// left is how many clients of the last brick are still to be told of.
	left := 0
	for line := range strings.Lines(string(printed)) {
		line = strings.TrimRight(line, " \n")
		name, isVolume := strings.CutPrefix(line, volumeLine)
		path, isBrick := strings.CutPrefix(line, brickLine)
		number, isCount := strings.CutPrefix(line, clientsLine)
		fields := strings.Fields(line)
		switch {
		case left > 0 && (isVolume || isBrick || isCount):
			return nil, fmt.Errorf("gluster tells of %d clients fewer of the brick %q than there are", left, brick)
		case isVolume:
			volume, brick = name, ""
		case isBrick:
			brick = path
		case isCount:
			count, err := count(number)
			if err != nil || brick == "" || volume == "" {
				return nil, fmt.Errorf("gluster tells of the clients of no brick: %q", line)
			}
			all, left = append(all, BrickClients{Volume: volume, Brick: brick}), count
		case left > 0 && len(fields) == 4 && strings.Contains(fields[0], ":"):
			version, err := strconv.Atoi(fields[3])
			if err != nil {
				return nil, fmt.Errorf("gluster tells of a client of the brick %q no op-version: %q", brick, line)
			}
			last := &all[len(all)-1]
			last.Clients, left = append(last.Clients, Client{Address: fields[0], OpVersion: version}), left-1
		}
	}
	if left > 0 {
		return nil, fmt.Errorf("gluster tells of %d clients fewer of the brick %q than there are", left, brick)
	}
	return all, nil
}
