{{- define "backstep.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "backstep.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := include "backstep.name" . }}
{{- (contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name)) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "backstep.selector" -}}
app.kubernetes.io/name: {{ include "backstep.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "backstep.labels" -}}
{{ include "backstep.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "backstep.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "backstep.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "backstep.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{- define "backstep.scheme" -}}
{{ empty .Values.settings.TLS_CERT_FILE | ternary "HTTP" "HTTPS" }}
{{- end }}

{{/* Environment of the gateway and of the job; secrets are files, so that no value is in the description of a pod. */}}
{{- define "backstep.env" -}}
- name: HOST
  value: {{ default "0.0.0.0" .Values.settings.HOST | quote }}
- name: PORT
  value: {{ default "4000" .Values.settings.PORT | quote }}
- name: LOG_FORMAT
  value: {{ default "json" .Values.settings.LOG_FORMAT | quote }}
- name: MIGRATIONS
  value: {{ default (.Values.migrations.enabled | ternary "wait" "apply") .Values.settings.MIGRATIONS | quote }}
{{- range $name, $value := omit .Values.settings "HOST" "PORT" "LOG_FORMAT" "MIGRATIONS" }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- range $name, $from := .Values.settingsFromSecrets }}
- name: {{ $name }}_FILE
  value: /etc/backstep/settings/{{ $name }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "backstep.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- if .Values.settingsFromSecrets }}
- name: settings
  mountPath: /etc/backstep/settings
  readOnly: true
{{- end }}
{{- range $index, $file := .Values.files }}
- name: files-{{ $index }}
  mountPath: {{ $file.path }}
  readOnly: true
{{- end }}
{{- end }}

{{/* root is the context; databaseUrl overrides the secret of DATABASE_URL. */}}
{{- define "backstep.volumes" -}}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- $from := .root.Values.settingsFromSecrets }}
{{- if .databaseUrl }}
{{- $from = merge (dict "DATABASE_URL" .databaseUrl) (omit $from "DATABASE_URL") }}
{{- end }}
{{- if $from }}
- name: settings
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $one := $from }}
      - secret:
          name: {{ $one.secret }}
          items: [{ key: {{ $one.key | quote }}, path: {{ $name }} }]
      {{- end }}
{{- end }}
{{- range $index, $file := .root.Values.files }}
- name: files-{{ $index }}
  {{- if $file.secret }}
  secret: { secretName: {{ $file.secret }}, defaultMode: 0440 }
  {{- else }}
  configMap: { name: {{ $file.configMap }} }
  {{- end }}
{{- end }}
{{- end }}

{{- define "backstep.placement" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
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
{{- end }}
