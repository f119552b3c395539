// Package why says what a claim waits for, and what to do about it. Read asks the API server
// for what is known of the claim, and Explain concludes from that alone.
package why
