package region_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"bluerose/internal/region"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// writeCertificate writes a fresh certificate for 127.0.0.1 and its key, and gives what trusts it.
func writeCertificate(t *testing.T, certFile, keyFile string, serial int64) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		// Files that are written within one tick of the file system's clock have the same time.
		when := time.Unix(1_700_000_000+serial, 0)
		if err := os.Chtimes(file, when, when); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(certificate)
	return pool
}

// trusting gives a client of HTTP/2 that has no connection yet.
func trusting(t *testing.T, pool *x509.CertPool) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func pong(t *testing.T, client *http.Client, url string) *http.Response {
	t.Helper()
	answer, err := client.Get(url + "/prod/ImageProcessingService")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || string(body) != `"pong"` {
		t.Fatalf("%s, %q, %v", answer.Status, body, err)
	}
	return answer
}

func TestCertificateFiles(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool := writeCertificate(t, certFile, keyFile, 1)
	r := start(t, func(cfg *region.Config) { cfg.TLS = region.TLS{CertFile: certFile, KeyFile: keyFile} })
	if answer := pong(t, trusting(t, pool), r.URL()); answer.ProtoMajor != 2 {
		t.Errorf("the protocol is %s, want HTTP/2", answer.Proto)
	}

	if err := os.WriteFile(certFile, []byte("half a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	pong(t, trusting(t, pool), r.URL()) // the one before serves on

	renewed := writeCertificate(t, certFile, keyFile, 2)
	if answer := pong(t, trusting(t, renewed), r.URL()); answer.TLS.PeerCertificates[0].SerialNumber.Int64() != 2 {
		t.Error("the renewed certificate does not serve")
	}
}

func TestTLSConfig(t *testing.T) {
	for name, c := range map[string]region.TLS{
		"a certificate without its key": {CertFile: "a"},
		"files and ACME":                {CertFile: "a", KeyFile: "b", Hosts: []string{"example.com"}},
		"ACME for nobody":               {Email: "a@example.com"},
	} {
		if err := (region.Config{Command: command, TLS: c}).Validate(); err == nil {
			t.Errorf("%s is valid", name)
		}
	}
	cfg := region.Config{Addr: "127.0.0.1:0", DataDir: t.TempDir(), Command: command, TLS: region.TLS{CertFile: "missing", KeyFile: "missing"}}
	if r, err := region.Start(t.Context(), cfg); err == nil {
		_ = r.Close(context.Background())
		t.Error("a region started without its certificate")
	}
}

// TestACME lets an authority of its own (Let's Encrypt's Pebble) look at the region and give it a certificate.
func TestACME(t *testing.T) {
	const host = "pictures.example.com"
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	number, _ := strconv.Atoi(port)

	logger := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	authority := ca.New(logger, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {ValidityPeriod: 7776000}})
	front := wfe.New(logger, store, va.New(logger, 1, number, false, everyNameIsHere(t), store), authority, nil, false, false, 0, 0)
	server := httptest.NewTLSServer(front.Handler())
	t.Cleanup(server.Close)

	r := start(t, func(cfg *region.Config) {
		cfg.TLS = region.TLS{Hosts: []string{host}, Directory: server.URL + "/dir", Client: server.Client()}
		cfg.Listen = func(context.Context, string, string) (net.Listener, error) { return listener, nil }
	})
	roots := x509.NewCertPool()
	roots.AddCert(authority.GetRootCert(0).Cert)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: host}, DisableKeepAlives: true,
	}}
	pong(t, client, r.URL())
	client.Transport.(*http.Transport).TLSClientConfig.ServerName = "other.example.com"
	if answer, err := client.Get(r.URL()); err == nil {
		answer.Body.Close()
		t.Error("a name that is not in the list was served")
	}
}

// everyNameIsHere starts a name server that knows every name as 127.0.0.1, and gives its address.
func everyNameIsHere(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{Listener: listener, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		answer := new(dns.Msg).SetReply(question)
		if q := question.Question[0]; q.Qtype == dns.TypeA {
			answer.Answer = append(answer.Answer, &dns.A{
				Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(127, 0, 0, 1),
			})
		}
		_ = w.WriteMsg(answer)
	})}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown(); <-ended })
	return listener.Addr().String()
}

// TestSlowClients sends a header, or a body, that never ends.
func TestSlowClients(t *testing.T) {
	r := start(t, func(cfg *region.Config) {
		cfg.HeaderTimeout, cfg.BodyTimeout = 50*time.Millisecond, 100*time.Millisecond
	})
	open := func(text string) net.Conn {
		conn, err := net.Dial("tcp", r.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	header := open("GET /prod/ImageProcessingService HTTP/1.1\r\nHost: a\r\nX-Slow: ")
	if answer, _ := io.ReadAll(header); len(answer) != 0 { // ends when the server closes the connection
		t.Errorf("half a header was answered: %q", answer)
	}
	body := open("POST /prod/ImageProcessingService HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
	answer, err := http.ReadResponse(bufio.NewReader(body), nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusBadRequest {
		t.Errorf("half a body was answered %s", answer.Status)
	}
	pong(t, http.DefaultClient, r.URL())
}

func TestHeaderTooLarge(t *testing.T) {
	r := start(t, nil)
	conn, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// No more than what the server reads before it refuses: bytes left over would reset the connection.
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Large: "+strings.Repeat("a", 36<<10)); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", answer.StatusCode)
	}
}

// TestManyConnections keeps 2,000 connections open; each is answered, and one more beside them.
func TestManyConnections(t *testing.T) {
	r := start(t, nil)
	conns := make([]net.Conn, 2000)
	for i := range conns {
		conn, err := net.Dial("tcp", r.Addr())
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		t.Cleanup(func() { conn.Close() })
		conns[i] = conn
		if _, err := fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	for i, conn := range conns {
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		body, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("ok")) {
			t.Fatalf("connection %d: %s %q", i, answer.Status, body)
		}
	}
	pong(t, http.DefaultClient, r.URL())
}

// TestMaxConns lets one connection in: the second is answered when the first has ended.
func TestMaxConns(t *testing.T) {
	r := start(t, func(cfg *region.Config) { cfg.MaxConns = 1 })
	var conns [2]net.Conn
	for i := range conns {
		conn, err := net.Dial("tcp", r.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		conns[i] = conn
	}
	for i, conn := range conns {
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		if answer.StatusCode != http.StatusOK {
			t.Errorf("connection %d: %s", i, answer.Status)
		}
		conn.Close()
	}
}
