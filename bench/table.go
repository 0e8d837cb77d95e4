package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	tableClients = 64      // that put results at the same time
	tableResults = 200_000 // that memory is watched over
	tableBatch   = 25      // results of one BatchWriteItem
	summaryDrain = 5 * time.Minute
)

// measureTables puts results of tests into the table: one at a time, and then so many that memory would show if it grew
// with them, while the function summary handles them.
func measureTables(ctx context.Context, p plan) error {
	at, err := startBluerose(ctx)
	if err != nil {
		return err
	}
	defer at.stop()
	client, err := dynamo(at)
	if err != nil {
		return err
	}
	var iteration atomic.Int64
	put := func(ctx context.Context, _ *server) error {
		_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("results"), Item: testResult("single", iteration.Add(1))})
		return err
	}
	fmt.Printf("%d clients put results of tests, each signed and on the disk before it is accepted\n\n", tableClients)
	fmt.Println("| round | results/s | p50 ms | p99 ms |")
	fmt.Println("| ---: | ---: | ---: | ---: |")
	p.clients = tableClients
	for round := range p.rounds {
		var got figures
		if err := turn(ctx, p, put, at, &got); err != nil {
			return err
		}
		fmt.Printf("| %d | %.0f | %.2f | %.2f |\n", round+1, got.rate(), got.percentile(0.5), got.percentile(0.99))
	}
	return watchMemory(ctx, at, client)
}

func watchMemory(ctx context.Context, at *server, client *dynamodb.Client) error {
	fmt.Printf("\n%d results in batches of %d, and their summary\n\n", tableResults, tableBatch)
	fmt.Println("| results | in the summary | front process MB | summary MB | results/s |")
	fmt.Println("| ---: | ---: | ---: | ---: | ---: |")
	const quarter = tableResults / 4
	for from := 0; from < tableResults; from += quarter {
		begin := time.Now()
		if err := putBatches(ctx, client, int64(from), quarter); err != nil {
			return err
		}
		rate := quarter / time.Since(begin).Seconds()
		summarized, err := summarized(ctx, client)
		if err != nil {
			return err
		}
		fmt.Printf("| %d | %d | %.0f | %.0f | %.0f |\n", from+quarter, summarized, memoryOf(at.cmd.Process.Pid, "VmRSS"), at.summaryMemory(), rate)
	}
	begin := time.Now()
	for n := 0; n < tableResults; {
		var err error
		if n, err = summarized(ctx, client); err != nil {
			return err
		}
		if time.Since(begin) > summaryDrain {
			return fmt.Errorf("%d of %d results are in the summary", n, tableResults)
		}
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Printf("| %d | %d | %.0f | %.0f | |\n\nThe summary had all of them %.1f s after the last one.\n\n", tableResults, tableResults,
		memoryOf(at.cmd.Process.Pid, "VmRSS"), at.summaryMemory(), time.Since(begin).Seconds())
	return nil
}

func putBatches(ctx context.Context, client *dynamodb.Client, from, n int64) error {
	var next atomic.Int64
	next.Store(from)
	var wait sync.WaitGroup
	failed := make(chan error, tableClients)
	for range tableClients / 4 {
		wait.Go(func() {
			for {
				first := next.Add(tableBatch) - tableBatch
				if first >= from+n {
					return
				}
				requests := make([]types.WriteRequest, tableBatch)
				for i := range requests {
					requests[i].PutRequest = &types.PutRequest{Item: testResult("many", first+int64(i))}
				}
				_, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"results": requests}})
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wait.Wait()
	close(failed)
	return <-failed
}

// summarized gives how many results are in the summary.
func summarized(ctx context.Context, client *dynamodb.Client) (int, error) {
	out, err := client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String("summaries"), Key: map[string]types.AttributeValue{"testId": text("many")},
	})
	if err != nil || out.Item == nil {
		return 0, err
	}
	n, ok := out.Item["results"].(*types.AttributeValueMemberN)
	if !ok {
		return 0, fmt.Errorf("the summary has no results")
	}
	return strconv.Atoi(n.Value)
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// testResult gives a result of a usual size.
func testResult(test string, iteration int64) map[string]types.AttributeValue {
	number := func(n int64) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
	}
	return map[string]types.AttributeValue{
		"testId": text(test), "iteration": number(iteration), "result": text("pong"), "passed": &types.AttributeValueMemberBOOL{Value: true},
		"function": text("image"), "version": text("$LATEST"), "region": text("us-east-1"), "coldStart": &types.AttributeValueMemberBOOL{},
		"started":    text(time.Unix(1_800_000_000, iteration*1e6).UTC().Format(time.RFC3339Nano)),
		"durationMs": number(iteration*iteration%997 + 1), "billedMs": number(iteration % 100), "memoryMb": number(1024),
	}
}

// dynamo gives AWS' client of the tables.
func dynamo(at *server) (*dynamodb.Client, error) {
	key, err := at.key()
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &at.base, HTTPClient: at.client,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return key, nil }),
	}), err
}

// summaryMemory gives the resident memory of the function summary, in MB; 0 when it does not run.
func (s *server) summaryMemory() float64 {
	for _, pid := range s.instances() {
		command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if bytes.HasSuffix(command, []byte("\x00summary\x00")) {
			return memoryOf(pid, "VmRSS")
		}
	}
	return 0
}
