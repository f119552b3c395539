package app

import "github.com/prometheus/client_golang/prometheus"

// classesValid tells of each class that was judged whether it is right. It reads what there is
// when it is asked, so a class that is gone leaves no series, and a standby has none.
type classesValid struct{ state *state }

var storageClassValid = prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "storageclass_valid"),
	"1 if claims of the StorageClass can get volumes as far as is known without asking its heketi, 0 if its parameters, its mount options or its Secret are wrong, in the leader.",
	[]string{"class"}, nil)

// Describe sends the only description.
func (classesValid) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- storageClassValid }

// Collect sends what is known now.
func (c classesValid) Collect(metrics chan<- prometheus.Metric) {
	for class, valid := range c.state.validClasses() {
		value := 0.0
		if valid {
			value = 1
		}
		metrics <- prometheus.MustNewConstMetric(storageClassValid, prometheus.GaugeValue, value, class)
	}
}

func (s *state) validClasses() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provisioner == nil {
		return nil
	}
	return s.provisioner.Classes.Valid()
}
