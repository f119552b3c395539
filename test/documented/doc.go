// Package documented reads the tables of the documentation, for tests that hold them against
// the code. Its own tests hold the pages against one another: links lead somewhere, tests that are named exist,
// and Chinese pages follow the English ones.
package documented
