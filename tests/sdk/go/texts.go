// Texts by Twilio's SDK for Go: one JSON request a line, answered with a line each; see ../sdk_process.py.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Go's own transport, but for the host that it calls.
type sandboxTransport struct {
	host string
	over http.RoundTripper
}

func (t sandboxTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Host == "api.twilio.com" {
		request.URL.Host = t.host
	}
	return t.over.RoundTrip(request)
}

type parameters struct {
	To                  *string    `json:"to"`
	From                *string    `json:"from"`
	MessagingServiceSid *string    `json:"messaging_service_sid"`
	Body                *string    `json:"body"`
	StatusCallback      *string    `json:"status_callback"`
	ValidityPeriod      *int       `json:"validity_period"`
	PageSize            *int       `json:"page_size"`
	Limit               *int       `json:"limit"`
	DateSentAfter       *time.Time `json:"date_sent_after"`
	Sid                 *string    `json:"sid"`
	Outcome             *string    `json:"outcome"`
}

// Every attribute of the SDK's resource, with the type that it has there.
func asFields(resource any) map[string]any {
	out := map[string]any{}
	value := reflect.ValueOf(resource)
	for i := 0; i < value.NumField(); i++ {
		name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
		field := value.Field(i)
		if field.Kind() == reflect.Pointer && field.IsNil() {
			out[name] = map[string]any{"type": "nil", "value": nil}
		} else {
			out[name] = map[string]any{"type": field.Type().String(), "value": field.Interface()}
		}
	}
	return out
}

func answer(service *api.ApiService, do string, given parameters) (any, error) {
	account := os.Getenv("SDK_ACCOUNT")
	if do == "feedback" {
		feedback, err := service.CreateMessageFeedback(*given.Sid, &api.CreateMessageFeedbackParams{PathAccountSid: &account,
			Outcome: given.Outcome})
		if err != nil {
			return nil, err
		}
		return asFields(*feedback), nil
	}
	if do == "send" {
		message, err := service.CreateMessage(&api.CreateMessageParams{PathAccountSid: &account, To: given.To,
			From: given.From, MessagingServiceSid: given.MessagingServiceSid, Body: given.Body,
			StatusCallback: given.StatusCallback, ValidityPeriod: given.ValidityPeriod})
		if err != nil {
			return nil, err
		}
		return asFields(*message), nil
	}
	messages, err := service.ListMessage(&api.ListMessageParams{PathAccountSid: &account, To: given.To,
		DateSentAfter: given.DateSentAfter, PageSize: given.PageSize, Limit: given.Limit})
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, message := range messages {
		out = append(out, asFields(message))
	}
	return out, nil
}

func newService() *api.ApiService {
	certificate, err := os.ReadFile(os.Getenv("SDK_CA_FILE"))
	if err != nil {
		panic(err)
	}
	base, err := url.Parse(os.Getenv("SDK_BASE_URL"))
	if err != nil {
		panic(err)
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(certificate)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}}
	own := &client.Client{
		Credentials: client.NewCredentials(os.Getenv("SDK_USER"), os.Getenv("SDK_PASSWORD")),
		HTTPClient:  &http.Client{Transport: sandboxTransport{base.Host, transport}, Timeout: 20 * time.Second},
	}
	own.SetAccountSid(os.Getenv("SDK_ACCOUNT"))
	return api.NewApiServiceWithClient(own)
}

func main() {
	service := newService()
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var asked struct {
			Do         string
			Parameters parameters
		}
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		out := map[string]any{}
		done, err := answer(service, asked.Do, asked.Parameters)
		var refused *client.TwilioRestError
		if errors.As(err, &refused) {
			out["error"] = map[string]any{"type": fmt.Sprintf("%T", refused), "code": refused.Code, "status": refused.Status,
				"more_info": refused.MoreInfo}
		} else if err != nil {
			panic(err)
		} else {
			out["done"] = done
		}
		line, err := json.Marshal(out)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(line))
	}
}
