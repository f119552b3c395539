// Package tokens signs requests to heketi, and tells who has signed one, by heketi's rules. Those are
// in middleware/jwt.go of heketi, which cannot be imported: of what it imports, the Go module
// proxy does not serve everything.
package tokens
