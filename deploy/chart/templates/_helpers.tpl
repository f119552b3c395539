{{/* The image of .image, with a suffix of its tag. Takes root, image and suffix. */}}
{{- define "image" -}}
{{- with .root.Values.global.imageRegistry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .image.repository -}}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ .image.tag | default (printf "%s%s" .root.Chart.AppVersion .suffix) }}{{ end -}}
{{- end }}

{{/* The namespace that docs and programs take for the provisioner's if they are not told another. */}}
{{- define "usualNamespace" -}}glusterfs-provisioner{{- end }}

{{/* What a pod has by which Prometheus finds it. Takes port and annotations. */}}
{{- define "annotations" -}}
{{- $scraped := dict "prometheus.io/scrape" "true" "prometheus.io/port" (toString .port) -}}
{{- toYaml (merge (deepCopy .annotations) $scraped) -}}
{{- end }}

{{/* The account of the provisioner, as a subject. */}}
{{- define "provisionerAccount" -}}
kind: ServiceAccount
name: glusterfs-provisioner
namespace: {{ .Release.Namespace }}
{{- end }}

{{/* Who reaches a pod, and what of names and the API server it reaches. Takes networkPolicy. */}}
{{- define "reachable" -}}
policyTypes: [Ingress, Egress]
ingress:
  - from:
      {{- toYaml .metricsFrom | nindent 6 }}
    ports:
      - port: http
{{ include "egress" . }}
{{- end }}

{{/* What a pod reaches of names and the API server. Takes networkPolicy. */}}
{{- define "egress" -}}
egress:
  - ports:
      - port: 53
        protocol: UDP
      - port: 53
  - ports:
      {{- range .apiServerPorts }}
      - port: {{ . }}
      {{- end }}
{{- end }}

{{/* heketi's configuration, as JSON. Takes heketi. */}}
{{- define "heketiConfig" -}}
{{- if hasKey .settings "executor" -}}
{{- fail "heketi.settings.executor: set heketi.executor, by which heketi also gets the rights that it needs" -}}
{{- end -}}
{{- $config := dict "executor" .executor "loglevel" "info" -}}
{{- if eq .executor "kubernetes" -}}
{{- $_ := set $config "kubeexec" (dict "gluster_daemonset" true "fstab" "/var/lib/heketi/fstab" "lvm_wrapper" "/usr/local/bin/lvm-wrapper" "debug_umount_failures" true) -}}
{{- else -}}
{{- $_ := set $config "sshexec" (dict "keyfile" "/etc/heketi/ssh/key" "user" "root" "port" "22" "fstab" "/etc/fstab" "debug_umount_failures" true) -}}
{{- end -}}
{{- dict "glusterfs" (mergeOverwrite $config (deepCopy .settings)) | toPrettyJson -}}
{{- end }}
