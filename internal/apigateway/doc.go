// Package apigateway is the HTTPS API of the image service: routes, CORS, bounds on bodies, request ids, the access log
// and the metrics. It does what Amazon API Gateway does in AWS, and knows of the function behind it only what the
// interface Function says.
//
// The routes, under the stage (prod):
//
//	POST /prod/ImageProcessingService  the service's JSON event in, its JSON result out
//	GET  /prod/ImageProcessingService  "pong", answered by the function itself
//	POST /prod/images?args=…&output=…  picture bytes in, picture bytes out, through the proxy event of API Gateway
//	GET  /healthz                      that the server is alive
//	GET  /metrics                      metrics in the text format of Prometheus
//
// Failures have the shape {"errorMessage","errorType"} and the status of their kind. What API Gateway itself refuses, a
// route or a method that is not there, is answered in API Gateway's words: 403, {"message":"Missing Authentication Token"}.
//
// A body is read whole into memory that is counted (Config.MaxBodies), and never reaches the function when it is cut off.
package apigateway
