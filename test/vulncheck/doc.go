// Command vulncheck fails if what is shipped has a known vulnerability: in a module, or
// in the Go that the Dockerfile builds the images with. govulncheck finds them, in a
// database that comes as a Go module, so nothing but the Go module proxy is asked.
// "make vulncheck" builds what it runs.
package main
