// Package asked keeps what an API server answered, so that what is there, what is not, and
// what it did not tell stay apart: who types may not be allowed to read everything.
package asked
