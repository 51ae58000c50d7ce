package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sink answers every delivery, and says how many there were when it is asked.
func sink() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var got atomic.Int64
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); err != nil || n < 900 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		got.Add(1)
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = io.WriteString(w, `{"ok":true}`) // who delivers sees what is missing
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	context.AfterFunc(ctx, func() { _ = srv.Close() }) // nobody waits for what is under way
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			fmt.Println(got.Load())
		}
	}()
	if err := srv.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// flying is how many requests are under way at one time.
const flying = 64

// loop posts as many signed events as it is asked to, again and again, and says
// how many seconds that took: http.Client, and nothing else.
func loop(args []string) error {
	flags := flag.NewFlagSet("loop", flag.ContinueOnError)
	to := flags.String("sink", "", "host:port")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	client := &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: flying, MaxConnsPerHost: flying}}
	fmt.Println("ready")
	lines := make(chan string)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- in.Text()
		}
	}()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	body := envelope()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			n, err := strconv.Atoi(line)
			if !ok || err != nil {
				return err
			}
			begun := time.Now()
			var next, failed atomic.Int64
			var work sync.WaitGroup
			for range flying {
				work.Go(func() {
					for i := next.Add(1); i <= int64(n); i = next.Add(1) {
						if post(client, "http://"+*to+"/hook", key, i, body) != nil {
							failed.Add(1)
						}
					}
				})
			}
			work.Wait()
			if failed.Load() > 0 {
				return fmt.Errorf("%d posts failed", failed.Load())
			}
			fmt.Println(time.Since(begun).Seconds())
		}
	}
}

// post signs as Standard Webhooks say and sends once.
func post(client *http.Client, url string, key []byte, n int64, body []byte) error {
	id, stamp := fmt.Sprintf("evt_%027d", n), strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, id+"."+stamp+".") // a hash takes everything
	mac.Write(body)
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header["Content-Type"] = []string{"application/json"}
	req.Header["User-Agent"] = []string{"Guestright-Webhooks"}
	req.Header["Webhook-Id"], req.Header["Webhook-Timestamp"] = []string{id}, []string{stamp}
	req.Header["Webhook-Signature"] = []string{"v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))}
	return done(client, req, http.StatusOK)
}

// data is what an event holds: with its envelope about 1 KB.
var data = `{"text":"` + strings.Repeat("x", 780) + `"}`

// envelope is a body as the house sends it.
func envelope() []byte {
	return []byte(`{"id":"evt_06fpdqsj9cgjv4k1q8n0d2xa3m","type":"item.changed","version":1,"timestamp":"2026-11-29T05:50:00.123456Z","account":"acc_06fpdqsj9cgjv4k1q8n0d2xa3m",` +
		`"account_key":"account-17","sequence":123456,"source_id":"ord-000000000123456","data":` + data + `}`)
}
