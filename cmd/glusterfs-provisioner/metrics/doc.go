// Package metrics is what Prometheus sees of the provisioner, besides what client-go and
// component-base tell. docs/metrics.md lists it.
//
// What only the leader knows is there only while the process leads, so that a standby's zeros
// are not taken for news. A class and a heketi have their series, with 0 where nothing has
// happened, from the first scrape after they are seen, so that a first failure shows in a rate;
// and the series go with them. No label has a value that users write: that is a class or a
// heketi which an administrator has set up, or a word of this package.
package metrics
