package main

// row is a row of panels.
type row struct {
	title  string
	panels []panel
}

// kind is how a panel shows its values.
type kind int

const (
	graph kind = iota
	number
	heat
)

// panel shows what some queries give.
type panel struct {
	kind               kind
	title, description string
	// unit is one of Grafana's.
	unit string
	// width is in columns, of which the dashboard has 24.
	width uint32
	// named shows the series' name instead of its value.
	named   bool
	targets []target
}

// target is a query in PromQL, and what each of its series is called.
type target struct{ expr, legend string }

// The labels by which the reader chooses. Only a leader has most metrics, and another one may have
// led a moment ago, so that gauges are taken by max.
const (
	ofNamespace = `{namespace=~"$namespace"}`
	ofClass     = `{namespace=~"$namespace", class=~"$class"}`
	ofHeketi    = `{namespace=~"$namespace", heketi=~"$heketi"}`
	ofPods      = `{namespace=~"$namespace", pod=~"glusterfs-provisioner-.*"}`
)

func one(expr string) []target { return []target{{expr: expr}} }

func by(label, expr string) []target { return []target{{expr: expr, legend: "{{" + label + "}}"}} }

// quantiles are those of a histogram's buckets, grouped by labels that legend shows.
func quantiles(buckets, labels, legend string, which ...string) []target {
	var targets []target
	for _, q := range which {
		targets = append(targets, target{
			"histogram_quantile(0." + q + ", sum by (" + labels + "le) (rate(" + buckets + "[$__rate_interval])))",
			legend + "p" + q,
		})
	}
	return targets
}

func rows() []row {
	return []row{
		{"Now", now()},
		{"Claims", claims()},
		{"Deletions and growth", deletions()},
		{"heketi", heketis()},
		{"Capacity", capacity()},
		{"Integrity", integrity()},
		{"GlusterFS hosts", hosts()},
		{"Nodes", nodes()},
		{"Volumes", volumes()},
		{"Process", process()},
	}
}

func now() []panel {
	return []panel{
		{kind: number, title: "Leader", named: true, width: 6, description: "The pod that provisions.",
			targets: by("pod", `max by (pod) (glusterfs_provisioner_leader`+ofNamespace+`) == 1`)},
		{kind: number, title: "Version", named: true, width: 3, description: "Several during an upgrade.",
			targets: by("git_version", `count by (git_version) (kubernetes_build_info and on (instance) glusterfs_provisioner_leader`+ofNamespace+`)`)},
		{kind: number, title: "heketis that answer", width: 3,
			targets: one(`count(max by (heketi) (glusterfs_provisioner_heketi_up` + ofHeketi + `) == 1) or vector(0)`)},
		{kind: number, title: "heketis that do not", width: 3,
			targets: one(`count(max by (heketi) (glusterfs_provisioner_heketi_up` + ofHeketi + `) == 0) or vector(0)`)},
		{kind: number, title: "Oldest claim that waits", unit: "s", width: 3, description: "Claims that wait for their first pod are not counted.",
			targets: one(`max(glusterfs_provisioner_oldest_pending_claim_age_seconds` + ofClass + `)`)},
		{kind: number, title: "Wrong classes", width: 3, description: "StorageClasses with parameters that are not accepted.",
			targets: one(`count(max by (class) (glusterfs_provisioner_storageclass_valid` + ofClass + `) == 0) or vector(0)`)},
		{kind: number, title: "Findings", width: 3, description: "Of the last audit.",
			targets: one(`sum(glusterfs_provisioner_audit_findings` + ofNamespace + `)`)},
		{kind: number, title: "First certificate to expire", unit: "s", width: 6, description: "None where heketis have no TLS.",
			targets: one(`min(max by (heketi) (glusterfs_provisioner_heketi_certificate_expiry_timestamp_seconds` + ofHeketi + `)) - time()`)},
		{kind: number, title: "Fewest free GIDs of a class", width: 6,
			targets: one(`min(max by (class) (glusterfs_provisioner_gid_range_free` + ofClass + `))`)},
		{kind: number, title: "Least room of a cluster", unit: "percentunit", width: 6, description: "heketi's own figures.",
			targets: one(`min(sum by (cluster) (heketi_device_free_bytes) / sum by (cluster) (heketi_device_size_bytes))`)},
		{kind: number, title: "Volumes on nodes that do not do", width: 6, description: "Dead, unreachable, silent or failing.",
			targets: one(`sum(glusterfs_csi_node_staged_volumes{health!="alive"})`)},
	}
}

