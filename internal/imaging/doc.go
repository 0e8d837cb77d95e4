// Package imaging is the image service: the seven operations of the event contract, the route that carries plain picture
// bytes, and the command line's convert and identify.
//
// All of them are one thing: an ImageMagick argument list, made from the request (operations.go), parsed by package magick
// and run by an Engine, which package render is. The request's own picture is called "-" in the list. What a list may name
// besides depends on who asks: over the API nothing but built-in pictures, on the command line the user's own files.
//
// A Service answers in three ways: Event takes the service's own JSON, Proxy takes API Gateway's, and Invoke tells the two
// apart and is an aws-lambda-go handler. Errors are *event.Error everywhere; the log has their causes.
package imaging
