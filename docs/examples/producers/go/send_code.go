// Texts a sign-in code, waits for the outcome, checks what the person types: go run . "+61491570006"
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	time.AfterFunc(5*time.Minute, func() { log.Fatal("not done within 5 minutes") })
	client := must(kgo.NewClient(kgo.SeedBrokers(strings.Split(os.Getenv("KAFKA_BOOTSTRAP"), ",")...),
		kgo.RequiredAcks(kgo.AllISRAcks()) /* idempotent by default */, kgo.ConsumeTopics("sms.delivery-status"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AfterMilli(time.Now().Add(-time.Minute).UnixMilli())))) // so none is missed
	challenge, code, status := rand.Text(), "", map[string]any{}
	data := map[string]string{"environment_id": os.Getenv("ENVIRONMENT_ID"), "connection_id": os.Getenv("CONNECTION_ID"),
		"application_id": os.Getenv("APPLICATION_ID"), "challenge_id": challenge, "purpose": "sign_in", "phone_number": os.Args[1]}
	event := &kgo.Record{Topic: "sms.send-code", Key: []byte(os.Args[1]), Value: must(json.Marshal(data))}
	for name, value := range map[string]string{"ce_specversion": "1.0", "ce_type": "io.sendcode.send-code.v1",
		"ce_source": "/examples/go", "ce_id": rand.Text()} {
		event.Headers = append(event.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	for _, attempt := range []string{"outcome", "retry"} { // the same source and id: one text, one outcome id
		must(client.ProduceSync(context.Background(), event).First())
		for clear(status); status["challenge_id"] != challenge || status["kind"] != "outcome"; {
			fetches := client.PollRecords(context.Background(), 1)
			must(0, fetches.Err())
			fetches.EachRecord(func(record *kgo.Record) { clear(status); json.Unmarshal(record.Value, &status) })
		}
		fmt.Printf("%s: %s %s/outcome\n", attempt, status["status"], status["request_id"])
	}
	if status["status"] != "sent" {
		log.Fatal("not sent: ", status["reason"])
	}
	fmt.Print("code: ")
	must(fmt.Scanln(&code))
	data["code"] = code
	url := os.Getenv("CHECK_URL") + "/v1/challenges/" + challenge + "/check"
	request := must(http.NewRequest(http.MethodPost, url, bytes.NewReader(must(json.Marshal(data)))))
	request.Header = http.Header{"Authorization": {"Bearer " + os.Getenv("API_TOKEN")}, "Content-Type": {"application/json"}}
	answer := must(http.DefaultClient.Do(request))
	must(0, json.NewDecoder(answer.Body).Decode(&status)) // a refusal's status is its HTTP status
	fmt.Println("check:", status["status"])
}
