// Package census counts, for the metrics, what there is of each class: claims that wait,
// volumes, and volumes that are to be deleted. It walks once over the caches when it is asked,
// so that nothing has to be counted while claims are worked on.
package census
