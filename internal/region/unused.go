package region

import (
	"net"
	"net/http"
	"sync"
)

// unusedConns knows the connections that no request has come on. Browsers open some ahead of time, and
// http.Server.Shutdown would wait 5 seconds for a request on each.
type unusedConns struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// track is a http.Server's ConnState.
func (u *unusedConns) track(conn net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if state == http.StateNew {
		u.conns[conn] = struct{}{}
	} else {
		delete(u.conns, conn)
	}
}

// close ends them.
func (u *unusedConns) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for conn := range u.conns {
		_ = conn.Close() // the server hears of it from its own read
	}
}
