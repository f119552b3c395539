// Package requests counts requests in the logs of those who were asked: the API
// server's audit log and heketi's own. That costs the measured nothing, or is done
// where time is not measured.
package requests
