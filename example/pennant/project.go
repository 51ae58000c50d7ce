package pennant

const (
	kindAccount = "account"
	kindProject = "proj"
)

// Account is a workspace: everything a customer of Pennant has.
type Account struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Plan string `json:"plan"`
	Meta
}

func (a *Account) place() place { return place{kind: kindAccount, key: a.Key} }

// ProjectFields are what a caller may set.
type ProjectFields struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Tags        []string `json:"tags,omitempty"`
}

// Project is a thing that is built and released together: a web shop, a mobile application.
type Project struct {
	Key string `json:"key"`
	ProjectFields
	Meta
}

func (p *Project) place() place { return place{kind: kindProject, key: p.Key} }

func (f ProjectFields) check(c *check) {
	checkName(c, f.Name, f.Description)
	checkTags(c, f.Tags)
}

func projectPlace(c *call) place { return place{kind: kindProject, key: c.param("projectKey")} }

func getAccount(c *call) (reply, error) {
	a, err := get[Account](c.read(), place{kind: kindAccount, key: c.account})
	if err != nil {
		return reply{}, err
	}
	return found(a), nil
}

func listProjects(c *call) (reply, error) { return listAt[Project](c, place{kind: kindProject}) }

func createProject(c *call) (reply, error) {
	var in struct {
		Key string `json:"key"`
		ProjectFields
	}
	if err := c.body(&in); err != nil {
		return reply{}, err
	}
	var bad check
	checkKey(&bad, in.Key)
	in.check(&bad)
	if err := bad.err(); err != nil {
		return reply{}, err
	}
	p := &Project{Key: in.Key, ProjectFields: in.ProjectFields}
	err := c.write(func(s *scope) error {
		if err := s.insert(p, conflict("project_exists", "There is a project with this key.")); err != nil {
			return err
		}
		return s.record(change{kind: "project.created", resource: p.place().path(), after: p})
	})
	return created(p, "projects", p.Key), err
}

func getProject(c *call) (reply, error) { return getAt[Project](c, projectPlace(c)) }

func updateProject(c *call) (reply, error) {
	return editAt(c, edit[Project, *Project]{at: projectPlace(c), event: "project.updated", fields: func(p *Project) any { return &p.ProjectFields },
		check: func(_ *scope, p *Project, bad *check) error {
			p.check(bad)
			return nil
		}})
}

func deleteProject(c *call) (reply, error) {
	return removeAt[Project](c, projectPlace(c), "project.deleted")
}
