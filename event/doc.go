// Package event holds the wire types of the image service: its own JSON event, API Gateway's proxy event, and the error
// kinds, the same in Lambda, over HTTPS and for every client. It imports nothing else of the project.
//
// Pictures travel as base64 text inside JSON. That text holds no escapes, so it is found in the payload and decoded in
// place: a payload of megabytes is copied once, by the network, and never by a JSON library. Parse functions therefore
// take over the payload that they are given: the caller must not use it again, and pictures in the result share its memory.
package event
