// Package preflight says whether a cluster has what volumes of the provisioner need, and whether
// what is installed works. Read asks the API server, and Judge concludes from that alone.
package preflight
