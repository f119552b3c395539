// Package checkup looks after heketis that nobody asks anything, so that it is known whether
// they answer, and tells of clocks and certificates before they keep the provisioner out.
package checkup
