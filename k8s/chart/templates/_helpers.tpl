{{- define "tsrs.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "tsrs.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{/* tsrs.labels (dict "root" $ "part" "edge"): the labels that select a part of the release. */}}
{{- define "tsrs.labels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{/* The names of all origins, as the headless service gives them. */}}
{{- define "tsrs.origins" -}}
{{- $name := include "tsrs.name" . -}}
{{- range $i := until (int .Values.origin.replicas) }}{{ if $i }} {{ end }}{{ $name }}-origin-{{ $i }}.{{ $name }}-origins{{ end -}}
{{- end -}}

{{- define "tsrs.conf" -}}
listen 1935;
max_connections {{ .maxConnections }};
daemon off;
# The root file system is read-only; the log goes to `kubectl logs`.
pid /tmp/srs.pid;
srs_log_tank console;
http_api {
    enabled on;
    listen 1985;
}
http_server {
    enabled on;
    listen 8080;
}
{{- end -}}

{{/* What origins and edges have in common in a pod. */}}
{{- define "tsrs.pod" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "tsrs.container" -}}
image: {{ include "tsrs.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.nodeFlags }}
env:
  - name: TSRS_NODE_FLAGS
    value: {{ . | quote }}
{{- end }}
ports:
  - name: rtmp
    containerPort: 1935
  - name: api
    containerPort: 1985
  - name: http
    containerPort: 8080
startupProbe:
  httpGet:
    path: /healthz
    port: api
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet:
    path: /healthz
    port: api
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet:
    path: /readyz
    port: api
  periodSeconds: 2
  timeoutSeconds: 2
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: ["ALL"]
{{- end -}}
