// Package database keeps heketi's database in Kubernetes: a Secret, its head, and further
// Secrets for what one Secret has no room for. The database is compressed, and cut into pieces.
//
// Each save is a generation. Its pieces are written first, under names that no other save has,
// and the head last, which names them. So whoever reads sees one whole generation, whenever the
// process that writes is killed. The head is replaced only in the version that was seen last.
// So of two that write only one goes on, and a write that was given up and arrives late
// cannot undo a later one.
//
// A ConfigMap remembers the latest generation. By it is told when somebody has put an older
// head back, or removed it.
package database
