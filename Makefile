# Everything that is built or run is a target here; "make help" lists them.

VERSION  ?= 0.1.0
IMAGE    ?= glusterfs-provisioner
NODE_IMAGE ?= glusterfs-csi-node
HOST_IMAGE ?= glusterfs-host
KEEPER_IMAGE ?= heketi-keeper
GO       ?= go
# What builds the images: docker, or another that takes the same arguments, such as buildah.
CONTAINER_TOOL ?= docker
COMMIT   := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
STAMP    := k8s.io/component-base/version
LDFLAGS  := -s -w -X $(STAMP).gitVersion=v$(VERSION) -X $(STAMP).gitCommit=$(COMMIT)
PACKAGES := ./cmd/... ./deploy ./host/... ./keeper/... ./node/... ./provisioner/... ./test/...

export GOWORK := off

.PHONY: help
help: ## Show this list.
	@grep -hE '^[a-z0-9.-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: build
build: ## Build the provisioner, the node plugin, kubectl-glusterfs, heketi-keeper and glusterfs-host into bin/.
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./cmd/...

.PHONY: admission-policy
admission-policy: ## Write deploy/admission-policy/ from the rules of the StorageClass parameters.
	$(GO) run ./test/admissionpolicy

# Further build arguments, such as --build-arg GOPROXY=...; docs/images.md lists them.
BUILD_ARGS ?=
BUILD_IMAGE = $(CONTAINER_TOOL) build --build-arg LDFLAGS="$(LDFLAGS)" --build-arg VERSION=$(VERSION) --build-arg REVISION=$(COMMIT) $(BUILD_ARGS)

.PHONY: image
image: ## Build the container images IMAGE:VERSION, HOST_IMAGE:VERSION, KEEPER_IMAGE:VERSION and NODE_IMAGE:VERSION, the last also with a GlusterFS client.
	$(BUILD_IMAGE) --target glusterfs-provisioner -t $(IMAGE):$(VERSION) .
	$(BUILD_IMAGE) --target glusterfs-csi-node -t $(NODE_IMAGE):$(VERSION) .
	$(BUILD_IMAGE) --target glusterfs-csi-node-with-client -t $(NODE_IMAGE):$(VERSION)-with-client .
	$(BUILD_IMAGE) --target glusterfs-host -t $(HOST_IMAGE):$(VERSION) .
	$(BUILD_IMAGE) --target heketi-keeper -t $(KEEPER_IMAGE):$(VERSION) .

# An image with its digest, which image-all builds upon instead of its own base.
BASE ?=
# When the images of image-all say they were made: with the commit.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

.PHONY: image-all
image-all: ## Build the images without a client for amd64 and arm64 into bin/images/, without an engine, with lists of what is in them.
	$(GO) build -C test/modules/images -o ../../../bin/image-builder .
	bin/image-builder build -output bin/images -version $(VERSION) -revision $(COMMIT) -created $(SOURCE_DATE_EPOCH) \
		-ldflags "$(LDFLAGS)" -base "$(BASE)" glusterfs-provisioner=$(IMAGE) glusterfs-csi-node=$(NODE_IMAGE) heketi-keeper=$(KEEPER_IMAGE)

.PHONY: image-push
image-push: ## Build the images of image-all, and push them to where IMAGE, NODE_IMAGE and KEEPER_IMAGE say; a tag that is there stays.
	@test -z "$$(git status --porcelain)" || { echo "image-push: commit the changes first, so that the images can be built again"; exit 1; }
	$(MAKE) image-all
	bin/image-builder push bin/images/glusterfs-provisioner bin/images/glusterfs-csi-node bin/images/heketi-keeper

.PHONY: image-test
image-test: ## Build the images of image-all twice, in two folders, and compare and read them. Takes minutes, since all is compiled anew.
	IMAGES=1 $(GO) test -C test/modules/images -count=1 -timeout 60m -v .

.PHONY: chart-package
chart-package: ## Package the chart into bin/chart/. Builds helm first, which takes minutes.
	$(GO) build -C test/modules/helm-4 -o ../../../bin/helm helm.sh/helm/v4/cmd/helm
	bin/helm package deploy/chart --destination bin/chart

# Where chart-push pushes to, such as oci://registry.example.com/charts.
CHART_REGISTRY ?=

