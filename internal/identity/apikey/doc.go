// Package apikey keeps the API keys of a region: who has one, in which usage plan, and whether it is enabled.
//
// A key is shown once, when it is made, and what is kept of it is a hash, SHA-256. A slow hash, such as one for passwords,
// would protect nothing more: a key is 256 bits of chance, which nobody finds by trying, however fast they may try; it would
// only make every request slow. The key begins with its id, which is no secret and finds its row; the hash is then compared in
// constant time.
//
// The file is SQLite's, and may be open in several processes at once: the command line changes keys while a service serves.
// Every look-up reads the row anew, by a prepared statement on the primary key (10 µs), so that a change counts from the next
// request on and there is no cache to invalidate. A change is a transaction: a process that is killed leaves all of it or
// nothing.
package apikey
