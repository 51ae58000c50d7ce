package webhook

import (
	"math"
	"time"

	"github.com/uptrace/bun"

	"github.com/guestright/guestright/access"
	"github.com/guestright/guestright/event"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/kit/store"
	"github.com/guestright/guestright/webhook/broker"
)

// kept is a secret as stored.
type kept struct {
	Sealed  string       `json:"sealed"`
	Hint    string       `json:"hint"`
	Created store.Micros `json:"created"`
	Ends    store.Micros `json:"ends"`
}

type endpointRow struct {
	bun.BaseModel `bun:"table:webhook_endpoint,alias:e"`

	ID          ID `bun:",pk"`
	Application string
	GroupID     string
	GrantID     string
	Account     string
	Holder      string
	URL         string
	Description string
	State       Switch
	Reason      string
	Ordered     store.Bool
	Concurrency int
	Rate        int
	Signature   Signature
	Body        string
	Username    string
	Password    string
	Secrets     []kept `bun:"type:text"`
	CreatedBy   string
	Created     store.Micros
	Revision    int64
	Maker       string
	Ref         string
}

func (e *Endpoint) row() *endpointRow {
	secrets := make([]kept, len(e.Secrets))
	for i, s := range e.Secrets {
		secrets[i] = kept{Sealed: s.sealed, Hint: s.Hint, Created: store.At(s.Created), Ends: store.At(s.Ends)}
	}
	return &endpointRow{ID: e.ID, Application: e.Application, GroupID: e.Group, GrantID: e.Grant, Account: e.Account, Holder: e.holder, URL: e.URL,
		Description: e.Description, State: e.State, Reason: e.Reason, Ordered: store.Bool(e.Ordered), Concurrency: e.Concurrency, Rate: e.Rate, Signature: e.Signature, Body: e.Body, Username: e.Username, Password: e.password, Secrets: secrets,
		CreatedBy: e.CreatedBy, Created: store.At(e.Created), Revision: e.revision, Maker: e.Maker, Ref: e.ref}
}

func (r *endpointRow) endpoint() Endpoint {
	secrets := make([]Signing, len(r.Secrets))
	for i, s := range r.Secrets {
		secrets[i] = Signing{Hint: s.Hint, Created: s.Created.Time(), Ends: s.Ends.Time(), sealed: s.Sealed}
	}
	return Endpoint{ID: r.ID, Application: r.Application, Group: r.GroupID, Grant: r.GrantID, Account: r.Account, holder: r.Holder, URL: r.URL,
		Description: r.Description, State: r.State, Reason: r.Reason, Ordered: bool(r.Ordered), Concurrency: r.Concurrency, Rate: r.Rate, Signature: r.Signature, Body: r.Body, Secrets: secrets,
		Kind: broker.Name(r.URL), Username: r.Username, HasPassword: r.Password != "", password: r.Password,
		CreatedBy: r.CreatedBy, Created: r.Created.Time(), Circuit: Circuit{State: Closed}, revision: r.Revision, Maker: r.Maker, ref: r.Ref}
}

func insertEndpoint(tx *store.Tx, e *Endpoint) error {
	_, err := tx.NewInsert().Model(e.row()).Exec(tx.Ctx)
	return err
}

// saveEndpoint writes e if nobody else did since it was loaded.
func saveEndpoint(tx *store.Tx, e *Endpoint) error {
	r := e.row()
	r.Revision++
	res, err := tx.NewUpdate().Model(r).WherePK().Where("revision = ?", e.revision).Exec(tx.Ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return problem.Conflict("webhook_changed", "The endpoint has changed meanwhile. Read it again.").Because(err)
	}
	e.revision++
	return nil
}

