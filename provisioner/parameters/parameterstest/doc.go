// Package parameterstest has classes that are right and classes that are wrong. Whatever
// judges parameters is tested with them, so that all come to the same verdicts: the parser,
// and the API server with the admission policy.
package parameterstest
