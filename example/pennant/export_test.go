package pennant

// Routes lists what the server answers, as "METHOD /path".
func Routes() []string {
	all := []string{"GET " + prefix + "/stream", "POST /guestright/hooks", "GET /openapi.yaml"}
	for _, r := range table() {
		all = append(all, r.method+" "+prefix+r.path)
	}
	return all
}