func deleteEndpoint(tx *store.Tx, id ID) error {
	err := log.Up(tx, id.String(), 0, math.MaxInt, func(blocks []int64, _ int) (int, error) {
		in := " webhook_delivery WHERE " + store.InBlocks("d", blocks) + " AND endpoint = ?"
		for _, q := range []string{"DELETE FROM webhook_attempt WHERE delivery IN (SELECT d FROM" + in + ")", "DELETE FROM" + in} {
			if _, err := tx.ExecContext(tx.Ctx, q, id); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
	if err != nil {
		return err
	}
	for _, q := range []string{
		"DELETE FROM webhook_shelf WHERE owner = ?",
		"DELETE FROM webhook_test WHERE endpoint = ?", "DELETE FROM webhook_subscription WHERE endpoint = ?", "DELETE FROM webhook_circuit WHERE endpoint = ?",
		"DELETE FROM webhook_count WHERE endpoint = ?", "DELETE FROM webhook_replay WHERE endpoint = ?", "DELETE FROM webhook_endpoint WHERE id = ?",
	} {
		if _, err := tx.ExecContext(tx.Ctx, q, id); err != nil {
			return err
		}
	}
	return nil
}

func endpoints(tx *store.Tx, where string, args ...any) ([]Endpoint, error) {
	var rows []endpointRow
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("e.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Endpoint, len(rows))
	ids := make([]string, len(rows))
	for i := range rows {
		out[i] = rows[i].endpoint()
		ids[i] = out[i].ID.String()
	}
	states, err := circuits(tx, ids)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if c, ok := states[out[i].ID.String()]; ok {
			out[i].Circuit = c
		}
	}
	return out, nil
}

func findEndpoint(tx *store.Tx, id ID) (Endpoint, error) {
	got, err := endpoints(tx, "e.id = ?", id)
	if err == nil && len(got) == 0 {
		err = problem.NotFound("webhook endpoint")
	}
	if err != nil {
		return Endpoint{}, err
	}
	return got[0], nil
}

type circuitRow struct {
	bun.BaseModel `bun:"table:webhook_circuit,alias:c"`

	Endpoint string `bun:",pk"`
	State    CircuitState
	Failures int
	Since    store.Micros
	Opened   store.Micros
	Probes   int
	Probe    store.Micros
	Told     int
	Success  store.Micros
}

func circuits(tx *store.Tx, ids []string) (map[string]Circuit, error) {
	out := map[string]Circuit{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []circuitRow
	if err := tx.NewSelect().Model(&rows).Where("c.endpoint IN (?)", bun.In(ids)).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r.Endpoint] = Circuit{State: r.State, Failures: r.Failures, Since: r.Since.Time(), Opened: r.Opened.Time(), Probe: r.Probe.Time(), Success: r.Success.Time(),
			probes: r.Probes, told: r.Told}
	}
	return out, nil
}

func saveCircuit(tx *store.Tx, endpoint string, c Circuit) error {
	_, err := tx.NewInsert().Model(&circuitRow{Endpoint: endpoint, State: c.State, Failures: c.Failures, Since: store.At(c.Since), Opened: store.At(c.Opened),
		Probes: c.probes, Probe: store.At(c.Probe), Told: c.told, Success: store.At(c.Success)}).
		On("CONFLICT (endpoint) DO UPDATE").
		Set("state = EXCLUDED.state, failures = EXCLUDED.failures, since = EXCLUDED.since, opened = EXCLUDED.opened, probes = EXCLUDED.probes, probe = EXCLUDED.probe, told = EXCLUDED.told, success = EXCLUDED.success").
		Exec(tx.Ctx)
	return err
}

type subscriptionRow struct {
	bun.BaseModel `bun:"table:webhook_subscription,alias:s"`

	ID       SubscriptionID `bun:",pk"`
	Endpoint string
	Types    []string `bun:"type:text"`
	Account  string
	Filter   access.Policy `bun:"type:text"`
	Enabled  store.Bool
	Created  store.Micros
}

func (s *Subscription) row() *subscriptionRow {
	if s.Filter == nil {
		s.Filter = access.Policy{}
	}
	return &subscriptionRow{ID: s.ID, Endpoint: s.Endpoint, Types: s.Types, Account: s.Account, Filter: s.Filter, Enabled: store.Bool(s.Enabled), Created: store.At(s.Created)}
}

func putSubscription(tx *store.Tx, s *Subscription) error {
	_, err := tx.NewInsert().Model(s.row()).On("CONFLICT (id) DO UPDATE").
		Set("types = EXCLUDED.types, account = EXCLUDED.account, filter = EXCLUDED.filter, enabled = EXCLUDED.enabled").Exec(tx.Ctx)
	return err
}

func deleteSubscription(tx *store.Tx, id SubscriptionID) error {
	_, err := tx.NewDelete().Model((*subscriptionRow)(nil)).Where("id = ?", id).Exec(tx.Ctx)
	return err
}

func subscriptions(tx *store.Tx, where string, args ...any) ([]Subscription, error) {
	var rows []subscriptionRow
	if err := tx.NewSelect().Model(&rows).Where(where, args...).Order("s.id").Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Subscription, len(rows))
	for i, r := range rows {
		out[i] = Subscription{ID: r.ID, Endpoint: r.Endpoint, Types: r.Types, Account: r.Account, Filter: r.Filter, Enabled: bool(r.Enabled), Created: r.Created.Time()}
		if len(r.Filter) > 0 {
			rules, err := r.Filter.Compile(nil)
			if err != nil {
				return nil, err
			}
			out[i].filter = access.Layer{rules}
		}
	}
	return out, nil
}

// log finds the deliveries of one endpoint.
var log = store.Owned{Table: "webhook_delivery", Number: "d", Owner: "endpoint", Counter: "d", Directory: "webhook_shelf", Progress: "webhook_progress"}

type deliveryRow struct {
	bun.BaseModel `bun:"table:webhook_delivery,alias:d"`

	D        int64 `bun:",pk"`
	Endpoint string
	EventN   int64 `bun:"event_n"`
	Account  string
	GrantID  string
	Type     string
	Ordering string
	State    State
	Reason   string
	Attempts int
	Step     int
	Due      store.Micros
	Status   int
	Failure  string
	Created  store.Micros
	Updated  store.Micros
}

func (d *Delivery) row() *deliveryRow {
	return &deliveryRow{D: d.d, Endpoint: d.Endpoint, EventN: d.n, Account: d.Account, GrantID: d.Grant, Type: d.Type, Ordering: d.ordering, State: d.State,
		Reason: d.Reason, Attempts: d.Attempts, Step: d.step, Due: store.At(d.Due), Status: d.Status, Failure: d.Failure, Created: store.At(d.Created), Updated: store.At(d.Updated)}
}

func (r *deliveryRow) delivery() Delivery {
	return Delivery{ID: ident.Numbered[Delivery](r.D, r.Created.Time()), Endpoint: r.Endpoint, Account: r.Account, Grant: r.GrantID, Type: r.Type, Test: r.EventN >= testBase, State: r.State, Reason: r.Reason,
		Attempts: r.Attempts, Due: r.Due.Time(), Status: r.Status, Failure: r.Failure, Created: r.Created.Time(), Updated: r.Updated.Time(),
		d: r.D, n: r.EventN, step: r.Step, ordering: r.Ordering}
}

func made(rows []deliveryRow) []Delivery {
	out := make([]Delivery, len(rows))
	for i := range rows {
		out[i] = rows[i].delivery()
	}
	return out
}

func findDelivery(tx *store.Tx, id DeliveryID) (Delivery, error) {
	var r deliveryRow
	err := tx.NewSelect().Model(&r).Where("d.d = ?", id.Number()).Scan(tx.Ctx)
	if store.IsNone(err) {
		return Delivery{}, problem.NotFound("delivery")
	}
	if err != nil {
		return Delivery{}, err
	}
	d := r.delivery()
	if d.ID != id {
		return Delivery{}, problem.NotFound("delivery")
	}
	return d, nil
}

// saveDelivery says false when the delivery has gone with its endpoint.
func saveDelivery(tx *store.Tx, d *Delivery) (bool, error) {
	r := d.row()
	res, err := tx.Exec("UPDATE webhook_delivery SET state = ?, reason = ?, attempts = ?, step = ?, due = ?, status = ?, failure = ?, updated = ? WHERE d = ? AND endpoint = ? AND event_n = ?",
		string(r.State), r.Reason, r.Attempts, r.Step, r.Due, r.Status, r.Failure, r.Updated, r.D, r.Endpoint, r.EventN)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// insertDeliveries gives new deliveries their numbers, which no other had or will
// have, and adds their rows. The caller holds the lock on new rows.
func insertDeliveries(tx *store.Tx, fresh []*Delivery) error {
	if len(fresh) == 0 {
		return nil
	}
	// First of all, so that a transaction that began before another gave numbers out
	// is tried again (PostgreSQL, serializable).
	if _, err := tx.Exec("UPDATE webhook_progress SET n = n + ? WHERE name = 'last'", len(fresh)); err != nil {
		return err
	}
	var last int64
	if err := tx.One("SELECT n FROM webhook_progress WHERE name = 'last'", nil, &last); err != nil {
		return err
	}
	last -= int64(len(fresh))
	rows := make([]*deliveryRow, len(fresh))
	for i, d := range fresh {
		last++
		d.d = last
		rows[i] = d.row()
	}
	return store.InsertAll(tx, rows)
}

// dueAt reads waiting deliveries of an endpoint up to a time, those first that
// have waited longest.
func dueAt(tx *store.Tx, endpoint string, now time.Time, most int) ([]Delivery, error) {
	var rows []deliveryRow
	err := tx.NewSelect().Model(&rows).Where("d.endpoint = ? AND d.state = ? AND d.due <= ?", endpoint, Waiting, store.At(now)).Order("d.due", "d.event_n").Limit(int64(most)).Scan(tx.Ctx)
	return made(rows), err
}

// nextDues gives when each endpoint's first waiting delivery is due.
func nextDues(tx *store.Tx) (map[string]time.Time, error) {
	var rows []struct {
		Endpoint string
		Due      store.Micros
	}
	err := tx.NewRaw("SELECT endpoint, MIN(due) AS due FROM webhook_delivery WHERE state = 'waiting' GROUP BY endpoint").Scan(tx.Ctx, &rows)
	out := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		out[r.Endpoint] = r.Due.Time()
	}
	return out, err
}

// heldKeys gives the ordering keys of an endpoint that wait, and until when.
func heldKeys(tx *store.Tx, endpoint string) (map[string]time.Time, error) {
	var rows []struct {
		Ordering string
		Due      store.Micros
	}
	err := tx.NewRaw("SELECT ordering, MAX(due) AS due FROM webhook_delivery WHERE endpoint = ? AND state = 'waiting' AND ordering <> '' GROUP BY ordering", endpoint).Scan(tx.Ctx, &rows)
	out := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		out[r.Ordering] = r.Due.Time()
	}
	return out, err
}

