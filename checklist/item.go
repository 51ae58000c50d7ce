package checklist

import "slices"

// Outcome of an item.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed" // it cannot be handed in
	Look    Outcome = "look"   // a person decides
	Skipped Outcome = "not_applicable"
)

// Item is one line of the checklist as a run found it.
type Item struct {
	Code     string   `json:"code" example:"scope_unused"`
	Title    string   `json:"title" example:"It asks for nothing that it does not use"`
	Outcome  Outcome  `json:"outcome" enum:"passed,failed,look,not_applicable" doc:"failed: it cannot be submitted like this; look: a reviewer decides"`
	Text     string   `json:"text" doc:"What was found"`
	Mend     string   `json:"mend,omitempty" doc:"What to do about it"`
	Evidence []string `json:"evidence" nullable:"false" doc:"What it was seen by"`
}

// The codes of what is checked by machine, in the order in which they are shown.
const (
	CodePackage   = "package"
	CodePreviews  = "previews"
	CodePictures  = "pictures"
	CodeContact   = "contact"
	CodeLinks     = "links"
	CodeRedirects = "redirect_domains"
	CodeSite      = "site_domain"
	CodeUnused    = "scope_unused"
	CodeReasons   = "scope_reasons"
	CodeRole      = "minimal_role"
	CodeBroad     = "administrator_role"
	CodeThrottled = "throttled"
	CodeRevoked   = "revoked"
	CodeSignature = "signature"
	CodeRemoved   = "uninstall"
	CodeKeys      = "key_age"
)

// named is a code with its title.
type named struct{ code, title string }

var machine = []named{
	{CodePackage, "The integration package is sound"},
	{CodePreviews, "Every request of the package can be made"},
	{CodePictures, "The icons of the package are there"},
	{CodeContact, "Customers can find out about it and reach you"},
	{CodeLinks, "Every address that customers are given answers"},
	{CodeRedirects, "People are sent back to domains that you own"},
	{CodeSite, "Its site is on a domain that you own"},
	{CodeUnused, "It asks for nothing that it does not use"},
	{CodeReasons, "Scopes with a high risk are explained"},
	{CodeRole, "It worked with the least role, not an administrator's"},
	{CodeBroad, "It needs no administrator's rights"},
	{CodeThrottled, "It survived being slowed down"},
	{CodeRevoked, "It survived a revoked token"},
	{CodeSignature, "It refuses events with a wrong signature"},
	{CodeRemoved, "Removing it ends everything"},
	{CodeKeys, "Its keys are fresh"},
}

// Question is an item that a person decides.
type Question struct {
	Code  string `json:"code" example:"tried"`
	Title string `json:"title"`
	Help  string `json:"help" doc:"How to find out"`
}

// Questions are what reviewers answer about every version.
var Questions = []Question{
	{"description", "It says what it does", "Name, texts and pictures describe what happens when somebody installs it, and promise nothing else."},
	{"purposes", "Each purpose explains its scope", "An administrator who reads only these sentences knows why each scope is needed."},
	{"data", "What it keeps is said", "The privacy statement names what it stores of customers' data, where, for how long, and how it is deleted."},
	{"tried", "It was tried", "Install it in a sandbox, use it as a customer would, remove it."},
	{"guides", "Administrators find help", "The documentation says how to set it up, what can go wrong, and whom to ask."},
}

func questionOf(code string) (Question, bool) {
	i := slices.IndexFunc(Questions, func(q Question) bool { return q.Code == code })
	if i < 0 {
		return Question{}, false
	}
	return Questions[i], true
}

func titleOf(code string) string {
	for _, n := range machine {
		if n.code == code {
			return n.title
		}
	}
	return ""
}

func item(code string, o Outcome, text, mend string, evidence ...string) Item {
	return Item{Code: code, Title: titleOf(code), Outcome: o, Text: text, Mend: mend, Evidence: append([]string{}, evidence...)}
}

func skipped(code, why string) Item { return item(code, Skipped, why, "") }
