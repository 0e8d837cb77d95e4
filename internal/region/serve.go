package region

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/net/netutil"
)

// TLS says with which certificate a region serves: one in files, or one that an ACME authority gives for Hosts. The zero
// value serves plain HTTP, for this machine alone or behind something that ends TLS.
type TLS struct {
	CertFile, KeyFile string // PEM; read again when they change. The certificate's chain follows it in its file

	// Hosts are the names that certificates are asked for, when a client first asks for one by it. The authority connects
	// to port 443 of each (TLS-ALPN-01): the region must be what answers there. Keys and certificates are in DataDir/acme.
	Hosts     []string
	Email     string // for the authority to write to; default none
	Directory string // URL of the ACME directory; default Let's Encrypt's
	// Client asks the directory; default http.DefaultClient. Tests trust an authority of their own with it.
	Client *http.Client
}

// On reports whether there is TLS at all.
func (t TLS) On() bool { return t.CertFile != "" || len(t.Hosts) > 0 }

func (t TLS) validate() error {
	switch {
	case (t.CertFile == "") != (t.KeyFile == ""):
		return errors.New("TLS takes a certificate and its key: name both files")
	case t.CertFile != "" && len(t.Hosts) > 0:
		return errors.New("TLS takes either a certificate in files or names for ACME, not both")
	case len(t.Hosts) == 0 && (t.Email != "" || t.Directory != ""):
		return errors.New("ACME takes the names that certificates are for")
	}
	return nil
}

// config gives what a server needs, nil for plain HTTP.
func (t TLS) config(dataDir string, log *slog.Logger) (*tls.Config, error) {
	switch {
	case t.CertFile != "":
		files := &certificateFiles{cert: t.CertFile, key: t.KeyFile, log: log}
		if _, err := files.load(); err != nil {
			return nil, err
		}
		return &tls.Config{GetCertificate: files.get, MinVersion: tls.VersionTLS12}, nil
	case len(t.Hosts) > 0:
		manager := &autocert.Manager{
			Prompt:     autocert.AcceptTOS,
			Cache:      autocert.DirCache(filepath.Join(dataDir, "acme")),
			HostPolicy: autocert.HostWhitelist(t.Hosts...),
			Email:      t.Email,
			Client:     &acme.Client{DirectoryURL: t.Directory, HTTPClient: t.Client},
		}
		cfg := manager.TLSConfig()
		cfg.MinVersion = tls.VersionTLS12
		return cfg, nil
	}
	return nil, nil
}

// certificateFiles is a certificate that may be renewed in its files while the region serves.
type certificateFiles struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	times   [2]time.Time // when the files of current were changed
}

// get looks whether the files have changed, which costs little beside a handshake. A pair that is broken, or only half
// renewed, leaves the certificate as it was.
func (c *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	certificate, err := c.load()
	if err != nil && certificate != nil {
		c.log.Error("the renewed certificate cannot be used; the one before serves on", "error", err)
		return certificate, nil
	}
	return certificate, err
}

func (c *certificateFiles) load() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var times [2]time.Time
	for i, path := range []string{c.cert, c.key} {
		info, err := os.Stat(path)
		if err != nil {
			return c.current, fmt.Errorf("the certificate's file: %w", err)
		}
		times[i] = info.ModTime()
	}
	if c.current != nil && times == c.times {
		return c.current, nil
	}
	certificate, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return c.current, fmt.Errorf("the certificate or its key: %w", err)
	}
	c.current, c.times = &certificate, times
	return c.current, nil
}

// listen takes the region's address. More than MaxConns connections wait for one to end.
func (c Config) listen(ctx context.Context) (net.Listener, error) {
	listener, err := c.Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", c.Addr, err)
	}
	return netutil.LimitListener(listener, c.MaxConns), nil
}

// newServer bounds what a connection may cost: the time and the size of headers, the time of a body, of an answer and of
// idleness, and the requests that share a connection of HTTP/2.
func (c Config) newServer(handler http.Handler, tlsConfig *tls.Config) *http.Server {
	unused := &unusedConns{conns: map[net.Conn]struct{}{}}
	server := &http.Server{
		Handler:           handler,
		TLSConfig:         tlsConfig,
		ReadHeaderTimeout: c.HeaderTimeout,
		ReadTimeout:       c.BodyTimeout,
		WriteTimeout:      2*c.BodyTimeout + c.answerTimeout(), // to take the request, to work and to give the answer
		IdleTimeout:       c.IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams, SendPingTimeout: c.IdleTimeout},
		ConnState:         unused.track,
		ErrorLog:          slog.NewLogLogger(c.Log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(unused.close)
	return server
}

// serve runs server until it is shut down.
func serve(server *http.Server, listener net.Listener) error {
	if server.TLSConfig != nil {
		return server.ServeTLS(listener, "", "")
	}
	return server.Serve(listener)
}
