// Package listing owns the entries of the directory: what the page of an
// application says besides what its versions say of themselves, who can find it,
// and the pictures, which are kept here.
//
//	private → public | unlisted → private
//
// Private: nobody but its developers sees it. Unlisted: whoever has the address.
// Public: everybody finds it. The last two need a version that everybody can get;
// while there is none, nobody sees the entry. The operator can take an entry down
// and let it stand again.
//
// The directory itself is read from the database once, kept in memory, and read
// again when something about it changed.
//
// Tables: listing_listing, listing_picture.
package listing
