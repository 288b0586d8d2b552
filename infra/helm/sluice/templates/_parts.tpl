{{/*
The deployments of this release, as JSON: { "parts": [ … ] }. A part has a name, its pipelines, settings of its own, replicas
(none where KEDA counts them), and what it needs: service, share, scale.
*/}}
{{- define "sluice.parts" -}}
{{- $v := .Values -}}
{{- $orders := dict "BACKEND_MODE" $v.orders.backend -}}
{{- $blobEvents := dict "BLOB_EVENTS_BATCH_SIZE" "1" -}}
{{- $parts := list -}}
{{- if eq $v.layout "all-in-one" -}}
  {{- $pipelines := list -}}
  {{- $settings := dict -}}
  {{- if $v.media.enabled -}}
    {{- $pipelines = append $pipelines "media" -}}
    {{- $settings = merge $settings $v.media.settings -}}
  {{- end -}}
  {{- if $v.blobEvents.enabled -}}
    {{- $pipelines = append $pipelines "blob-events" -}}
    {{- $settings = merge $settings $v.blobEvents.settings -}}
  {{- end -}}
  {{- if $v.ingestion.enabled -}}
    {{- $pipelines = append $pipelines "ingestion" -}}
    {{- $settings = merge $settings $v.ingestion.settings -}}
  {{- end -}}
  {{- if $v.orders.enabled -}}
    {{- $pipelines = append $pipelines "orders" -}}
    {{- $settings = merge $settings $v.orders.settings $orders -}}
  {{- end -}}
  {{- $parts = append $parts (dict "name" "all" "pipelines" $pipelines "settings" $settings "replicas" $v.allInOne.replicas "resources" $v.allInOne.resources "service" true) -}}
{{- else -}}
  {{- if $v.media.enabled -}}
    {{- $parts = append $parts (dict "name" "media" "pipelines" (list "media") "settings" $v.media.settings "replicas" $v.media.replicas "resources" $v.media.resources "service" true) -}}
  {{- end -}}
  {{- if $v.blobEvents.enabled -}}
    {{- $scale := dict "kind" $v.blobEvents.broker "min" $v.blobEvents.minReplicas "max" $v.blobEvents.maxReplicas -}}
    {{- $parts = append $parts (dict "name" "blob-events" "pipelines" (list "blob-events") "settings" (merge (dict) $v.blobEvents.settings $blobEvents) "resources" $v.blobEvents.resources "scale" $scale) -}}
  {{- end -}}
  {{- if $v.share.enabled -}}
    {{- $parts = append $parts (dict "name" "share" "pipelines" (list "nfs") "settings" $v.share.settings "replicas" 1 "resources" $v.share.resources "service" true "share" true) -}}
  {{- end -}}
  {{- if $v.ingestion.enabled -}}
    {{- $parts = append $parts (dict "name" "ingestion" "pipelines" (list "ingestion") "settings" $v.ingestion.settings "replicas" $v.ingestion.replicas "resources" $v.ingestion.resources "service" true) -}}
  {{- end -}}
  {{- if $v.orders.enabled -}}
    {{- $settings := merge (dict) $v.orders.settings $orders -}}
    {{- if eq $v.orders.backend "queue" -}}
      {{- $scale := dict "kind" "orders-queue" "min" 1 "max" $v.orders.maxReplicas -}}
      {{- $parts = append $parts (dict "name" "orders" "pipelines" (list "orders") "settings" $settings "resources" $v.orders.resources "service" true "scale" $scale) -}}
    {{- else -}}
      {{- /* Timers that resume what is parked need a pod that always runs; what reads the broker alone may go down to none. */ -}}
      {{- $scale := dict "kind" $v.orders.backend "min" 0 "max" (min $v.orders.maxReplicas $v.orders.partitions) -}}
      {{- $parts = append $parts (dict "name" "orders" "pipelines" (list "orders") "settings" (merge (dict "ORDERS_TRIGGERS" "others") $settings) "replicas" 1 "resources" $v.orders.resources "service" true) -}}
      {{- $parts = append $parts (dict "name" "orders-worker" "pipelines" (list "orders") "settings" (merge (dict "ORDERS_TRIGGERS" "backend") $settings) "resources" $v.orders.resources "scale" $scale) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- dict "parts" $parts | toJson -}}
{{- end }}

{{/* Environment of a part: dict root, part. */}}
{{- define "sluice.environment" -}}
{{- $v := .root.Values -}}
{{- $id := printf "%s/%s/%s" .root.Release.Namespace .root.Release.Name .part.name | sha256sum | trunc 8 -}}
{{- $settings := merge (dict "PIPELINES" (join "," .part.pipelines)) .part.settings $v.settings -}}
{{- /* Deployments never share a task hub or a host id. */ -}}
{{- $_ := set $settings "AzureFunctionsJobHost__extensions__durableTask__hubName" (printf "Sluice%s" $id) -}}
{{- $_ := set $settings "AzureFunctionsWebHost__hostid" (printf "%s-%s" (.part.name | trunc 20) $id) -}}
{{- if $v.storage.accountName -}}
{{- $_ := set $settings "AzureWebJobsStorage__accountName" $v.storage.accountName -}}
{{- end -}}
{{- range $name := keys $settings | sortAlpha }}
{{- if not (hasKey $v.secrets $name) }}
- name: {{ $name }}
  value: {{ get $settings $name | toString | quote }}
{{- end }}
{{- end }}
{{- if $v.storage.connectionSecret.name }}
- name: AzureWebJobsStorage
  valueFrom:
    secretKeyRef: { name: {{ $v.storage.connectionSecret.name | quote }}, key: {{ $v.storage.connectionSecret.key | quote }} }
{{- end }}
{{- range $name := keys $v.secrets | sortAlpha }}
{{- $from := get $v.secrets $name }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef: { name: {{ $from.secret | quote }}, key: {{ $from.key | quote }} }
{{- end }}
{{- end }}
