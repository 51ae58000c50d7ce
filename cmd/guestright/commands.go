package main

// commands is the command line; each command is a struct with its flags and Run.
type commands struct {
	Config string `short:"c" placeholder:"FILE" help:"Configuration file (else GUESTRIGHT_CONFIG, else guestright.yaml here)." type:"path"`

	Demo        demoCmd        `cmd:"" help:"Try everything on this machine: platform, example product, example integration, sample data."`
	Init        initCmd        `cmd:"" help:"Write a commented configuration and a catalog from your OpenAPI files."`
	Check       checkCmd       `cmd:"" help:"Check configuration and catalog, and print what is in force; secrets stay hidden."`
	Serve       serveCmd       `cmd:"" help:"Run the platform."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database schema up to this version."`
	Catalog     catalogCmd     `cmd:"" help:"Check, query and compare what your product offers."`
	Admin       adminCmd       `cmd:"" help:"What operators script."`
	Backup      backupCmd      `cmd:"" help:"Copy the built-in database while it is served."`
	Restore     restoreCmd     `cmd:"" help:"Put a backup in place of the built-in database."`
	Integration integrationCmd `cmd:"" help:"For developers: begin and check an integration that a manifest describes."`
	Listen      listenCmd      `cmd:"" help:"For developers: bring events to a server on this machine."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
}
