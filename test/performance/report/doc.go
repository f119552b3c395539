// Package report writes what was measured into a Markdown file, between marks, so
// that what people wrote there stays.
package report
