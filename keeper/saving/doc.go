// Package saving saves heketi's database after each change, and at intervals. Changes that come
// while it is being saved go with the next save, so that many at once cost few.
package saving