func claims() []panel {
	return []panel{
		{title: "Attempts", description: "By outcome, a second.", unit: "ops", width: 12,
			targets: by("outcome", `sum by (outcome) (rate(glusterfs_provisioner_claim_attempts_total`+ofClass+`[$__rate_interval]))`)},
		{title: "Claims that wait", width: 12,
			targets: by("class", `max by (class) (glusterfs_provisioner_claims_pending`+ofClass+`)`)},
		{title: "Time from the claim to its saved PersistentVolume", unit: "s", width: 12,
			targets: quantiles(`glusterfs_provisioner_claim_bind_duration_seconds_bucket`+ofClass, "", "", "50", "95", "99")},
		{title: "The oldest claim that waits", unit: "s", width: 12,
			targets: by("class", `max by (class) (glusterfs_provisioner_oldest_pending_claim_age_seconds`+ofClass+`)`)},
		{kind: heat, title: "Claims by the time that they took", width: 24,
			targets: by("le", `sum by (le) (increase(glusterfs_provisioner_claim_bind_duration_seconds_bucket`+ofClass+`[$__rate_interval]))`)},
	}
}

func deletions() []panel {
	return []panel{
		{title: "Deletions", description: "Attempts by outcome, a second.", unit: "ops", width: 6,
			targets: by("outcome", `sum by (outcome) (rate(glusterfs_provisioner_deletion_attempts_total`+ofClass+`[$__rate_interval]))`)},
		{title: "PersistentVolumes to be deleted", width: 6,
			targets: by("class", `max by (class) (glusterfs_provisioner_deletions_pending`+ofClass+`)`)},
		{title: "Expansions", description: "Attempts by outcome, a second.", unit: "ops", width: 6,
			targets: by("outcome", `sum by (outcome) (rate(glusterfs_provisioner_expansion_attempts_total`+ofClass+`[$__rate_interval]))`)},
		{title: "Claims that wait to grow", width: 6,
			targets: one(`max(glusterfs_provisioner_claims_waiting_to_grow` + ofNamespace + `)`)},
	}
}

func heketis() []panel {
	return []panel{
		{title: "Requests", description: "By status, a second.", unit: "reqps", width: 12,
			targets: by("code", `sum by (code) (rate(glusterfs_provisioner_heketi_requests_total`+ofHeketi+`[$__rate_interval]))`)},
		{title: "Time of operations", description: "From the request to the known outcome.", unit: "s", width: 12,
			targets: quantiles(`glusterfs_provisioner_heketi_operation_duration_seconds_bucket`+ofHeketi, "operation, ", "{{operation}} ", "50", "95")},
		{title: "Operations", description: "Under way, that wait for a place, and that are allowed at once.", width: 12, targets: []target{
			{`max by (heketi) (glusterfs_provisioner_heketi_operations_in_flight` + ofHeketi + `)`, "{{heketi}} under way"},
			{`max by (heketi) (glusterfs_provisioner_heketi_operations_waiting` + ofHeketi + `)`, "{{heketi}} waiting"},
			{`max by (heketi) (glusterfs_provisioner_heketi_operations_allowed` + ofHeketi + `)`, "{{heketi}} allowed"},
		}},
		{title: "Time of requests", unit: "s", width: 12,
			targets: quantiles(`glusterfs_provisioner_heketi_request_duration_seconds_bucket`+ofHeketi, "method, ", "{{method}} ", "95")},
		{title: "Refused as busy", description: "429, a second.", unit: "reqps", width: 12,
			targets: by("heketi", `sum by (heketi) (rate(glusterfs_provisioner_heketi_busy_total`+ofHeketi+`[$__rate_interval]))`)},
		{title: "Clock", description: "By how much heketi's clock differs. At two minutes, tokens begin to be refused.", unit: "s", width: 12,
			targets: by("heketi", `max by (heketi) (abs(glusterfs_provisioner_heketi_clock_skew_seconds`+ofHeketi+`))`)},
	}
}

