package e2e

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// makeRows makes the table. A row's content follows from its number.
const makeRows = "CREATE TABLE IF NOT EXISTS ledger.written (number BIGINT PRIMARY KEY, content VARBINARY(2048) NOT NULL) ENGINE=InnoDB"

// rightRows selects the numbers of the rows whose content is right.
const rightRows = "SELECT number FROM ledger.written WHERE content = REPEAT(SHA2(number, 256), 16)"

func contentOf(number int64) string {
	return strings.Repeat(fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, number))), 16)
}

// checkNoneIsMissing checks that each row is there that was acknowledged before the call, with
// its content.
func (w *rowWriter) checkNoneIsMissing(t *testing.T) {
	t.Helper()
	w.mutex.Lock()
	want := append([]acknowledgment(nil), w.acknowledged...)
	w.mutex.Unlock()
	there, err := w.rightRows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var missing []int64
	for _, row := range want {
		if !there[row.number] {
			missing = append(missing, row.number)
		}
	}
	if len(missing) > 0 {
		t.Errorf("of %d rows that were acknowledged, %d are missing or wrong: %v", len(want), len(missing), missing[:min(len(missing), 20)])
	}
}

func (w *rowWriter) rightRows(ctx context.Context) (there map[int64]bool, err error) {
	rows, err := w.database.QueryContext(ctx, rightRows)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	there = map[int64]bool{}
	for rows.Next() {
		var number int64
		if err := rows.Scan(&number); err != nil {
			return nil, err
		}
		there[number] = true
	}
	return there, rows.Err()
}

// checkTable has the server check its table, each page and each index.
func (w *rowWriter) checkTable(t *testing.T) {
	t.Helper()
	var table, operation, kind, text string
	err := w.database.QueryRowContext(t.Context(), "CHECK TABLE ledger.written EXTENDED").Scan(&table, &operation, &kind, &text)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "status" || text != "OK" {
		t.Errorf("CHECK TABLE says %s: %s, want OK", kind, text)
	}
}
