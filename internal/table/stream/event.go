package stream

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"bluerose/event"
	"bluerose/internal/table"
)

// The conditions under which changes are given up, as Lambda words them.
const (
	retriesExhausted = "RetryAttemptsExhausted"
	ageExceeded      = "RecordAgeExceeded"
)

// shard names the one shard that the changes of a table are.
const shard = "shardId-00000000000000000000-00000000"

// streamEvent is the event of DynamoDB Streams.
type streamEvent struct {
	Records []streamRecord
}

type streamRecord struct {
	EventID        string       `json:"eventID"`
	EventName      string       `json:"eventName"`
	EventVersion   string       `json:"eventVersion"`
	EventSource    string       `json:"eventSource"`
	AWSRegion      string       `json:"awsRegion"`
	DynamoDB       streamChange `json:"dynamodb"`
	EventSourceARN string       `json:"eventSourceARN"`
}

type streamChange struct {
	ApproximateCreationDateTime float64 // Unix seconds
	Keys                        json.RawMessage
	NewImage                    json.RawMessage `json:",omitempty"`
	OldImage                    json.RawMessage `json:",omitempty"`
	SequenceNumber              string
	SizeBytes                   int
	StreamViewType              string
}

func (r *reader) event(batch []table.Change) []byte {
	e := streamEvent{Records: make([]streamRecord, len(batch))}
	for i, c := range batch {
		e.Records[i] = streamRecord{
			EventID: r.eventID(c.Sequence), EventName: eventName(c), EventVersion: "1.1", EventSource: "aws:dynamodb",
			AWSRegion: r.Region, EventSourceARN: r.StreamARN, DynamoDB: r.change(c),
		}
	}
	return marshal(e)
}

func eventName(c table.Change) string {
	switch {
	case c.Old == nil:
		return "INSERT"
	case c.New == nil:
		return "REMOVE"
	}
	return "MODIFY"
}

// eventID is the same whenever a change is handed over.
func (r *reader) eventID(sequence int64) string {
	sum := sha256.Sum256([]byte(r.StreamARN + "\x00" + strconv.FormatInt(sequence, 10)))
	return hex.EncodeToString(sum[:16])
}

func (r *reader) change(c table.Change) streamChange {
	keys := table.Item{}
	for _, item := range []table.Item{c.New, c.Old} {
		for _, name := range []string{r.schema.Hash, r.schema.Range} {
			if value, ok := item[name]; ok {
				keys[name] = value
			}
		}
	}
	s := streamChange{
		ApproximateCreationDateTime: float64(c.At.UnixMilli()) / 1000, Keys: image(keys), NewImage: image(c.New), OldImage: image(c.Old),
		SequenceNumber: strconv.FormatInt(c.Sequence, 10), StreamViewType: "NEW_AND_OLD_IMAGES",
	}
	s.SizeBytes = len(s.Keys) + len(s.NewImage) + len(s.OldImage)
	return s
}

func image(item table.Item) json.RawMessage {
	if item == nil {
		return nil
	}
	return marshal(table.Attributes(item))
}

// discardRecord is Lambda's record of a batch that was given up. It says where the changes are in the stream.
type discardRecord struct {
	event.InvocationRecord
	DDBStreamBatchInfo batchInfo
}

type batchInfo struct {
	ShardID                         string `json:"shardId"`
	StartSequenceNumber             string `json:"startSequenceNumber"`
	EndSequenceNumber               string `json:"endSequenceNumber"`
	ApproximateArrivalOfFirstRecord string `json:"approximateArrivalOfFirstRecord"`
	ApproximateArrivalOfLastRecord  string `json:"approximateArrivalOfLastRecord"`
	BatchSize                       int    `json:"batchSize"`
	StreamArn                       string `json:"streamArn"`
}

func (r *reader) record(batch []table.Change, last attempt, condition string) []byte {
	first, end := batch[0], batch[len(batch)-1]
	request := event.RequestContext{
		RequestID: last.outcome.RequestID, FunctionArn: r.FunctionARN, Condition: condition, ApproximateInvokeCount: last.failures,
	}
	var response *event.ResponseContext
	if last.failures > 0 {
		response = &event.ResponseContext{StatusCode: 200, ExecutedVersion: last.outcome.Version, FunctionError: last.outcome.FunctionError}
	}
	return marshal(discardRecord{event.NewInvocationRecord(request, response), batchInfo{
		ShardID: shard, StartSequenceNumber: strconv.FormatInt(first.Sequence, 10), EndSequenceNumber: strconv.FormatInt(end.Sequence, 10),
		ApproximateArrivalOfFirstRecord: event.Timestamp(first.At), ApproximateArrivalOfLastRecord: event.Timestamp(end.At),
		BatchSize: len(batch), StreamArn: r.StreamARN,
	}})
}

func marshal(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // structures of texts, numbers and items
	}
	return text
}