// capacity is of heketi's own metrics.
func capacity() []panel {
	return []panel{
		{title: "Room of clusters", description: "Raw: a volume replicate:3 takes thrice its size.", unit: "bytes", width: 12, targets: []target{
			{`sum by (cluster) (heketi_device_free_bytes)`, "{{cluster}} free"},
			{`sum by (cluster) (heketi_device_size_bytes)`, "{{cluster}} all"},
		}},
		{title: "Free room of devices", unit: "percentunit", width: 12,
			targets: []target{{`heketi_device_free_bytes / heketi_device_size_bytes`, "{{storage_hostname}} {{device}}"}}},
		{title: "Volumes", description: "heketi makes at most 1,000 in a cluster unless told otherwise.", width: 8,
			targets: by("cluster", `sum by (cluster) (heketi_volumes_count)`)},
		{title: "Bricks", width: 8,
			targets: by("cluster", `sum by (cluster) (heketi_device_brick_count)`)},
		{title: "Operations that do not end", description: "What heketi was interrupted in, or could not undo.", width: 8, targets: []target{
			{`heketi_operations_stale_count`, "{{instance}} interrupted"},
			{`heketi_operations_failed_count`, "{{instance}} failed"},
			{`heketi_operations_inFlight_count`, "{{instance}} under way"},
		}},
	}
}

func integrity() []panel {
	return []panel{
		{title: "Findings of the audit", width: 8,
			targets: by("kind", `sum by (kind) (glusterfs_provisioner_audit_findings`+ofNamespace+`)`)},
		{title: "Room that orphans take", unit: "bytes", width: 8,
			targets: by("heketi", `max by (heketi) (glusterfs_provisioner_audit_orphan_bytes`+ofHeketi+`)`)},
		{title: "Age of the last complete audit", unit: "s", width: 8,
			targets: one(`time() - max(glusterfs_provisioner_audit_last_complete_timestamp_seconds` + ofNamespace + `)`)},
		{title: "Unfinished volumes", width: 8,
			targets: one(`max(glusterfs_provisioner_unfinished_volumes` + ofNamespace + `)`)},
		{title: "Operations left alone", description: "gluster has their bricks, or that is not known.", width: 8,
			targets: one(`max(glusterfs_provisioner_heketi_operations_left_alone` + ofNamespace + `)`)},
		{title: "Repairs", description: "Of Endpoints, Services and ConfigMaps, a second.", unit: "ops", width: 8,
			targets: by("reason", `sum by (reason) (rate(glusterfs_provisioner_endpoints_repairs_total`+ofNamespace+`[$__rate_interval]))`)},
	}
}

// hosts is of GlusterFS in pods, and of the keeper of their heketi. Their namespace is not the provisioner's.
func hosts() []panel {
	return []panel{
		{title: "Hosts", description: "Those in pods. One that starts does not count.", width: 8, targets: []target{
			{`count(max by (namespace, node) (glusterfs_host_last_survey_timestamp_seconds) > 0)`, "run"},
			{`sum(max by (namespace, node) (glusterfs_host_glusterd_up))`, "glusterd answers"},
		}},
		{title: "Bricks", description: "Stopped are those whose volume is.", width: 8,
			targets: by("state", `sum by (state) (glusterfs_host_bricks)`)},
		{title: "Bricks that do not run", description: "Down, or not mounted.", width: 8,
			targets: by("node", `sum by (node) (glusterfs_host_bricks{state=~"down|not_mounted"})`)},
		{title: "Disks of GlusterClusters", width: 8,
			targets: by("phase", `sum by (phase) (max by (namespace, glustercluster, phase) (heketi_keeper_glustercluster_devices))`)},
		{title: "Operations that the keeper leaves alone", description: "heketi was interrupted in them.", width: 8,
			targets: by("namespace", `max by (namespace) (heketi_keeper_operations_left_alone)`)},
		{title: "Time of saving heketi's database", unit: "s", width: 8,
			targets: quantiles(`heketi_keeper_save_duration_seconds_bucket`, "", "", "50", "95")},
	}
}

