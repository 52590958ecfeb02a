// A server and a client of HTTP/2 with Go's own net/http.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == "serve" {
		serve(os.Args[2], os.Args[3])
	} else if len(os.Args) == 5 && os.Args[1] == "call" {
		call(os.Args[2], os.Args[3], os.Args[4])
	} else {
		log.Fatal("usage: serve CERTIFICATE KEY | call ADDRESS HOST AUTHORITY-FILE")
	}
}

// serve echoes bodies, with their sum in a trailer, and prints its port.
func serve(certificate, key string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Target-Proto", r.Proto)
		w.Header().Set("X-Target-Host", r.Host)
		w.Header().Set("Trailer", "X-Sum")
		sum := sha256.New()
		io.Copy(io.MultiWriter(w, sum), r.Body)
		w.Header().Set("X-Sum", hex.EncodeToString(sum.Sum(nil)))
	})
	log.Fatal((&http.Server{Handler: handler}).ServeTLS(listener, certificate, key))
}

type outcome struct {
	Calls       int               `json:"calls"`
	Connections int               `json:"connections"`
	Failures    []string          `json:"failures"`
	Headers     map[string]string `json:"headers"`
}

// call sends bodies of many sizes at once and checks what comes back.
func call(address, host, authority string) {
	pem, err := os.ReadFile(authority)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	var lock sync.Mutex
	result := outcome{Failures: []string{}, Headers: map[string]string{}}
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		lock.Lock()
		result.Connections++
		lock.Unlock()
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	client := &http.Client{Transport: &http.Transport{
		DialContext:       dial,
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2: true,
	}}
	one := func(size int) {
		failure := exchange(client, host, size, func(headers http.Header) {
			lock.Lock()
			defer lock.Unlock()
			for _, name := range []string{"X-Target-Proto", "X-Target-Host"} {
				result.Headers[strings.ToLower(name)] = headers.Get(name)
			}
		})
		lock.Lock()
		defer lock.Unlock()
		result.Calls++
		if failure != "" {
			result.Failures = append(result.Failures, failure)
		}
	}
	// The first one alone, so that the others find its connection.
	one(0)
	var group sync.WaitGroup
	// Fewer than the server's 128 streams, beyond which each call would open a connection.
	places := make(chan struct{}, 100)
	for i := 0; i < 200; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			places <- struct{}{}
			defer func() { <-places }()
			one(i * i * 10)
		}()
	}
	group.Wait()
	json.NewEncoder(os.Stdout).Encode(result)
}

func exchange(client *http.Client, host string, size int, see func(http.Header)) string {
	body := bytes.Repeat([]byte("x"), size)
	response, err := client.Post("https://"+host+"/go/echo", "application/octet-stream", bytes.NewReader(body))
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(body)
	see(response.Header)
	switch {
	case response.ProtoMajor != 2:
		return response.Proto
	case response.StatusCode != 200:
		return response.Status
	case !bytes.Equal(got, body):
		return fmt.Sprintf("%d bytes for %d", len(got), size)
	case response.Trailer.Get("X-Sum") != hex.EncodeToString(sum[:]):
		return "trailer " + response.Trailer.Get("X-Sum")
	}
	return ""
}
