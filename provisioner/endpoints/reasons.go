package endpoints

// The reasons of events.
const (
	reasonEndpointsNotOurs     = "EndpointsNotOurs"
	reasonEndpointsNotRepaired = "EndpointsNotRepaired"
	reasonEndpointsRepaired    = "EndpointsRepaired"
	reasonConfigMapNotOurs     = "ConfigMapNotOurs"
	reasonConfigMapNotRepaired = "ConfigMapNotRepaired"
	reasonConfigMapRepaired    = "ConfigMapRepaired"
	reasonHostsUnknown         = "StorageHostsUnknown"
	reasonHostsChanged         = "StorageHostsChanged"
)

// reasons are those of what becomes of one listing.
type reasons struct{ notOurs, notRepaired, repaired string }

// reasons returns those of a kind of listing.
func (k kind) reasons() reasons {
	if k == inConfigMap {
		return reasons{reasonConfigMapNotOurs, reasonConfigMapNotRepaired, reasonConfigMapRepaired}
	}
	return reasons{reasonEndpointsNotOurs, reasonEndpointsNotRepaired, reasonEndpointsRepaired}
}
