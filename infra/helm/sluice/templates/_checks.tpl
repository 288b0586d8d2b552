{{/* Ends the rendering with what is wrong, what is accepted, and an example. */}}
{{- define "sluice.checks" -}}
{{- $v := .Values -}}
{{- if not $v.image.repository -}}
{{- fail "image.repository is empty; set it to the image that you pushed, such as --set image.repository=myregistry.azurecr.io/sluice" -}}
{{- end -}}
{{- if and (not $v.storage.accountName) (not $v.storage.connectionSecret.name) -}}
{{- fail "no storage account: set storage.accountName (with identity.clientId), or storage.connectionSecret.name to a Secret with a connection string" -}}
{{- end -}}
{{- if and $v.storage.accountName $v.storage.connectionSecret.name -}}
{{- fail "storage.accountName and storage.connectionSecret.name are both set; the account is reached by identity or by a connection string, not by both" -}}
{{- end -}}
{{- if and $v.storage.accountName (not $v.identity.clientId) -}}
{{- fail "storage.accountName needs an identity: set identity.clientId to the client id of the managed identity that is federated with the service account" -}}
{{- end -}}
{{- if not (has $v.layout (list "per-pipeline" "all-in-one")) -}}
{{- fail (printf "layout is %q; accepted: per-pipeline, all-in-one" $v.layout) -}}
{{- end -}}
{{- if not (or $v.media.enabled $v.blobEvents.enabled $v.share.enabled $v.ingestion.enabled $v.orders.enabled) -}}
{{- fail "no pipeline is enabled: set media.enabled, blobEvents.enabled, share.enabled, ingestion.enabled or orders.enabled" -}}
{{- end -}}
{{- if not (has $v.blobEvents.broker (list "queue" "rabbitmq")) -}}
{{- fail (printf "blobEvents.broker is %q; accepted: queue, rabbitmq" $v.blobEvents.broker) -}}
{{- end -}}
{{- if and $v.blobEvents.enabled (eq $v.blobEvents.broker "rabbitmq") -}}
{{- range $name := list "RABBITMQ_URL" "RABBITMQ_MANAGEMENT_URL" -}}
{{- if not (hasKey $v.secrets $name) -}}
{{- fail (printf "blobEvents.broker=rabbitmq needs secrets.%s, such as { secret: rabbitmq, key: %s }" $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not (has $v.orders.backend (list "queue" "kafka" "eventhub")) -}}
{{- fail (printf "orders.backend is %q; accepted: queue, kafka, eventhub" $v.orders.backend) -}}
{{- end -}}
{{- $orders := merge (dict) $v.orders.settings $v.settings -}}
{{- if and $v.orders.enabled (eq $v.orders.backend "kafka") (not (hasKey $orders "KAFKA_BROKERS")) -}}
{{- fail "orders.backend=kafka needs settings.KAFKA_BROKERS, such as kafka:9092" -}}
{{- end -}}
{{- if and $v.orders.enabled (eq $v.orders.backend "eventhub") -}}
{{- range $name := list "EVENTHUB_NAMESPACE" "EVENTHUB_NAME" -}}
{{- if not (hasKey $orders $name) -}}
{{- fail (printf "orders.backend=eventhub needs settings.%s" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $ingestion := merge (dict) $v.ingestion.settings $v.settings -}}
{{- if $v.ingestion.enabled -}}
{{- range $name := list "COSMOS_ENDPOINT" "AZURE_OPENAI_ENDPOINT" -}}
{{- if not (hasKey $ingestion $name) -}}
{{- fail (printf "ingestion.enabled needs settings.%s: pods share no file, and the image holds no model" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $v.share.enabled -}}
{{- if and (not $v.share.existingClaim) (or (not $v.share.nfs.server) (not $v.share.nfs.path)) -}}
{{- fail "share.enabled needs share.existingClaim, or share.nfs.server and share.nfs.path" -}}
{{- end -}}
{{- if eq $v.layout "all-in-one" -}}
{{- fail "share.enabled needs layout per-pipeline: no other deployment has the share mounted, and it runs one replica without a time limit" -}}
{{- end -}}
{{- end -}}
{{- range $name, $from := $v.secrets -}}
{{- if not (and $from.secret $from.key) -}}
{{- fail (printf "secrets.%s wants { secret: NAME, key: KEY }" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}