.PHONY: chart-push
chart-push: chart-package ## Push the chart to CHART_REGISTRY; a version that is there stays.
	@test -n "$(CHART_REGISTRY)" || { echo "chart-push: say where to, such as CHART_REGISTRY=oci://registry.example.com/charts"; exit 1; }
	@! bin/helm show chart $(CHART_REGISTRY)/glusterfs-provisioner --version $(VERSION) >/dev/null 2>&1 || \
		{ echo "chart-push: version $(VERSION) is there; a version is never used twice; raise VERSION"; exit 1; }
	bin/helm push bin/chart/glusterfs-provisioner-$(VERSION).tgz $(CHART_REGISTRY)

.PHONY: release-check
release-check: ## Fail unless all files say that version VERSION is released, as TAG.
	@test "$(TAG)" = "v$(VERSION)" || { echo "release-check: the tag is \"$(TAG)\", but the version v$(VERSION)"; exit 1; }
	TAG=$(TAG) $(GO) test -count=1 -run '^TestVersion' ./test/release

.PHONY: demo
demo: ## Show a claim becoming a volume on a real control plane; KEEP=1 leaves it running, MONITORING=1 shows it in Prometheus.
	$(GO) run ./test/demo

.PHONY: test
test: check-format vet lint vulncheck unit integration integration-1.25 ## Run every check and test.

.PHONY: check-format
check-format: ## Fail if a file is not gofmt-ed.
	@unformatted=$$(gofmt -l cmd deploy host keeper node provisioner test); \
	if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi

.PHONY: vet
vet: ## Run go vet.
	$(GO) vet $(PACKAGES)

