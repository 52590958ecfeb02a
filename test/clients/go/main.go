// Calls the API through aws-sdk-go-v2: one JSON line in, one out. The first line holds the endpoint, the region and the callers' keys.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/vpclattice"
)

type settings struct {
	Endpoint, Region string
	Callers          map[string]struct{ AccessKeyId, SecretAccessKey string }
}

type call struct {
	Api, Operation, Caller string
	Input                  map[string]any
	PageSize               int32
	Surface                bool
}

// object is what is written: members that are nil in Go are left out.
type object = map[string]any

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	var given settings
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &given) != nil {
		log.Fatal("the first line has to hold the settings")
	}
	clients := clientsOf(given)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		asked := call{Api: "lattice", Caller: "owner"}
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(answer(clients, asked)); err != nil {
			log.Fatal(err)
		}
	}
}

func clientsOf(given settings) map[string]any {
	clients := map[string]any{}
	for caller, keys := range given.Callers {
		config := aws.Config{
			Region:           given.Region,
			BaseEndpoint:     &given.Endpoint,
			RetryMaxAttempts: 1,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: keys.AccessKeyId, SecretAccessKey: keys.SecretAccessKey}, nil
			}),
		}
		clients["lattice "+caller] = vpclattice.NewFromConfig(config)
		clients["tagging "+caller] = resourcegroupstaggingapi.NewFromConfig(config)
		clients["acm "+caller] = acm.NewFromConfig(config)
	}
	return clients
}

func answer(clients map[string]any, asked call) object {
	if asked.Surface {
		return surface()
	}
	client := reflect.ValueOf(clients[asked.Api+" "+asked.Caller])
	if asked.PageSize > 0 {
		return collect(client, asked)
	}
	method := client.MethodByName(asked.Operation)
	input := reflect.New(method.Type().In(1).Elem())
	fill(input.Elem(), asked.Input)
	output, err := invoke(method, input)
	if err != nil {
		return failure(err)
	}
	return object{"output": written(output)}
}

// invoke calls an operation or a paginator's NextPage.
func invoke(method reflect.Value, inputs ...reflect.Value) (reflect.Value, error) {
	results := method.Call(append([]reflect.Value{reflect.ValueOf(context.Background())}, inputs...))
	err, _ := results[1].Interface().(error)
	return results[0], err
}

func surface() object {
	operations, pages := []string{}, []string{}
	client := reflect.TypeFor[*vpclattice.Client]()
	for i := range client.NumMethod() {
		// Options() is the client's own; an operation takes a context, its input and options.
		if method := client.Method(i); method.Type.NumIn() == 4 {
			operations = append(operations, method.Name)
		}
	}
	for name := range paginators {
		pages = append(pages, name)
	}
	return object{"operations": operations, "paginators": pages}
}
