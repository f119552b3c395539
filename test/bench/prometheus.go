package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
)

// PrometheusOptions say what Prometheus to start.
type PrometheusOptions struct {
	// Root is a folder in the repository. The default is the working directory.
	Root string
	// Config is its configuration file. Names of files in it have to be absolute.
	Config []byte
	// LogDir is where the log goes. By default it is removed with Prometheus.
	LogDir string
	// Log tells what is being built. The default is the standard error.
	Log io.Writer
}

// Prometheus is a Prometheus server without its web pages. It is safe for concurrent use.
type Prometheus struct {
	dir     string
	port    *port
	process *Process
}

// StartPrometheus starts a Prometheus server and waits until it is ready. The first time, it
// builds it.
func StartPrometheus(ctx context.Context, options PrometheusOptions) (*Prometheus, error) {
	if options.Log == nil {
		options.Log = os.Stderr
	}
	binary, err := BuildPrometheus(ctx, options.Root, options.Log)
	if err != nil {
		return nil, err
	}
	return withFreshPorts(func() (*Prometheus, error) {
		dir, logDir, err := folders(options.LogDir)
		if err != nil {
			return nil, err
		}
		p := &Prometheus{dir: dir}
		if err := p.start(ctx, binary, options.Config, logDir); err != nil {
			return nil, errors.Join(fmt.Errorf("cannot start Prometheus: %w", err), p.Stop())
		}
		return p, nil
	})
}

func (p *Prometheus) start(ctx context.Context, binary string, config []byte, logDir string) (err error) {
	if p.port, err = reservePort(ctx); err != nil {
		return err
	}
	file := filepath.Join(p.dir, "prometheus.yml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return fmt.Errorf("cannot write its configuration: %w", err)
	}
	p.process, err = StartServer(ctx, ProcessOptions{
		Path: binary,
		Args: []string{
			"--config.file=" + file,
			"--storage.tsdb.path=" + filepath.Join(p.dir, "data"),
			"--web.listen-address=" + p.port.address(),
		},
		Env: serverEnvironment(p.dir),
		Log: filepath.Join(logDir, "prometheus.log"),
	}, func(ctx context.Context) error {
		return answers(ctx, http.DefaultClient, p.URL()+"/-/ready")
	})
	return err
}

// URL is its base URL.
func (p *Prometheus) URL() string { return "http://" + p.port.address() }

// Output is what it logged so far.
func (p *Prometheus) Output() string { return p.process.Output() }

// Stop ends it and removes its folder. Stopping again does nothing.
func (p *Prometheus) Stop() error {
	err := errors.Join(stopProcess(&p.process), p.port.release(), os.RemoveAll(p.dir))
	p.port = nil
	if err != nil {
		return fmt.Errorf("cannot stop Prometheus: %w", err)
	}
	return nil
}

// Sample is one series' value at one time.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// Query evaluates an expression as of now, which yields a vector or a scalar.
func (p *Prometheus) Query(ctx context.Context, expression string) ([]Sample, error) {
	var answer struct {
		ResultType string
		Result     json.RawMessage
	}
	if err := p.get(ctx, "query?"+url.Values{"query": {expression}}.Encode(), &answer); err != nil {
		return nil, fmt.Errorf("cannot evaluate %q: %w", expression, err)
	}
	if answer.ResultType == "scalar" {
		value, err := valueOf(answer.Result)
		return []Sample{{Value: value}}, err
	}
	var vector []struct {
		Metric map[string]string
		Value  json.RawMessage
	}
	if err := json.Unmarshal(answer.Result, &vector); err != nil {
		return nil, fmt.Errorf("cannot read the answer to %q, a %s: %w", expression, answer.ResultType, err)
	}
	samples := make([]Sample, 0, len(vector))
	for _, series := range vector {
		value, err := valueOf(series.Value)
		if err != nil {
			return nil, err
		}
		samples = append(samples, Sample{Labels: series.Metric, Value: value})
	}
	return samples, nil
}

// valueOf reads a pair of a time and a value, which Prometheus writes as text, since JSON has
// no infinity.
func valueOf(pair json.RawMessage) (float64, error) {
	var parts []any
	if err := json.Unmarshal(pair, &parts); err != nil || len(parts) != 2 {
		return 0, fmt.Errorf("%s is no pair of a time and a value", pair)
	}
	text, _ := parts[1].(string)
	return strconv.ParseFloat(text, 64)
}

// Alert is an alert that is pending or firing.
type Alert struct {
	Labels, Annotations map[string]string
	// State is pending or firing.
	State string
}

// Alerts returns the alerts that are pending or firing.
func (p *Prometheus) Alerts(ctx context.Context) ([]Alert, error) {
	var answer struct{ Alerts []Alert }
	if err := p.get(ctx, "alerts", &answer); err != nil {
		return nil, fmt.Errorf("cannot ask for the alerts: %w", err)
	}
	return answer.Alerts, nil
}

// get asks the API, and reads the data of the answer.
func (p *Prometheus) get(ctx context.Context, path string, data any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL()+"/api/v1/"+path, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %w", response.Status, err)
	}
	if answer.Status != "success" {
		return errors.New(answer.Error)
	}
	return json.Unmarshal(answer.Data, data)
}
