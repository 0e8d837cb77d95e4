package region

import (
	"context"
	"io"
	"path/filepath"

	"bluerose/internal/harness/results"
	"bluerose/internal/lambda"
	"bluerose/internal/table"
	"bluerose/internal/table/sqlitetable"
	"bluerose/internal/table/stream"
)

const (
	awsRegion = "us-east-1" // that the region says it is
	accountID = "123456789012"
)

func tableARN(name string) string {
	return "arn:aws:dynamodb:" + awsRegion + ":" + accountID + ":table/" + name
}

// openTables opens the store of the tables, unless one is given, and makes the region's own.
func (r *Region) openTables(ctx context.Context) error {
	if r.tables = r.cfg.Tables; r.tables == nil {
		store, err := sqlitetable.Open(ctx, sqlitetable.Config{Path: filepath.Join(r.cfg.DataDir, "tables.db"), Log: r.cfg.Log})
		if err != nil {
			return err
		}
		r.tables = store
	}
	for _, schema := range []table.Schema{results.Schema(results.Table), results.SummariesSchema()} {
		if err := r.tables.Create(ctx, schema); err != nil {
			return err
		}
	}
	return nil
}

// closeTables closes the store if it is the region's own.
func (r *Region) closeTables() error {
	if own, ok := r.tables.(io.Closer); ok && r.cfg.Tables == nil {
		return own.Close()
	}
	return nil
}

// mapSummaries hands the results' changes to the function summary, where the store has a stream that can be read here.
func (r *Region) mapSummaries() error {
	source, ok := r.tables.(stream.Source)
	if !ok {
		r.cfg.Log.Info("the store of the tables has no stream here; map it to the function summary where it is", "table", results.Table)
		return nil
	}
	cfg := stream.Config{
		Source: source, Table: results.Table, Name: summaryFunctionName, Bisect: true,
		Region: awsRegion, StreamARN: tableARN(results.Table) + "/stream/local", FunctionARN: r.host.ARN(summaryFunctionName, ""),
		Log: r.cfg.Log,
		Invoke: func(ctx context.Context, event []byte) (stream.Outcome, error) {
			result, err := r.host.Invoke(ctx, lambda.Invocation{Function: summaryFunctionName, Payload: event})
			if err != nil {
				return stream.Outcome{}, err
			}
			return stream.Outcome{
				FunctionError: result.FunctionError, Payload: result.Payload, Version: result.ExecutedVersion, RequestID: result.RequestID,
			}, nil
		},
	}
	if target := r.cfg.Async.DeadLetter; target != "" {
		cfg.Discard = func(_ context.Context, record []byte) error {
			_, err := r.host.InvokeAsync(lambda.Invocation{Function: target, Payload: record})
			return err
		}
	}
	var err error
	r.summaries, err = stream.Start(cfg)
	return err
}
