package stage

import (
	"maps"
	"os"
)

// What takes CPU time besides the cluster's own programs.
const (
	Provisioner = "the provisioner"
	Heketi      = "heketi"
	Load        = "this program"
)

// Processes returns the ids of all processes of the stage, by what they are.
func (s *Stage) Processes() map[string][]int {
	all := map[string][]int{Load: {os.Getpid()}}
	for program, pid := range maps.All(s.Cluster.PIDs()) {
		all[program] = []int{pid}
	}
	if s.provisioner != nil {
		all[Provisioner] = []int{s.provisioner.PID()}
	}
	for _, heketi := range s.heketis {
		all[Heketi] = append(all[Heketi], heketi.PID())
	}
	return all
}
