# Of the output of "go test", prints which tests failed, and what each said first.
/^=== (RUN|CONT|NAME)/ { test = $3 }
/^ *--- FAIL: / { test = $3; if (!(test in failed)) { failed[test] = 1; names[++count] = test } }
/^ +[A-Za-z0-9_]+\.go:[0-9]+: / { more = 4; say($0); next }
/^        / && more > 0 { more--; say($0); next }
{ more = 0 }
function say(line) { if (lines[test]++ < 20) said[test] = said[test] substr(line, 1, 400) "\n" }
END {
	for (i = 1; i <= count; i++) printf "%s%s\n%s", i == 1 ? "\nFailed, and said:\n" : "", names[i], said[names[i]]
}
