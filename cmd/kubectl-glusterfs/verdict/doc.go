// Package verdict says how it stands with something that was looked at.
package verdict
