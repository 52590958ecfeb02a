// Signs each case of a JSON document with the signer of the AWS SDK for Go, sends it and prints the verdicts as JSON.
// Input: {"host", "region", "service", "credentials", "cases": [...]}.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

type job struct {
	Host        string
	Region      string
	Service     string
	Credentials struct{ AccessKeyID, SecretAccessKey, SessionToken string }
	Cases       []struct {
		Method, Path, Query string
		Headers             map[string]string
	}
}

func main() {
	var work job
	if err := json.NewDecoder(os.Stdin).Decode(&work); err != nil {
		log.Fatal(err)
	}
	keys := aws.Credentials{
		AccessKeyID:     work.Credentials.AccessKeyID,
		SecretAccessKey: work.Credentials.SecretAccessKey,
		SessionToken:    work.Credentials.SessionToken,
	}
	verdicts := []string{}
	for _, one := range work.Cases {
		path, err := url.PathUnescape(one.Path)
		if err != nil {
			log.Fatal(err)
		}
		// Path and RawPath together keep the escapes as they are, and a leading // from being read as a host.
		target := &url.URL{Scheme: "http", Host: work.Host, Path: path, RawPath: one.Path, RawQuery: one.Query}
		request := &http.Request{Method: one.Method, URL: target, Host: work.Host, Header: http.Header{}}
		for name, value := range one.Headers {
			request.Header.Set(name, value)
		}
		request.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
		signer := v4.NewSigner()
		err = signer.SignHTTP(context.Background(), keys, request, "UNSIGNED-PAYLOAD", work.Service, work.Region, time.Now())
		if err != nil {
			log.Fatal(err)
		}
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			log.Fatal(err)
		}
		response.Body.Close()
		verdicts = append(verdicts, response.Header.Get("X-Verdict"))
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		log.Fatal(err)
	}
}
