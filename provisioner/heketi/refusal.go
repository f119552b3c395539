package heketi

import (
	"net/http"
	"strings"
)

// refusalForms are how heketi 10.3 begins its answers to requests that change something
// and that it did not begin. They are from
// apps/glusterfs/{app_volume,operations_manage,app_operations,app_middleware,app}.go,
// middleware/jwt.go and server/admin/http.go of its sources. They do not include what it
// says when its own code panicked, and no error of its database alone, because other
// servers say such, too.
var refusalForms = []struct {
	status int
	begins string
}{
	{http.StatusInternalServerError, "Failed to allocate new volume: "},
	{http.StatusInternalServerError, "Failed to allocate volume expansion: "},
	{http.StatusInternalServerError, "Failed to set up volume delete: "},
	{http.StatusInternalServerError, "Refusing to delete block-hosting volume: "},
	{http.StatusConflict, "Cannot delete "},
	{http.StatusUnprocessableEntity, "request unable to be parsed"},
	{http.StatusBadRequest, "validation failed: "},
	{http.StatusBadRequest, "Bad group id "},
	{http.StatusBadRequest, "Unknown durability type"},
	{http.StatusBadRequest, "Invalid volume size"},
	{http.StatusBadRequest, "Invalid snapshot factor"},
	{http.StatusBadRequest, "Invalid replica value"},
	{http.StatusBadRequest, "Invalid dispersion combination: "},
	{http.StatusBadRequest, "Requested volume size ("},
	{http.StatusBadRequest, "No clusters configured"},
	{http.StatusBadRequest, "Cluster id "},
	{http.StatusUnauthorized, "Required authorization token not found"},
	{http.StatusUnauthorized, "Invalid JWT token"},
	{http.StatusUnauthorized, "Invalid qsh claim in token"},
	{http.StatusUnauthorized, "Administrator access required"},
	{http.StatusNotFound, idNotFound},
	{http.StatusNotFound, "Invalid path or request"},
	{http.StatusServiceUnavailable, "Service disabled for maintenance"},
}

// nothingBegun is in the refusals of heketi's keeper (keeper/gateway), which says it of nothing else.
const nothingBegun = "nothing was begun"

// isRefusal says whether an answer in plain text to a request that changes something is
// heketi's word that it began nothing. A gateway may have passed the request on before it
// answers with words of its own.
func isRefusal(status int, text string) bool {
	if (status == http.StatusServiceUnavailable || status == http.StatusBadRequest) && strings.Contains(text, nothingBegun) {
		return true
	}
	for _, form := range refusalForms {
		if status == form.status && strings.HasPrefix(text, form.begins) {
			return true
		}
	}
	return false
}

// refused says whether the last answer, with that text, means that nothing was begun. A
// server that has too many requests (429) passes none on.
func (e *exchange) refused(text string) bool {
	return e.status == http.StatusTooManyRequests || e.saidByHeketi() && isRefusal(e.status, text)
}

// saidByHeketi says whether the last answer has the form of heketi's errors, plain text,
// and came to its end.
func (e *exchange) saidByHeketi() bool {
	return e.plain && e.body.length > 0 && e.body.failure == nil
}