func nodes() []panel {
	return []panel{
		{title: "Volumes on nodes", description: "By how they do.", width: 8,
			targets: by("health", `sum by (health) (glusterfs_csi_node_staged_volumes)`)},
		{title: "Mounts that fail", description: "By reason, a second.", unit: "ops", width: 8,
			targets: by("reason", `sum by (reason) (rate(glusterfs_csi_node_mount_failures_total[$__rate_interval]))`)},
		{title: "Versions of the client", description: "Nodes by their GlusterFS client.", width: 8,
			targets: by("version", `count by (version) (glusterfs_csi_node_client_info)`)},
		{title: "Time of mounting", unit: "s", width: 8,
			targets: quantiles(`glusterfs_csi_node_mount_duration_seconds_bucket`, "outcome, ", "{{outcome}} ", "95")},
		{title: "Calls of kubelet", description: "By method and code, a second.", unit: "ops", width: 8,
			targets: []target{{`sum by (method, code) (rate(glusterfs_csi_node_call_duration_seconds_count[$__rate_interval]))`, "{{method}} {{code}}"}}},
		{title: "Calls of the kernel that run", description: "Many that stay are mounts that hang.", width: 8,
			targets: by("node", `sum by (node) (glusterfs_csi_node_system_calls_running)`)},
	}
}

// volumes is also of kubelet's own metrics, and of kube-state-metrics, which knows a claim's class.
func volumes() []panel {
	return []panel{
		{title: "Volumes", width: 12,
			targets: by("class", `sum by (class) (max by (class, source) (glusterfs_provisioner_volumes`+ofClass+`))`)},
		{title: "Their size", unit: "bytes", width: 12,
			targets: by("class", `sum by (class) (max by (class, source) (glusterfs_provisioner_volume_capacity_bytes`+ofClass+`))`)},
		{title: "The fullest ten", unit: "percentunit", width: 24, targets: []target{{
			`topk(10, max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes)` +
				` and on (namespace, persistentvolumeclaim) (kube_persistentvolumeclaim_info * on (storageclass) group_left ()` +
				` label_replace(max by (class) (glusterfs_provisioner_claims_pending{class=~"$class"} >= bool 0), "storageclass", "$1", "class", "(.*)")))`,
			"{{namespace}}/{{persistentvolumeclaim}}",
		}}},
	}
}

func process() []panel {
	return []panel{
		{title: "Memory", unit: "bytes", width: 8,
			targets: by("pod", `process_resident_memory_bytes`+ofPods)},
		{title: "Cores", width: 8,
			targets: by("pod", `rate(process_cpu_seconds_total`+ofPods+`[$__rate_interval])`)},
		{title: "Requests to the API server", description: "By status, a second.", unit: "reqps", width: 8,
			targets: by("code", `sum by (code) (rate(rest_client_requests_total`+ofPods+`[$__rate_interval]))`)},
		{title: "Queues", description: "What waits to be looked at.", width: 12,
			targets: by("name", `sum by (name) (workqueue_depth`+ofPods+`)`)},
		{title: "Retries", description: "A second.", unit: "ops", width: 12,
			targets: by("name", `sum by (name) (rate(workqueue_retries_total`+ofPods+`[$__rate_interval]))`)},
	}
}
