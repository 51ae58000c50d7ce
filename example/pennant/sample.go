package pennant

func person(key, name, email, role string) Member {
	return Member{Key: key, Username: email, Email: email, Kind: "person", MemberFields: MemberFields{Name: name, Role: role}}
}

func standardEnvironments(project string) []Environment {
	return []Environment{
		{Project: project, Key: "test", EnvironmentFields: EnvironmentFields{Name: "Test"}},
		{Project: project, Key: "staging", EnvironmentFields: EnvironmentFields{Name: "Staging", Tags: []string{"eu"}}},
		{Project: project, Key: "production", EnvironmentFields: EnvironmentFields{Name: "Production", Critical: true, Tags: []string{"eu", "live"}}},
	}
}

func toggle(project, key, name, description string) Flag {
	return Flag{Project: project, Key: key, Kind: "boolean", FlagFields: FlagFields{Name: name, Description: description, Variations: onOff()}}
}

func harbourBooks() sample {
	staff := Segment{Project: "web-shop", Environment: "production", Key: "staff", SegmentFields: SegmentFields{
		Name: "Staff", Description: "People who work at Harbour Books",
		Rules: []SegmentRule{{Clauses: []Clause{{Attribute: "email", Op: opEndsWith, Values: []string{"@harbour-books.example"}}}}},
	}}
	loyal := Segment{Project: "web-shop", Environment: "production", Key: "reading-circle", SegmentFields: SegmentFields{
		Name: "Reading circle", Included: []string{"reader-17", "reader-204", "reader-911"}, Excluded: []string{"reader-13"}, Tags: []string{"loyalty"},
	}}
	checkout := toggle("web-shop", "one-page-checkout", "One-page checkout", "Address, delivery and payment on one page.")
	checkout.Temporary, checkout.Maintainer, checkout.Tags = true, "usr-nora", []string{"checkout", "q3"}
	search := Flag{Project: "web-shop", Key: "search-ranking", Kind: "text", FlagFields: FlagFields{
		Name: "Search ranking", Description: "How search results are ordered.", Maintainer: "usr-idris", Tags: []string{"search"},
		Variations: []Variation{{Name: "By sales", Value: "sales"}, {Name: "By reviews", Value: "reviews"}, {Name: "Learned", Value: "learned"}},
	}}
	discount := Flag{Project: "web-shop", Key: "free-delivery-from", Kind: "number", FlagFields: FlagFields{
		Name: "Free delivery from", Description: "Order value in euros from which delivery is free.",
		Variations: []Variation{{Name: "Everybody", Value: 40.0}, {Name: "Reading circle", Value: 20.0}},
	}}
	return sample{
		account: Account{Key: HarbourBooks, Name: "Harbour Books", Plan: "business"},
		members: []Member{
			person("usr-nora", "Nora Quill", "nora@harbour-books.example", adminRole),
			person("usr-idris", "Idris Vane", "idris@harbour-books.example", "editor"),
			person("usr-mette", "Mette Lund", "mette@harbour-books.example", "viewer"),
		},
		projects: []Project{
			{Key: "web-shop", ProjectFields: ProjectFields{Name: "Web shop", Description: "The shop at harbour-books.example.", Tags: []string{"shop"}}},
			{Key: "reader-app", ProjectFields: ProjectFields{Name: "Reader app", Description: "Reading on telephones and tablets.", Tags: []string{"mobile"}}},
		},
		environments: append(standardEnvironments("web-shop"), standardEnvironments("reader-app")...),
		segments:     []Segment{staff, loyal},
		flags: []Flag{
			checkout, search, discount,
			toggle("web-shop", "gift-wrapping", "Gift wrapping", "Offers wrapping at checkout."),
			toggle("web-shop", "store-pickup", "Pick-up in the shop", "Lets customers collect orders on the quay."),
			toggle("reader-app", "offline-shelf", "Offline shelf", "Keeps bought books on the device."),
			toggle("reader-app", "night-page", "Night page", "Light text on a dark page."),
		},
		states: []FlagState{
			{Project: "web-shop", Environment: "test", Flag: "one-page-checkout", FlagStateFields: FlagStateFields{On: true, OffVariation: 1}},
			{Project: "web-shop", Environment: "production", Flag: "gift-wrapping", FlagStateFields: FlagStateFields{On: true, OffVariation: 1}},
			{Project: "web-shop", Environment: "production", Flag: "search-ranking", FlagStateFields: FlagStateFields{On: true, Fallthrough: 1, Rules: []Rule{
				{Description: "Staff try the learned order", Variation: 2, Clauses: []Clause{{Op: opSegment, Values: []string{"staff"}}}},
			}}},
			{Project: "web-shop", Environment: "production", Flag: "free-delivery-from", FlagStateFields: FlagStateFields{On: true, Rules: []Rule{
				{Description: "The reading circle orders for less", Variation: 1, Clauses: []Clause{{Op: opSegment, Values: []string{"reading-circle"}}}},
			}}},
			{Project: "reader-app", Environment: "production", Flag: "night-page", FlagStateFields: FlagStateFields{On: true, OffVariation: 1}},
		},
	}
}

func alderClinic() sample {
	wards := Segment{Project: "patient-portal", Environment: "production", Key: "pilot-wards", SegmentFields: SegmentFields{
		Name: "Pilot wards", Description: "Wards that try new things first",
		Rules: []SegmentRule{{Clauses: []Clause{{Attribute: "ward", Op: opIn, Values: []string{"paediatrics", "cardiology"}}}}},
	}}
	reminders := toggle("patient-portal", "visit-reminders", "Visit reminders", "Sends a message the day before a visit.")
	reminders.Maintainer = "usr-odile"
	return sample{
		account: Account{Key: AlderClinic, Name: "Alder Clinic", Plan: "starter"},
		members: []Member{
			person("usr-odile", "Odile Marsh", "odile@alder-clinic.example", adminRole),
			person("usr-tomas", "Tomas Reed", "tomas@alder-clinic.example", "editor"),
		},
		projects: []Project{
			{Key: "patient-portal", ProjectFields: ProjectFields{Name: "Patient portal", Tags: []string{"regulated"}}},
		},
		environments: standardEnvironments("patient-portal"),
		segments:     []Segment{wards},
		flags: []Flag{
			reminders,
			toggle("patient-portal", "video-visits", "Video visits", "Lets patients see a doctor by video."),
		},
		states: []FlagState{
			{Project: "patient-portal", Environment: "production", Flag: "visit-reminders", FlagStateFields: FlagStateFields{On: true, OffVariation: 1}},
			{Project: "patient-portal", Environment: "production", Flag: "video-visits", FlagStateFields: FlagStateFields{On: true, Fallthrough: 1, OffVariation: 1, Rules: []Rule{
				{Description: "Pilot wards first", Variation: 0, Clauses: []Clause{{Op: opSegment, Values: []string{"pilot-wards"}}}},
			}}},
		},
	}
}
