package manifest

import "encoding/json"

// Opt is a value that a manifest may leave out. What is absent stays apart from
// the default, so that a manifest can be written again as it was.
type Opt[T any] struct {
	value   T
	present bool
}

// Some is a value that is there.
func Some[T any](v T) Opt[T] { return Opt[T]{v, true} }

// Present says whether the manifest has the value.
func (o Opt[T]) Present() bool { return o.present }

// Get gives the value, or the type's zero when it is absent.
func (o Opt[T]) Get() T { return o.value }

// Or gives the value, or def when it is absent.
func (o Opt[T]) Or(def T) T {
	if o.present {
		return o.value
	}
	return def
}

// IsZero leaves absent values out of JSON (omitzero).
func (o Opt[T]) IsZero() bool { return !o.present }

// MarshalJSON writes the value.
func (o Opt[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

// UnmarshalJSON reads the value; null is absent.
func (o *Opt[T]) UnmarshalJSON(data []byte) error {
	*o = Opt[T]{}
	if string(data) == "null" {
		return nil
	}
	if err := json.Unmarshal(data, &o.value); err != nil {
		return err
	}
	o.present = true
	return nil
}
