// Package apigateway is the HTTPS API of the image service: routes, CORS, bounds on bodies, request ids, the access log
// and the metrics. It does what Amazon API Gateway does in AWS, and knows of the function behind it only what the
// interface Function says.
//
// Its routes are those of the definition (internal/apigateway/definition), each in every stage: aws integrations ask
// Function.Invoke, aws_proxy ones Function.Proxy, and mocks answer by themselves. What routes share, such as access, throttles
// and the cache, stands before them as a Decorator. Beside them:
//
//	GET  /openapi.yaml, /openapi.json  the definition
//	GET  /healthz                      that the server is alive
//	GET  /metrics                      metrics in the text format of Prometheus
//
// A request is held against the definition before a function runs: required parameters, Content-Type, the schema of a JSON body.
// Failures have the shape {"errorMessage","errorType"} and the status of their kind. What API Gateway itself refuses, a
// route or a method that is not there, is answered in API Gateway's words: 403, {"message":"Missing Authentication Token"}.
//
// A body is read whole into memory that is counted (Config.MaxBodies), and never reaches the function when it is cut off.
package apigateway