// pair is an event for an endpoint.
type pair struct {
	EventN   int64 `bun:"event_n"`
	Endpoint string
}

// recorded lists what has a row behind a number of the log.
func recorded(tx *store.Tx, behind, upTo int64) (map[pair]bool, error) {
	var rows []pair
	err := tx.NewRaw("SELECT event_n, endpoint FROM webhook_delivery WHERE event_n > ? AND event_n <= ?", behind, upTo).Scan(tx.Ctx, &rows)
	out := make(map[pair]bool, len(rows))
	for _, r := range rows {
		out[r] = true
	}
	return out, err
}

type attemptRow struct {
	bun.BaseModel `bun:"table:webhook_attempt,alias:a"`

	A        int64 `bun:",pk,autoincrement"`
	Delivery int64
	Number   int
	At       store.Micros
	Took     int64
	Status   int
	Failure  string
	Probe    store.Bool
	Answer   string
	Cut      store.Bool
}

func attempts(tx *store.Tx, d int64) ([]Attempt, error) {
	var rows []attemptRow
	if err := tx.NewSelect().Model(&rows).Where("a.delivery = ?", d).Order("a.a").Limit(200).Scan(tx.Ctx); err != nil {
		return nil, err
	}
	out := make([]Attempt, len(rows))
	for i, r := range rows {
		out[i] = Attempt{Number: r.Number, At: r.At.Time(), Took: float64(r.Took) / 1000, Status: r.Status, Failure: r.Failure, Probe: bool(r.Probe), Answer: r.Answer, Cut: bool(r.Cut)}
	}
	return out, nil
}

