package region

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"bluerose/internal/identity"
	"bluerose/internal/lambda"
	"bluerose/internal/table/dynamoapi"
)

// dynamoTarget begins the X-Amz-Target of DynamoDB's operations.
const dynamoTarget = "DynamoDB_20120810."

// services is the door through which the region's own functions reach its AWS APIs: plain HTTP on loopback, whatever the
// region's address and certificate are, with a key of its own that is good for nothing else and ends with the process.
type services struct {
	key      identity.Key
	listener net.Listener
	server   *http.Server
	served   chan error // holds what ended the server
}

func newServices(ctx context.Context) (*services, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for functions: %w", err)
	}
	return &services{key: identity.NewKey(), listener: listener, served: make(chan error, 1)}, nil
}

// config gives what the function host tells functions.
func (s *services) config() lambda.Services {
	return lambda.Services{Addr: s.listener.Addr().String(), KeyID: s.key.ID, SecretKey: s.key.Secret}
}

func (s *services) serve(cfg Config, handler http.Handler) {
	s.server = cfg.newServer(handler, nil)
	go func() { s.served <- serve(s.server, s.listener) }()
}

// close stops the door. Whoever calls it has ended the functions.
func (s *services) close() error {
	if s.server == nil {
		return s.listener.Close()
	}
	closed := s.server.Close()
	if err := <-s.served; !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(closed, err)
	}
	return closed
}

// awsAPIs gives the region's AWS APIs: Lambda's, which is functionsAPI, by its path, for who signs with one of callers' keys, and those at the root by
// their target: DynamoDB's, for who signs with the owner's key, and others.
func (r *Region) awsAPIs(mux *http.ServeMux, functionsAPI http.Handler, owner, callers identity.Keys, others http.Handler) error {
	functions, err := identity.New(identity.Config{Keys: callers, Service: "lambda", MaxBody: r.cfg.maxPayload()})
	if err != nil {
		return err
	}
	tables, err := identity.New(identity.Config{Keys: owner, Service: "dynamodb", MaxBody: dynamoapi.MaxBody})
	if err != nil {
		return err
	}
	dynamo, err := dynamoapi.New(dynamoapi.Config{Store: r.tables, ARN: tableARN, Log: r.cfg.Log})
	if err != nil {
		return err
	}
	dynamo = tables.Verify(dynamo)
	mux.Handle("/2015-03-31/", functions.Verify(functionsAPI))
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, q *http.Request) {
		if !strings.HasPrefix(q.Header.Get("X-Amz-Target"), dynamoTarget) {
			others.ServeHTTP(w, q)
			return
		}
		dynamo.ServeHTTP(w, q)
	})
	return nil
}
