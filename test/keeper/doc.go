// Package keeper tests the keeper of heketi on a real API server and a real heketi.
package keeper
