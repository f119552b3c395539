package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	model "github.com/prometheus/client_model/go"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/klog/v2"
)

// vector is a metric with labels.
type vector interface {
	prometheus.Collector
	DeletePartialMatch(prometheus.Labels) int
}

// keepOnly drops the series of vectors in which a label has another value than the given ones.
func keepOnly(label string, kept func(value string) bool, vectors ...vector) {
	for _, vector := range vectors {
		for value := range valuesOf(vector, label) {
			if !kept(value) {
				vector.DeletePartialMatch(prometheus.Labels{label: value})
			}
		}
	}
}

// valuesOf returns the values that a label has in a vector.
func valuesOf(of prometheus.Collector, label string) sets.Set[string] {
	values := sets.New[string]()
	series := make(chan prometheus.Metric)
	go func() {
		defer close(series)
		of.Collect(series)
	}()
	for one := range series {
		var read model.Metric
		if err := one.Write(&read); err != nil {
			klog.ErrorS(err, "Cannot read a metric", "metric", one.Desc())
			continue
		}
		for _, pair := range read.GetLabel() {
			if pair.GetName() == label {
				values.Insert(pair.GetValue())
			}
		}
	}
	return values
}

func describeAll(to chan<- *prometheus.Desc, collectors ...prometheus.Collector) {
	for _, collector := range collectors {
		collector.Describe(to)
	}
}

func collectAll(to chan<- prometheus.Metric, collectors ...prometheus.Collector) {
	for _, collector := range collectors {
		collector.Collect(to)
	}
}

func describeFigures(to chan<- *prometheus.Desc, figures ...figure) {
	for _, figure := range figures {
		to <- figure.description
	}
}
