// Package caches keeps what the provisioner caches of Kubernetes small: it has what
// informers and lists read trimmed, page by page, to what is used of it. It also says
// what an informer last knew of an object that is deleted, and why a cache is not filled.
package caches
