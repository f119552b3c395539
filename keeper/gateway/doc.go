// Package gateway is the way to heketi's API. It asks who has signed a request, signs it anew for
// heketi, and lets an answer that tells of a changed database go to the client only once the database is
// saved.
package gateway
