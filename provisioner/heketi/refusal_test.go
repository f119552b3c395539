package heketi

import "testing"

func TestIsRefusal(t *testing.T) {
	for _, test := range []struct {
		status int
		text   string
		want   bool
	}{
		{400, "validation failed: name: must be in a valid format.", true},
		{400, "Cluster id c1 not found", true},
		{400, "Bad group id less than zero", true},
		{400, "Requested volume size (1 GB) is smaller than the minimum supported volume size (4)", true},
		{401, "Invalid JWT token: Token used before issued (client and server clocks may differ)", true},
		{401, "Administrator access required", true},
		{404, "Id not found", true},
		{409, "Cannot delete volume containing the Heketi database", true},
		{422, "request unable to be parsed", true},
		{500, "Failed to allocate new volume: Unable to create volume on any cluster: Cluster a: No space", true},
		{500, "Failed to allocate volume expansion: Maximum number of bricks reached.", true},
		{500, "Failed to set up volume delete: The target exists, contains other items, or is in use.", true},
		{503, "Service disabled for maintenance", true},
		{503, "the keeper of heketi is ending or settling what heketi was interrupted in, and nothing was begun; try again", true},
		{503, "heketi's database cannot be saved, so nothing was begun; try again: no quota", true},
		{401, "Invalid JWT token: the token is not signed with the key of user admin", true},

		{500, "Internal Server Error", false},
		{500, "No space left on device", false},
		{500, "upstream said: Failed to allocate new volume: No space", false},
		{502, "Failed to allocate new volume: No space", false},
		{400, "Bad Request", false},
		{404, "404 page not found", false},
		{408, "Request Timeout", false},
		{503, "Service Unavailable", false},
		{503, "heketi has been asked, but its database is not saved, so its answer does not count yet", false},
		{502, "nothing was begun", false},
		{500, "", false},
	} {
		if got := isRefusal(test.status, test.text); got != test.want {
			t.Errorf("%d %q: got %v", test.status, test.text, got)
		}
	}
}
