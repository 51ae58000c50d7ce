package pennant

const kindEnvironment = "env"

// EnvironmentFields are what a caller may set.
type EnvironmentFields struct {
	Name string `json:"name"`
	// Critical marks environments with real users behind them.
	Critical bool     `json:"critical"`
	Tags     []string `json:"tags,omitempty"`
	// ApprovalRequired keeps changes of what flags do here back until an integration has approved them. ApprovedBy is the
	// integration's configuration in Guestright; empty: the only one that can.
	ApprovalRequired bool   `json:"approval_required,omitempty"`
	ApprovedBy       string `json:"approved_by,omitempty"`
}

// Environment is a place where a project runs, with its own state of every flag.
type Environment struct {
	Project string `json:"project"`
	Key     string `json:"key"`
	EnvironmentFields
	Meta
}

func (e *Environment) place() place {
	return place{kind: kindEnvironment, parent: kindProject + "/" + e.Project, key: e.Key}
}

func (f EnvironmentFields) check(c *check) {
	checkName(c, f.Name, "")
	checkTags(c, f.Tags)
	c.must(len(f.ApprovedBy) <= 60, "/approved_by", "The id of a configuration has at most 60 bytes.")
}

func environmentPlace(c *call) place {
	return place{kind: kindEnvironment, parent: projectPlace(c).path(), key: c.param("environmentKey")}
}

func listEnvironments(c *call) (reply, error) {
	if err := parent[Project](c.read(), projectPlace(c)); err != nil {
		return reply{}, err
	}
	return listAt[Environment](c, place{kind: kindEnvironment, parent: projectPlace(c).path()})
}

func createEnvironment(c *call) (reply, error) {
	var in struct {
		Key string `json:"key"`
		EnvironmentFields
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
	e := &Environment{Project: c.param("projectKey"), Key: in.Key, EnvironmentFields: in.EnvironmentFields}
	err := c.write(func(s *scope) error {
		if err := parent[Project](s, projectPlace(c)); err != nil {
			return err
		}
		return s.addEnvironment(e)
	})
	return created(e, "projects", e.Project, "environments", e.Key), err
}

// addEnvironment adds it with every flag of the project switched off.
func (s *scope) addEnvironment(e *Environment) error {
	if err := s.insert(e, conflict("environment_exists", "The project has an environment with this key.")); err != nil {
		return err
	}
	flags, _, err := list[Flag](s, place{kind: kindFlag, parent: e.place().parent}, page{})
	if err != nil {
		return err
	}
	for _, f := range flags {
		if err := s.insert(f.off(e.Key), conflict("flag_exists", "The flag has a state here already.")); err != nil {
			return err
		}
	}
	return s.record(change{kind: "environment.created", resource: e.place().path(), after: e})
}

func getEnvironment(c *call) (reply, error) { return getAt[Environment](c, environmentPlace(c)) }

func updateEnvironment(c *call) (reply, error) {
	return editAt(c, edit[Environment, *Environment]{at: environmentPlace(c), event: "environment.updated",
		fields: func(e *Environment) any { return &e.EnvironmentFields },
		check: func(_ *scope, e *Environment, bad *check) error {
			e.check(bad)
			return nil
		}})
}

func deleteEnvironment(c *call) (reply, error) {
	return removeAt[Environment](c, environmentPlace(c), "environment.deleted")
}
