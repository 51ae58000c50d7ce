// Package snapshot gives Guestright the newest data of a product's resources, such as everything that one environment says.
// It is kept there and goes to every integration that a customer has set up for the resource.
//
//	c := snapshot.Client{URL: "https://integrations.example.com", Token: os.Getenv("PRODUCT_KEY")}
//	s := snapshot.Sender{Client: c}
//	go s.Run(ctx)
//	s.Send(snapshot.Snapshot{AccountKey: "harbour", Resource: "proj/web:env/production", Version: 42, Data: data})
//
// Send after each change, and of everything once when the product starts: what is known there already changes nothing. Only
// the newest of a resource counts, so nothing is lost when one is passed over.
package snapshot
