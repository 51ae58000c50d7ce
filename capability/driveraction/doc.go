// Package driveraction has the product do something for an integration whose
// package names a driver: code that the product has, such as cleaning up a flag.
// Somebody starts a run at a resource, and a task asks the product for it. What was
// filled in, opened, is in the task only while the product has it.
//
//	running ──the product did it──▶ done
//	   └──it did not──▶ failed
//
// Tables: driveraction_run.
package driveraction