// receiver is who receives in an account: an endpoint under a grant.
type receiver struct {
	Endpoint string
	GrantID  string
}

func receivers(tx *store.Tx, account string) ([]receiver, error) {
	var rows []receiver
	err := tx.NewRaw("SELECT e.id AS endpoint, g.id AS grant_id FROM grant_grant AS g JOIN webhook_endpoint AS e ON e.grant_id = g.id AND e.grant_id <> '' "+ // as its index has it
		"WHERE g.account = ? AND g.state <> 'ended' AND e.state = 'enabled' UNION ALL "+
		"SELECT e.id AS endpoint, MAX(g.id) AS grant_id FROM grant_grant AS g JOIN webhook_endpoint AS e ON e.application = g.application AND e.application <> '' "+
		"WHERE g.account = ? AND g.kind = 'installation' AND e.state = 'enabled' GROUP BY e.id ORDER BY endpoint", account, account).Scan(tx.Ctx, &rows)
	return rows, err
}

// installedIn reports whether an application has a grant of an installation in
// an account.
func installedIn(tx *store.Tx, application, account string) (bool, error) {
	var n int
	err := tx.NewRaw("SELECT COUNT(*) FROM grant_grant WHERE application = ? AND account = ? AND kind = 'installation' AND state <> 'ended'", application, account).Scan(tx.Ctx, &n)
	return n > 0, err
}

