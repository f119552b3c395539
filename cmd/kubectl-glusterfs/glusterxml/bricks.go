package glusterxml

// ServedBrick is how a brick of a started volume does.
type ServedBrick struct {
	// Name is HOST:PATH.
	Name string
	// Online says that it is served, and Clients is how many are connected to it, if that was asked.
	Online  bool
	Clients int
}

// ReadServed reads what "gluster volume status VOLUME --xml" printed, also of all volumes, and with the word clients.
func ReadServed(printed []byte) ([]ServedBrick, error) {
	var told struct {
		Bricks []struct {
			Hostname string `xml:"hostname"`
			Path     string `xml:"path"`
			Status   int    `xml:"status"`
			Clients  int    `xml:"clientsStatus>clientCount"`
		} `xml:"volStatus>volumes>volume>node"`
	}
	if err := read(printed, &told); err != nil {
		return nil, err
	}
	var bricks []ServedBrick
	for _, brick := range told.Bricks {
		bricks = append(bricks, ServedBrick{Name: brick.Hostname + ":" + brick.Path, Online: brick.Status == 1, Clients: brick.Clients})
	}
	return bricks, nil
}
