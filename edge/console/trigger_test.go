package console_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

const darkMode = "proj/web:env/production:flag/dark-mode"

var (
	triggerAddress = regexp.MustCompile(`/configurations/cfg_[0-9a-z]{26}/triggers/trg_[0-9a-z]{26}`)
	secretAddress  = regexp.MustCompile(`https://guestright\.example/triggers/[A-Za-z0-9_-]+`)
)

// set is a configuration whose triggers are looked at.
func (b board) set(t *testing.T) string {
	t.Helper()
	return configurationAddress.FindString(b.admin.submit(b.base+"/new", b.base+"/new", b.filled()...).led(t, "/configurations/"))
}

// fired calls a trigger's address as the service does.
func (b board) fired(t *testing.T, address, body string) error {
	t.Helper()
	_, err := b.Triggers.Fire(t.Context(), address[strings.LastIndexByte(address, '/')+1:], http.Header{}, []byte(body))
	return err
}

// An administrator makes a trigger, sees its address once, sees who called it,
// gives it another address, switches it off and deletes it.
func TestAnAdministratorMakesATrigger(t *testing.T) {
	b := newBoard(t)
	one := b.set(t)
	b.admin.get(one).has(t, "Its triggers")
	list := one + "/triggers"
	b.admin.get(list).has(t, "No trigger yet", "a flag that an alert turns off")
	b.admin.submit(list+"/new", list+"/new", "subject", "proj/web", "instruction", "turn_off").has(t, "no instruction for resources of this kind")
	wrong := b.admin.submit(list+"/new", list+"/new", "subject", darkMode, "instruction", "explode", "description", "Latency alert").has(t, "One of")
	if !strings.Contains(wrong.body, `value="`+darkMode) || !strings.Contains(wrong.body, `value="Latency alert`) {
		t.Error("what was typed is lost")
	}
	made := b.admin.submit(list+"/new", list+"/new", "subject", darkMode, "instruction", "turn_off", "description", "Latency alert").has(t, "Copy the address now", "curl -X POST")
	address, at := secretAddress.FindString(made.body), triggerAddress.FindString(made.body)
	if address == "" || at == "" {
		t.Fatalf("no address on the page: %s", made.text())
	}
	if got := b.admin.get(at).has(t, "Nobody has called it yet", "Latency alert"); strings.Contains(got.body, address) {
		t.Error("the address is shown again")
	}
	if err := b.fired(t, address, `{"event": "High load", "value": "0.93"}`); err != nil {
		t.Fatal(err)
	}
	if err := b.fired(t, address, `{"event": "a test"}`); err != nil {
		t.Fatal(err)
	}
	b.admin.get(at).has(t, "High load", "0.93", "Waits for the product", "A test")
	b.admin.get(list).has(t, darkMode, "On")
	b.admin.submit(at, at, "instruction", "turn_on", "description", "Deployed").led(t, at)
	b.admin.get(at).has(t, "Deployed")
	next := secretAddress.FindString(b.admin.submit(at+"/cycle", at+"/cycle").has(t, "Copy the address now").body)
	if err := b.fired(t, address, `{}`); err == nil {
		t.Error("the old address still works")
	}
	if err := b.fired(t, next, `{}`); err != nil {
		t.Error(err)
	}
	b.admin.submit(at, at+"/switch").led(t, at)
	b.admin.get(at).has(t, "Switch on")
	if err := b.fired(t, next, `{}`); err == nil {
		t.Error("the address of a trigger that is off works")
	}
	b.admin.submit(one, one+"/switch").led(t, one)
	b.admin.get(list).has(t, "Triggers rest.")
	if a := b.dev.get(at); a.StatusCode != http.StatusNotFound {
		t.Errorf("a developer reads the customer's trigger: %d", a.StatusCode)
	}
	b.admin.submit(at+"/delete", at+"/delete").led(t, list)
	if a := b.admin.get(at); a.StatusCode != http.StatusNotFound {
		t.Error(a.StatusCode)
	}
}

func TestTriggerPagesAreSound(t *testing.T) {
	b := newBoard(t)
	list := b.set(t) + "/triggers"
	at := b.browser(b.admin)
	at.Goto(b.URL + list)
	at.Look("triggers-empty")
	at.Goto(b.URL + list + "/new")
	at.Look("trigger-new")
	made := b.admin.submit(list+"/new", list+"/new", "subject", darkMode, "instruction", "turn_off", "description", "Latency alert")
	one := triggerAddress.FindString(made.body)
	if err := b.fired(t, secretAddress.FindString(made.body), `{"event": "High load", "value": "0.93"}`); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"triggers": list, "trigger": one, "trigger-cycle": one + "/cycle", "trigger-delete": one + "/delete"} {
		at.Goto(b.URL + path)
		at.Look(name)
	}
}
