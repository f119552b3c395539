// Package children has the processes that a first process of a container answers for: those that it starts,
// and those whose parents have ended. The latter come to it also where the container shares the host's
// processes, and the kernel would otherwise give them to the host's own first process.
package children