.PHONY: lint
lint: ## Run golangci-lint, and actionlint on the workflow files, built from their modules.
	cd test/modules/lint && $(GO) build -o ../../../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	bin/golangci-lint run $(PACKAGES)
	cd test/modules/images && ../../../bin/golangci-lint run
	cd test/modules/actionlint && $(GO) build -o ../../../bin/actionlint github.com/rhysd/actionlint/cmd/actionlint
	bin/actionlint -shellcheck= -pyflakes= .github/workflows/*.yaml

.PHONY: vulncheck
vulncheck: ## Fail if what is shipped has a known vulnerability: in a module, or in the Go of the images.
	cd test/modules/vulncheck && $(GO) build -o ../../../bin/vulncheck/ golang.org/x/vuln/cmd/govulncheck golang.org/x/vulndb/cmd/indexdb
	$(GO) run ./test/vulncheck

.PHONY: unit
unit: ## Run the unit tests with the race detector.
	$(GO) test -race -timeout 10m ./cmd/... ./host/... ./keeper/... ./node/... ./provisioner/...
	$(GO) test -C test/modules/images -timeout 10m .
	$(GO) test -C keeper/heketi -timeout 10m ./apilimit

.PHONY: build-bench
build-bench: ## Build the test bench: etcd, Kubernetes in its versions, heketi. Takes minutes the first time.
	$(GO) run ./test/bench/build

# How many tests run side by side. Each of them waits for much of its time.
SCENES ?= 6

# What takes minutes by itself. "make test-faults" has it. The last two do what others do, with volumes that share
# what lists their storage hosts.
LONG_FAULTS := ^TestFault(Conversion(Killed|APIServerFails)|SharedEndpointsKilled|CSIKilled)$$

.PHONY: integration
integration: build-bench ## Run the tests on a real control plane and a real heketi, save the longest.
	$(GO) test -race -count=1 -p 1 -parallel $(SCENES) -timeout 60m -skip '$(LONG_FAULTS)' ./test/...

# What another version of Kubernetes could change: the objects, how claims are
# bound and volumes deleted, what is granted and what is refused.
ON_1.25 := BothWaysToNameTheClass|ManyClaimsAtOnce|StatefulSetClaims|WaitForFirstConsumer|Deletion|Deleting|Retain
ON_1.25 := $(ON_1.25)|ObjectsAreTheInTreePlugins|Examples|DeploymentIsAdmitted|SecretTypes|Audit|Takeover
ON_1.25 := $(ON_1.25)|NothingIsBegun|ClaimGetsAnotherVolume|RefusedClaims|ZeroRequest|FaultAPIServerRestarted|Endpoints
ON_1.25 := $(ON_1.25)|ClassIsMoved|ClaimGrows|TwoRaises|RaiseWhile|NoSpaceThenLowered|GrownByHand|ClassForbids|KubernetesOwnExpander
ON_1.25 := $(ON_1.25)|FaultResizeRefused|FaultResizeHeketiKilled|Source|NodePlugin
ON_1.25 := $(ON_1.25)|StaticVolumes$$|RestoredVolumes|VolumesAreConverted|FormerVolumes

.PHONY: integration-1.25
integration-1.25: build-bench ## Run those of them on Kubernetes 1.25.0 that its version could change.
	KUBERNETES=1.25.0 $(GO) test -race -count=1 -parallel $(SCENES) -timeout 30m -run '^Test($(ON_1.25))' ./test/integration

.PHONY: chart
chart: ## Test the Helm chart: against the manifests, and by helm on a real API server. Builds helm first.
	$(GO) run ./test/bench/build -kubernetes 1.36.3
	CHART=1 $(GO) test -count=1 -timeout 10m -v ./test/chart

.PHONY: monitoring
monitoring: build ## Have promtool test the alerts, and see alerts and dashboard in a real Prometheus. Takes some ten minutes.
	$(GO) run ./test/bench/build -kubernetes 1.36.3 -prometheus
	MONITORING=1 $(GO) test -count=1 -timeout 10m -v -run 'TestAlerts|TestDashboard' ./test/monitoring

.PHONY: monitoring-mounts
monitoring-mounts: build ## See the alerts about mounts in a real Prometheus, with real GlusterFS hosts, as root on Debian 12.
	CGO_ENABLED=0 $(GO) build -o bin/e2e/ ./test/e2e/gluster/lvm
	CSI=1 MONITORING=1 $(GO) test -count=1 -timeout 20m -v -run '^TestMountAlertsInPrometheus$$' ./test/csi

.PHONY: monitoring-files
monitoring-files: ## Write what deploy/monitoring has that is made: the PrometheusRule and the dashboard.
	$(GO) run ./test/monitoring/write

.PHONY: test-faults
test-faults: build-bench ## Run only the tests in which something breaks.
	$(GO) test -race -count=1 -parallel $(SCENES) -timeout 40m -v -run '^TestFault' ./test/integration

.PHONY: test-chaos
test-chaos: build-bench ## Let faults come at random, for MINUTES; SEED begins a run the same way again.
	SEED=$(SEED) MINUTES=$(MINUTES) $(GO) test -race -count=1 -timeout 0 -v -run '^TestFaultChaos$$' ./test/integration

# BENCH is for trying it out, such as BENCH="-only ^burst -runs 1"; see -help.
BENCH ?= -write docs/performance.md

.PHONY: bench
bench: build-bench ## Measure speed and cost beside what is possible and the in-tree plugin, into docs/performance.md. Takes half an hour.
	$(GO) run ./test/performance $(BENCH)

.PHONY: bench-scale
bench-scale: build-bench ## Measure the provisioner among up to 50,000 volumes, into docs/performance.md. Takes a quarter of an hour.
	$(GO) run ./test/performance -scale $(BENCH)

.PHONY: bench-keeper
bench-keeper: build ## Measure what it costs that the keeper saves each volume, and what heketi's limit of lookups costs; prints rows for docs/.
	COST=1 KUBERNETES=1.36.3 $(GO) test -count=1 -timeout 30m -v -run '^TestCostOf' ./test/keeper

.PHONY: bench-go
bench-go: ## Run the Go benchmarks: GIDs, parameters, PersistentVolumes.
	$(GO) test -run '^$$' -bench . -benchmem ./provisioner/...

# How many of its tests that can be are run side by side, which are run at all, and which of these not.
e2e: SCENES = 5
e2e: TESTS ?= .
e2e: SKIP ?=
e2e: TIMEOUT ?= 40m
e2e: KUBERNETES ?= 1.25.0
# kubelet's folder; for /var/lib/k0s/kubelet, the node plugin is installed as for k0s.
e2e: KUBELET_DIR ?= /var/lib/kubelet
# What takes hours has targets of its own, and what takes everything away leaves nothing to the
# tests after it. Both run if they are asked for by name.
e2e: SKIPPED = $(if $(findstring TestBricks,$(TESTS))$(findstring TestUninstalling,$(TESTS)),$(SKIP),$(if $(SKIP),$(SKIP)|)^Test(Bricks|Uninstalling))

.PHONY: e2e
e2e: build ## Run the tests on real GlusterFS hosts and a node, as root on Debian 12; KEEP=1 leaves them up.
	$(GO) run ./test/bench/build -kubernetes $(KUBERNETES) -node
	CGO_ENABLED=0 $(GO) build -o bin/e2e/ ./test/e2e/gluster/lvm ./test/e2e/node/pause
	E2E=1 KUBERNETES=$(KUBERNETES) KUBELET_DIR=$(KUBELET_DIR) $(GO) test -count=1 -parallel $(SCENES) -timeout $(TIMEOUT) -v -p 1 -run '$(TESTS)' -skip '$(SKIPPED)' ./test/e2e/...

# What it makes a difference to that not kubelet, but the node plugin mounts.
WITH_PLUGIN := Claims|Pods|KubeletRestarts|NodeReboots|HostIsReplaced|PluginEnds|HostDoesNotAnswer|DeadMountIsHealed
WITH_PLUGIN := $(WITH_PLUGIN)|HealedVolumeComesBack|ManyPodsAtOnce|ClientOfTheContainer|VolumeWithTLS|FoldersInAVolume|TwoNodes

.PHONY: e2e-1.36
e2e-1.36: ## Run those of them on Kubernetes 1.36.3 that mount with the node plugin in another way.
	$(MAKE) e2e KUBERNETES=1.36.3 TESTS='^Test($(WITH_PLUGIN))'

.PHONY: e2e-k0s
e2e-k0s: ## Run those of them that a kubelet with another folder makes a difference to, installed as for k0s.
	$(MAKE) e2e KUBERNETES=1.36.3 KUBELET_DIR=/var/lib/k0s/kubelet TESTS='^Test(PluginEnds|ClientOfTheContainer|VolumeWithTLS)'

.PHONY: e2e-upgrade
e2e-upgrade: ## Upgrade a cluster and its node from Kubernetes 1.25.0 to 1.36.3 while pods write to volumes that are converted.
	UPGRADE=1 $(MAKE) e2e KUBERNETES=1.25.0 TESTS='^TestClusterIsUpgraded$$$$'

.PHONY: e2e-database
e2e-database: ## Run a database on a volume, and break things while it writes, on Kubernetes 1.36.3.
	DATABASE=1 $(MAKE) e2e KUBERNETES=1.36.3 TESTS='^TestDatabase'

# Which of the tests of test-bricks are run; they go on for about two hours.
BRICKS ?= ^TestBricks

.PHONY: test-bricks
test-bricks: ## Break heketi, the provisioner and hosts at each step of making, growing and deleting real volumes.
	$(MAKE) e2e TESTS='$(BRICKS)' TIMEOUT=6h

.PHONY: test-rebuild
test-rebuild: ## Lose heketi's database, and make it again from real bricks, LVM's names and PersistentVolumes.
	$(MAKE) e2e KUBERNETES=1.36.3 TESTS='^TestBricksRebuild$$$$'

.PHONY: test-bricks-kept
test-bricks-kept: ## Kill heketi under its keeper at steps of making, growing and deleting real volumes. Takes twenty minutes.
	$(MAKE) e2e KUBERNETES=1.36.3 TESTS='^TestBricksKept' TIMEOUT=2h

.PHONY: test-bricks-chaos
test-bricks-chaos: ## Let these come at random, with several claims, for MINUTES; SEED begins a run the same way again.
	SEED=$(SEED) MINUTES=$(MINUTES) $(MAKE) e2e TESTS='^TestBricksChaos$$$$' TIMEOUT=0

# Which specs of Kubernetes' own storage suite are run, found by their names.
SPECS ?= .

.PHONY: conformance
conformance: ## Run Kubernetes' own storage suite against the provisioner and the node plugin. Takes a quarter of an hour.
	$(GO) run ./test/bench/build -kubernetes 1.36.3 -storage-suite
	SPECS='$(SPECS)' $(MAKE) e2e KUBERNETES=1.36.3 TESTS='^TestStorageSuite$$$$' TIMEOUT=5h

.PHONY: csi
csi: build ## Run csi-sanity and the tests of the node plugin on real GlusterFS hosts, as root on Debian 12.
	CGO_ENABLED=0 $(GO) build -o bin/e2e/ ./test/e2e/gluster/lvm
	CSI=1 $(GO) test -count=1 -timeout 30m -v -skip '^TestHundredVolumes$$$(if $(SKIP),|$(SKIP))' ./test/csi

# Which of them are run.
host: TESTS ?= .

.PHONY: host
host: build ## Run the tests of glusterfs-host on hosts with disks and a real heketi, as root on Debian 12. Takes some minutes.
	CGO_ENABLED=0 $(GO) build -o bin/e2e/ ./test/e2e/gluster/lvm
	HOST=1 $(GO) test -count=1 -timeout 20m -v -run '$(TESTS)' ./test/host

.PHONY: bench-node
bench-node: build ## Measure how a node mounts a hundred volumes at once, as root on Debian 12; prints a table.
	CGO_ENABLED=0 $(GO) build -o bin/e2e/ ./test/e2e/gluster/lvm
	CSI=1 $(GO) test -count=1 -timeout 40m -v -run '^TestHundredVolumes$$' ./test/csi

.PHONY: stack
stack: KUBERNETES ?= 1.36.3
stack: TESTS ?= .
# What measures has targets of its own, as has what needs another image, and runs here if it is asked for by name.
stack: SKIPPED = $(if $(findstring Executors,$(TESTS))$(findstring ManyBricks,$(TESTS))$(findstring Upgrade,$(TESTS)),^$$,^Test(Executors|ManyBricks|Upgrade)$$)
stack: build ## Follow docs/install-gluster.md on three machines with empty disks, and break things, as root on Debian 12; KEEP=1 leaves them up.
	$(GO) run ./test/bench/build -kubernetes $(KUBERNETES) -node -services
	CGO_ENABLED=0 $(GO) build -o bin/e2e/ ./test/e2e/gluster/lvm ./test/e2e/node/pause
	STACK=1 KUBERNETES=$(KUBERNETES) $(GO) test -count=1 -timeout 60m -v -run '$(TESTS)' -skip '$(SKIPPED)' ./test/stack

# How often each heketi makes the same volumes.
ROUNDS ?= 3

.PHONY: bench-executors
bench-executors: ## Measure heketi's commands in pods beside those by ssh, on the same GlusterFS, as root on Debian 12. Takes twenty minutes.
	ROUNDS=$(ROUNDS) $(MAKE) stack TESTS='^TestExecutors$$$$'

# How many volumes there are, each with a brick on each of three nodes. A hundred need 8 GiB of memory.
VOLUMES ?= 100

.PHONY: bench-bricks
bench-bricks: ## Measure a GlusterFS pod with VOLUMES bricks: memory, and how long it takes to come back, as root on Debian 12.
	THIN=1 VOLUMES=$(VOLUMES) $(MAKE) stack TESTS='^TestManyBricks$$$$'

.PHONY: stack-upgrade
stack-upgrade: ## Take GlusterFS from 10 to 11 there, pod by pod, with an image of Debian 13's packages, while a pod writes. Takes a quarter of an hour.
	UPGRADE=1 $(MAKE) stack TESTS='^TestUpgrade$$$$'

.PHONY: stack-preflight
stack-preflight: ## Have those three machines lack what a GlusterFS host needs, one thing after the other, and mend it. Takes a quarter of an hour.
	$(MAKE) stack TESTS='^TestPreflightOnNodes$$$$'

.PHONY: stack-rebuild
stack-rebuild: ## Lose heketi's database there, and then the namespace with it, and make the database again. Takes a quarter of an hour.
	$(MAKE) stack TESTS='^TestRebuild$$$$'

FUZZTIME ?= 30s
.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME.
	@grep -rlE '^func Fuzz' cmd host keeper node provisioner --include='*_test.go' | while read -r file; do \
		for target in $$(grep -oE '^func Fuzz[A-Za-z]+' $$file | cut -d' ' -f2); do \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) ./$$(dirname $$file) || exit 1; \
		done; done

.PHONY: clean
clean: ## Remove what was built.
	rm -rf bin