// rowsOf gives what an endpoint has of events, by their numbers.
func rowsOf(tx *store.Tx, endpoint ID, numbers []int64) (map[int64]deliveryRow, error) {
	var rows []deliveryRow
	err := tx.NewSelect().Model(&rows).Where("d.endpoint = ? AND d.event_n IN (?)", endpoint, bun.In(numbers)).Scan(tx.Ctx)
	out := make(map[int64]deliveryRow, len(rows))
	for _, r := range rows {
		out[r.EventN] = r
	}
	return out, err
}

// eventsOf reads the events of deliveries by their numbers.
func eventsOf(tx *store.Tx, ds []Delivery) (map[int64]*event.Event, error) {
	var logged, tests []int64
	for _, d := range ds {
		if d.n >= testBase {
			tests = append(tests, d.n)
		} else {
			logged = append(logged, d.n)
		}
	}
	got, err := event.ByNumbers(tx, logged)
	if err != nil {
		return nil, err
	}
	made, err := testsByNumbers(tx, tests)
	out := make(map[int64]*event.Event, len(ds))
	for _, e := range append(got, made...) {
		out[e.N] = e
	}
	return out, err
}

// nextDue is when the first delivery of an endpoint behind a time is due; zero:
// none waits.
func nextDue(tx *store.Tx, endpoint string, behind time.Time) (time.Time, error) {
	var due store.Micros
	err := tx.NewRaw("SELECT COALESCE(MIN(due), 0) FROM webhook_delivery WHERE endpoint = ? AND state = 'waiting' AND due > ?", endpoint, store.At(behind)).Scan(tx.Ctx, &due)
	return due.Time(), err
}
