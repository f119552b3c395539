// Package dumps compares exports of heketi's database.
package dumps
