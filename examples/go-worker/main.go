// A Backstep worker: the step "charge" of the orchestration "order", DO and UNDO.
//
//	KAFKA_BROKERS=localhost:9092 go run .
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	orchestration = "order"
	step          = "charge"
	replies       = "orchestrator.response.result"
	registrations = "orchestrator.registration"
	// Commands at a time.
	concurrency = 10
)

// message keeps headers and payload as they were written: no number loses a digit.
type message struct {
	Headers map[string]json.RawMessage `json:"headers"`
	Payload json.RawMessage            `json:"payload"`
}

func (m message) text(name string) string {
	var value string
	_ = json.Unmarshal(m.Headers[name], &value)
	return value
}

// charges stands for the worker's own database. What it holds decides, so that a command may come
// twice, and in another order.
type charges struct {
	mutex  sync.Mutex
	done   map[string]json.RawMessage // flowId -> what was replied
	undone map[string]bool
}

func (c *charges) charge(flowID string, payload json.RawMessage) (json.RawMessage, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.undone[flowID] {
		return nil, errors.New("undone already: this DO came too late")
	}
	if result, found := c.done[flowID]; found {
		return result, nil // charged already = success
	}
	var order struct {
		Fail bool `json:"fail"`
	}
	if json.Unmarshal(payload, &order) == nil && order.Fail {
		return nil, errors.New("the card was refused")
	}
	c.done[flowID] = payload
	return payload, nil
}

func (c *charges) refund(flowID string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.done, flowID) // nothing there = success
	c.undone[flowID] = true
}

// answer does the work, and returns the reply: the command's headers with what came of it.
func (c *charges) answer(command message) ([]byte, error) {
	reply := message{Headers: maps.Clone(command.Headers), Payload: json.RawMessage("null")}
	result, err := c.work(command)
	if err != nil {
		reply.Headers["status"] = json.RawMessage("false")
		reply.Headers["errorMessage"], _ = json.Marshal(err.Error())
		return json.Marshal(reply)
	}
	reply.Headers["status"] = json.RawMessage("true")
	if result != nil {
		reply.Payload = result
	}
	return json.Marshal(reply)
}

func (c *charges) work(command message) (json.RawMessage, error) {
	flowID := command.text("flowId")
	if command.text("action") == "UNDO" {
		c.refund(flowID)
		return nil, nil
	}
	deadline, err := time.Parse(time.RFC3339, command.text("deadline"))
	if err == nil && deadline.Before(time.Now()) {
		return nil, errors.New("past its deadline: it may have been undone already")
	}
	return c.charge(flowID, command.Payload)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	topic := fmt.Sprintf("orchestrator.%s.%s.", orchestration, step)
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(brokers(), ",")...),
		kgo.ConsumerGroup("order-worker"),
		kgo.ConsumeTopics(topic+"do", topic+"undo"),
		// Not Kafka's default: a new group reads what was sent before it came.
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		// Only what was marked is committed: commands whose reply was acknowledged.
		kgo.AutoCommitMarks(),
		kgo.BlockRebalanceOnPoll(),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := register(ctx, client); err != nil {
		log.Fatal(err)
	}
	work(ctx, client, &charges{done: map[string]json.RawMessage{}, undone: map[string]bool{}})
	if err := client.CommitMarkedOffsets(context.Background()); err != nil {
		log.Print(err)
	}
}

func brokers() string {
	if given := os.Getenv("KAFKA_BROKERS"); given != "" {
		return given
	}
	return "localhost:9092"
}

// register makes the gateway create the topics of the step; `diagnose` then knows who reads them.
func register(ctx context.Context, client *kgo.Client) error {
	document := fmt.Sprintf(
		`{"payload":{"orchestrationName":%q,"as":"worker","steps":[{"name":%q}]},"headers":{"serviceName":"order-worker"}}`,
		orchestration, step)
	record := &kgo.Record{Topic: registrations, Value: []byte(document)}
	return client.ProduceSync(ctx, record).FirstErr()
}

func work(ctx context.Context, client *kgo.Client, done *charges) {
	for {
		fetches := client.PollRecords(ctx, 10*concurrency)
		if ctx.Err() != nil {
			return
		}
		fetches.EachError(func(topic string, _ int32, err error) { log.Printf("%s: %v", topic, err) })
		var group sync.WaitGroup
		free := make(chan struct{}, concurrency)
		fetches.EachRecord(func(record *kgo.Record) {
			free <- struct{}{}
			group.Go(func() {
				defer func() { <-free }()
				handle(ctx, client, done, record)
			})
		})
		// All of them, before the next ones: then marking the last marks none that is not answered.
		group.Wait()
		if ctx.Err() != nil {
			return
		}
		client.MarkCommitRecords(fetches.Records()...)
		client.AllowRebalance()
	}
}

func handle(ctx context.Context, client *kgo.Client, done *charges, record *kgo.Record) {
	var command message
	if err := json.Unmarshal(record.Value, &command); err != nil || command.text("flowId") == "" {
		log.Printf("passed over: %s at %d is no command: %v", record.Topic, record.Offset, err)
		return
	}
	value, err := done.answer(command)
	if err != nil {
		log.Printf("passed over: %v", err)
		return
	}
	reply := &kgo.Record{Topic: replies, Key: []byte(command.text("flowId")), Value: value}
	for ctx.Err() == nil {
		if err := client.ProduceSync(ctx, reply).FirstErr(); err == nil {
			log.Print(command.text("flowId"), " ", command.text("action"), " ", summary(value))
			return
		} else {
			log.Printf("the reply was not acknowledged, trying again: %v", err)
		}
	}
}

func summary(reply []byte) string {
	if bytes.Contains(reply, []byte(`"status":true`)) {
		return "ok"
	}
	return "failed"
}
