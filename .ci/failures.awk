# Of the output of "go test", prints which tests failed, and what each said first; which ran
# when their time was over; and what failed before or after all tests.
/^panic: test timed out/ { overtime = 1 }
overtime && NF == 0 { overtime = 0 }
overtime || /^FAIL: / { other = other $0 "\n"; next }
/^=== (RUN|CONT|NAME)/ { test = $3 }
/^ *--- FAIL: / { test = $3; if (!(test in failed)) { failed[test] = 1; names[++count] = test } }
/^ +[A-Za-z0-9_]+\.go:[0-9]+: / { more = 4; say($0); next }
/^        / && more > 0 { more--; say($0); next }
{ more = 0 }
function say(line) { if (lines[test]++ < 20) said[test] = said[test] substr(line, 1, 400) "\n" }
END {
	if (count || other) printf "\nFailed, and said:\n"
	for (i = 1; i <= count; i++) printf "%s\n%s", names[i], said[names[i]]
	printf "%s", other
}
