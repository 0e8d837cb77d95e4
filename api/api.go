// Package api is the one definition of the HTTPS API: openapi.yaml says every route, schema, example, error, access mode,
// validator and integration, in OpenAPI 3.0 with API Gateway's extensions; stages.yaml says what OpenAPI cannot: stages,
// throttles, caches, canaries and usage plans. The local gateway is configured from these two, and clients are generated
// from the first. internal/apigateway/definition reads them.
package api

import _ "embed"

// OpenAPI is openapi.yaml.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Stages is stages.yaml.
//
//go:embed stages.yaml
var Stages []byte
