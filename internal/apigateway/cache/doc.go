// Package cache keeps answers of the HTTPS API, and gives them again to requests that are the same. It is a decorator of the
// gateway, behind access and throttles: a caller whom nobody has let in gets nothing from it.
//
// # What is the same
//
// The key of an answer is made of everything that the answer depends on, each part with its length before it, so that no
// two requests come to one key by concatenation:
//
//   - the stage, and the build of the function's version (Config.Choose). An alias is resolved first, weights included, and
//     that version is asked then; so key and answer agree. A build that nobody can name is not cached.
//   - method, path (with its slash at the end, if any) and the whole query: every parameter with all its values, in order.
//   - the headers that the definition names as cacheKeyParameters, and Content-Type.
//   - the body: its SHA-256. A form (multipart/form-data) is the list of its parts, header and content, in order; the boundary,
//     which clients draw anew each time, does not count.
//   - what the function is told of the caller (event.Caller.Authorizer), where it is told. Callers of whom it is told nothing share.
//   - the caller's tag: the header X-Bluerose-Tag, a name to purge by.
//
// Other headers do not count. An answer that says it depends on one of them (Vary), that wants not to be kept
// (Cache-Control: no-store, no-cache or private) or that sets a cookie is not kept; nor is any but a 200, nor that to an event
// that pings.
//
// # Where answers are
//
// In memory, bounded by bytes (otter, which keeps what is asked for often), over a folder on the disk, bounded by bytes and
// files, where what was not read for the longest time makes room. A file is written under another name first, and holds a
// checksum: after a crash it is there or it is not, and one that is torn is a miss. Nothing is flushed, because nothing is lost;
// and nobody waits for a write. A disk that is full or gone makes misses, and never an error of a request.
//
// Requests that are the same while the first of them runs wait for its answer; a failure goes to all of them, and is not
// kept. A caller who hangs up leaves the others what they wait for; when nobody waits any more, the function's work ends.
//
// # What callers see
//
// X-Cache is hit, miss or shared (the answer of a request that ran already). A kept answer has a strong ETag, which is the
// digest of its body, Cache-Control with the time that it is kept for, private where its route lets only some in, and its Age.
// If-None-Match of that ETag is answered 304 on GET and HEAD, and 412 on POST, as RFC 9110 (13.1.2) has it for methods that
// are not those two; in either case the body stays where it is.
//
// Cache-Control: no-cache or max-age=0 has the function asked again, of callers who may (event.Caller.MayRefresh, or
// definition.Cache.RefreshByAll); of others it is ignored.
package cache
