package importer

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/guestright/guestright/kit/outbound"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/secret"
	"github.com/guestright/guestright/manifest"
)

// driver knows how a partner lists what it has.
type driver interface {
	// lists are what is asked for, one after another: a request for the page that
	// begins at offset.
	lists() []func(v manifest.Values, offset int) outbound.Request
	// read takes a page of one list over and says how many it held, and of how many.
	read(list int, body []byte, into *found) (held, total int, err error)
	// tags are given to all that is brought in.
	tags(v manifest.Values) []string
}

// drivers are what packages may name.
var drivers = map[string]driver{"split": split{}}

// found is what lists have brought, in order.
type found struct {
	items []Item
	at    map[string]int
}

func (f *found) item(key string) *Item {
	if f.at == nil {
		f.at = map[string]int{}
	}
	i, ok := f.at[key]
	if !ok {
		i = len(f.items)
		f.at[key] = i
		f.items = append(f.items, Item{Key: key, Name: key})
	}
	return &f.items[i]
}

// split reads feature flags from Split (docs.split.io/reference): names, words and
// tags of a workspace, then treatments in one environment.
type split struct{}

const (
	splitBase = "https://api.split.io/internal/api/v2/splits/ws/"
	splitPage = 50
)

func (split) lists() []func(manifest.Values, int) outbound.Request {
	ask := func(v manifest.Values, path string, q url.Values, offset int) outbound.Request {
		q.Set("limit", strconv.Itoa(splitPage))
		q.Set("offset", strconv.Itoa(offset))
		key, _ := v["workspaceApiKey"].(secret.Text)
		return outbound.Request{Method: http.MethodGet, URL: splitBase + url.PathEscape(v.Text("workspaceId")) + path + "?" + q.Encode(),
			Header: http.Header{"Authorization": {"Bearer " + key.Reveal()}, "Accept": {"application/json"}}}
	}
	return []func(manifest.Values, int) outbound.Request{
		func(v manifest.Values, offset int) outbound.Request {
			q := url.Values{}
			if tag := v.Text("splitTag"); tag != "" {
				q.Set("tag", tag)
			}
			return ask(v, "", q, offset)
		},
		func(v manifest.Values, offset int) outbound.Request {
			return ask(v, "/environments/"+url.PathEscape(v.Text("environmentId")), url.Values{}, offset)
		},
	}
}

func (split) read(list int, body []byte, into *found) (int, int, error) {
	var said struct {
		Objects []struct {
			Name        string
			Description string
			Tags        []struct{ Name string }
			Treatments  []struct{ Name string }
		}
		TotalCount int
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return 0, 0, err
	}
	for _, o := range said.Objects {
		if _, known := into.at[o.Name]; o.Name == "" || list > 0 && !known {
			continue // not among those with the tag
		}
		it := into.item(o.Name)
		if list == 0 {
			it.Description = clip(o.Description)
			for _, t := range o.Tags {
				it.Tags = append(it.Tags, t.Name)
			}
			continue
		}
		it.Variations = nil
		for _, t := range o.Treatments {
			it.Variations = append(it.Variations, Variant{Name: t.Name, Value: t.Name})
		}
	}
	return len(said.Objects), said.TotalCount, nil
}

func (split) tags(v manifest.Values) []string {
	if tag := v.Text("ldTag"); tag != "" {
		return []string{tag}
	}
	return nil
}

// finish gives every item a kind and its variations: those that are on and off, or
// have none here, are boolean.
func (f *found) finish(tags []string) {
	for i := range f.items {
		it := &f.items[i]
		for _, tag := range tags {
			if !slices.Contains(it.Tags, tag) {
				it.Tags = append(it.Tags, tag)
			}
		}
		names := map[string]bool{}
		for _, v := range it.Variations {
			names[strings.ToLower(v.Name)] = true
		}
		if it.Kind = "text"; len(names) < 2 || len(names) == 2 && names["on"] && names["off"] {
			it.Kind, it.Variations = "boolean", []Variant{{"On", true}, {"Off", false}}
		}
	}
}

func clip(text string) string {
	text = problem.Words(text)
	if r := []rune(text); len(r) > textMost {
		text = string(r[:textMost])
	}
	return text
}
