package quota

import "time"

// Limits is what holds for a group.
type Limits struct {
	Group  string      `json:"group"`
	Plan   string      `json:"plan" doc:"Name of the plan that is in force."`
	Label  string      `json:"label"`
	Source Source      `json:"source" enum:"default,plan" doc:"default: nobody assigned a plan."`
	Limits []LimitView `json:"limits" nullable:"false"`
}

// LimitView is one limit as people and programs read it.
type LimitView struct {
	Name      string     `json:"name" doc:"Name in the RateLimit fields; sites for installations."`
	Unit      string     `json:"unit" enum:"calls,installations"`
	Scope     Scope      `json:"scope" enum:"group,application,account,key" doc:"Whose calls are counted together; account: one application in one account."`
	Value     int64      `json:"value"`
	Used      int64      `json:"used" doc:"How much is used now; of a narrower scope, by the one that used most. Short limits as this node counts them."`
	Remaining int64      `json:"remaining"`
	Source    Source     `json:"source" enum:"default,plan,grant" doc:"Where the value comes from."`
	Plan      string     `json:"plan" doc:"The plan that defines the limit."`
	Window    string     `json:"window,omitempty" doc:"Length of the period: 10s, 24h0m0s or month."`
	Seconds   int64      `json:"window_seconds,omitempty"`
	Mode      Mode       `json:"mode" enum:"reject,delay"`
	Shape     Shape      `json:"shape,omitempty" enum:"rolling,gcra,fixed,month"`
	Soft      int64      `json:"soft,omitempty" doc:"A notice is sent when this much is used."`
	Contract  int64      `json:"contract,omitempty" doc:"Calls above this count as overage."`
	Overage   int64      `json:"overage,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Since     *time.Time `json:"effective_from,omitempty" doc:"Absent: since the group exists."`
	Until     *time.Time `json:"effective_until,omitempty" doc:"Absent: no end is set."`
	Resets    *time.Time `json:"resets_at,omitempty" doc:"When the open window ends; absent when none is open."`
}

func (e *Effective) view(group string, rows map[bucketKey]record, installed int64, now time.Time) Limits {
	out := Limits{Group: group, Plan: e.Plan.Name, Label: e.Plan.Label, Source: e.Source}
	sites := e.line(SitesLimit)
	sites.Unit, sites.Scope, sites.Mode = "installations", ScopeGroup, ModeReject
	sites.Value, sites.Used = e.Plan.Sites, installed
	out.Limits = append(out.Limits, sites.done())
	for i := range e.Plan.Limits {
		l := &e.Plan.Limits[i]
		v := e.line(l.Name)
		v.Unit, v.Scope, v.Mode, v.Shape, v.Value = "calls", l.Scope, l.Mode, l.Shape, l.Calls
		v.Soft, v.Contract, v.Seconds, v.Window = l.Soft, l.Contract, l.Window(), l.Per.String()
		if l.Shape == ShapeMonth {
			v.Window = "month"
		}
		for k, r := range rows {
			if k.limit != l.Name || r.spent < v.Used || (l.Long() && r.ends <= now.UnixNano()) {
				continue
			}
			v.Used = r.spent
			if l.Long() {
				v.Resets = moment(time.Unix(0, r.ends).UTC())
			}
		}
		if l.Contract > 0 {
			v.Overage = max(v.Used-l.Contract, 0)
		}
		out.Limits = append(out.Limits, v.done())
	}
	return out
}

// line says where a limit's value comes from.
func (e *Effective) line(name string) LimitView {
	v := LimitView{Name: name, Source: e.Source, Plan: e.Plan.Name, Reason: e.Reason, Since: moment(e.Starts), Until: moment(e.Ends)}
	if o, ok := e.Granted[name]; ok {
		v.Source, v.Reason, v.Since, v.Until = SourceGrant, o.Reason, moment(o.Starts), moment(o.Ends)
	}
	return v
}

func (v LimitView) done() LimitView {
	v.Remaining = max(v.Value-v.Used, 0)
	return v
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// peek adds what this node knows to the rows of the database: calls that are not
// settled yet, and the short limits.
func (f *family) peek(rows map[bucketKey]record, now int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, b := range f.buckets {
		r := rows[k]
		if !b.limit.Long() {
			left, _ := b.left(now, &f.near)
			rows[k] = record{spent: b.limit.Calls - left}
			continue
		}
		w := &b.window
		w.at(now, b.limit)
		switch {
		case w.starts == 0:
			continue
		case r.starts == w.starts:
			r.spent += w.spent - w.settled
		default:
			r = record{starts: w.starts, ends: w.ends, spent: w.used()}
		}
		rows[k] = r
	}
}
