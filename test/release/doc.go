// Package release holds together what makes a release: the version, which stands in several files, and
// the workflow files, which run targets of the Makefile and are given no more than they need.
package release
