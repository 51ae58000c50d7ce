package resourcelink

import (
	"html/template"
	"io"
)

// fragment draws links for a page of the product. It has no script; its rules weigh
// nothing, so that those of the page win.
var fragment = template.Must(template.New("links").Funcs(template.FuncMap{
	// What markdown has made safe.
	"prose": func(p *Prose) template.HTML { return template.HTML(p.HTML) },
}).Parse(`{{define "parts"}}{{range $i, $p := .}}{{if $i}} {{end}}{{if .Bold}}<b>{{end}}{{if .URL}}<a href="{{.URL}}" rel="` + prose.Rel + `">{{template "text" .}}</a>{{else}}{{template "text" .}}{{end}}{{if .Bold}}</b>{{end}}{{end}}{{end -}}
{{define "text"}}{{if .Time}}<time datetime="{{.Time.Format "2006-01-02T15:04:05Z07:00"}}">{{.Text}}</time>{{else}}{{.Text}}{{end}}{{end -}}
<div class="gr-links">
<style>:where(.gr-links) {font: inherit} :where(.gr-link) {display: flex; gap: .75em; margin: .75em 0} :where(.gr-link-image) {width: 2em; height: 2em} :where(.gr-link-avatar) {border-radius: 50%} :where(.gr-link-context) {font-size: .875em; opacity: .8}</style>
{{range .}}<section class="gr-links-group"><h3 class="gr-links-header">{{.Header}}</h3>
{{range .Links}}<article class="gr-link">{{with .Image}}<img class="gr-link-image gr-link-{{.Shape}}" src="{{.URL}}" alt="" referrerpolicy="no-referrer" loading="lazy">{{end}}<div class="gr-link-body">
{{with .Name}}<p class="gr-link-name">{{.}}</p>{{end}}{{with .Title}}<p class="gr-link-title">{{template "parts" .}}</p>{{end}}{{with .Description}}<div class="gr-link-text">{{prose .}}</div>{{end}}{{with .Context}}<p class="gr-link-context">{{template "parts" .}}</p>{{end}}
</div></article>
{{else}}{{with .EmptyTitle}}<p class="gr-links-empty">{{.}}</p>{{end}}{{with .EmptyText}}<div class="gr-links-lead">{{prose .}}</div>{{end}}
{{end}}</section>
{{end}}</div>
`))

func embed(w io.Writer, groups []Group) error { return fragment.Execute(w, groups) }
