package console

import (
	"slices"
	"strconv"

	"github.com/guestright/guestright/application"
	"github.com/guestright/guestright/edge/page"
	"github.com/guestright/guestright/kit/ident"
	"github.com/guestright/guestright/kit/problem"
	"github.com/guestright/guestright/recording"
)

func (c *Console) recordingRoutes() []route {
	if c.Recordings == nil {
		return nil
	}
	return []route{
		{"GET /applications/{application}/recordings", c.page(recordingsPage)},
		{"POST /applications/{application}/recordings", c.page(startRecording)},
		{"GET /recordings/{recording}", c.page(recordingPage)},
		{"POST /recordings/{recording}/end", c.page(endRecording)},
		{"POST /recordings/{recording}/draft", c.page(draftFromRecording)},
	}
}

func recordingPath(r recording.Recording) string { return "/recordings/" + r.ID.String() }

// recordingTab goes before the versions, for which recordings are made.
func (v *visit) recordingTab(s subject, tab string, all []page.Link) []page.Link {
	if v.Recordings == nil {
		return all
	}
	return slices.Insert(all, 2, page.Link{Text: "Recordings", URL: s.path() + "/recordings", Current: tab == "/recordings"})
}

// recordingsView is the recordings of an application and the form for another.
type recordingsView struct {
	subject
	All            []recording.Recording
	Sandboxes      []recording.Sandbox
	Account, Hours string
	MayStart       bool
	Token          string
	Faults         faults
}

func recordingsPage(v *visit) error {
	return showRecordings(v, recordingsView{Hours: strconv.Itoa(recording.HoursUsual)})
}

func showRecordings(v *visit, d recordingsView) error {
	var err error
	if d.subject, err = v.subject(); err != nil {
		return err
	}
	if d.All, err = v.Recordings.List(v.ctx(), v.by, d.ID); err != nil {
		return err
	}
	if d.Sandboxes, err = v.Recordings.Sandboxes(v.ctx(), v.by, d.ID); err != nil {
		return err
	}
	d.MayStart = v.may("recording:start", d.resource()) && d.State == application.Active
	d.Token = v.token(d.path() + "/recordings")
	return v.about(d.subject, "/recordings", sheet{title: "Recordings", status: d.Faults.status(), trail: []page.Link{{Text: "Recordings"}}, body: recordingList(v, d)})
}

func startRecording(v *visit) error {
	s, err := v.subject()
	if err != nil {
		return err
	}
	d := recordingsView{Account: v.field("account"), Hours: v.field("hours")}
	hours, err := strconv.Atoi(d.Hours)
	if err != nil {
		hours = -1 // the rule says what is possible
	}
	got, err := v.Recordings.Start(v.ctx(), v.by, s.ID, recording.Order{Account: d.Account, Hours: hours})
	if err != nil {
		if f, ok := faultsOf(err, "/account", "/hours"); ok {
			d.Faults = f
			return showRecordings(v, d)
		}
		return err
	}
	return v.about(s, "/recordings", sheet{title: "Your recording token", trail: []page.Link{{Text: "Recordings", URL: s.path() + "/recordings"}, {Text: "Your recording token"}},
		body: recordingStarted(v, got)})
}

// recordingView is one recording with what its calls needed.
type recordingView struct {
	subject
	recording.Recording
	Proposal recording.Proposal
	MayEnd   bool
	MayDraft bool
	Token    func(action string) string
	Faults   faults
}

func (v *visit) recordingID() (recording.ID, error) {
	return ident.Parse[recording.Recording](v.r.PathValue("recording"))
}

func recordingPage(v *visit) error { return showRecording(v, faults{}) }

func showRecording(v *visit, f faults) error {
	id, err := v.recordingID()
	if err != nil {
		return err
	}
	d := recordingView{Faults: f}
	if d.Recording, err = v.Recordings.Get(v.ctx(), v.by, id); err != nil {
		return err
	}
	app, err := ident.Parse[application.Application](d.Recording.Application)
	if err != nil {
		return err
	}
	if d.subject, err = v.subjectOf(app); err != nil {
		return err
	}
	if d.Proposal, err = v.Recordings.Proposal(v.ctx(), v.by, id); err != nil {
		return err
	}
	d.MayEnd = d.Running && v.may("recording:end", d.resource())
	d.MayDraft = d.Proposal.Passed > 0 && v.may("version:create", d.resource())
	d.Token = func(action string) string { return v.token(recordingPath(d.Recording) + "/" + action) }
	return v.about(d.subject, "/recordings", sheet{title: "Recording in " + d.AccountName, status: f.status(),
		trail: []page.Link{{Text: "Recordings", URL: d.path() + "/recordings"}, {Text: d.AccountName}}, body: recordingDetail(v, d)})
}

func endRecording(v *visit) error {
	id, err := v.recordingID()
	if err != nil {
		return err
	}
	if _, err := v.Recordings.End(v.ctx(), v.by, id); err != nil && problem.CodeOf(err) != "recording_over" {
		return err
	}
	return v.leave("/recordings/"+id.String(), "The recording is over. Its token opens nothing any more.")
}

func draftFromRecording(v *visit) error {
	id, err := v.recordingID()
	if err != nil {
		return err
	}
	got, err := v.Recordings.Draft(v.ctx(), v.by, id)
	if err != nil {
		if f, ok := faultsOf(err); ok {
			return showRecording(v, f)
		}
		return err
	}
	return v.leave("/versions/"+got.ID.String(), "Here is a draft with what the recording needed. Say in your own words what each scope is for.")
}
