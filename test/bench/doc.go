// Package bench runs the real parts around the provisioner, for integration
// tests and for a demo: etcd, kube-apiserver and kube-controller-manager
// (StartCluster), a heketi whose bricks are imaginary (StartHeketi), and any
// other program, such as the provisioner itself (StartProcess). There is no
// kubelet and no GlusterFS: volumes are made and bound, but not mounted.
//
// The programs are built from their Go modules, below test/modules and
// keeper/heketi, the first time that they are needed, which takes minutes (BuildCluster). Kubernetes is
// there in several versions (Versions). All programs listen on free ports and
// keep what they write in a temporary folder, so that several benches can run
// side by side. Linux only.
//
// A context that is given to a Start function bounds the start. What was started
// runs until it is stopped, or until the process that started it ends, however it
// ends. Only the temporary folder remains if that process is killed.
package bench
