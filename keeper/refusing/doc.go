// Package refusing refuses databases with which heketi would forget volumes, as PersistentVolumes tell of them.
package refusing
