package lambda

import (
	"regexp"
	"strings"

	"bluerose/event"
)

// reference is a function as callers name it: by name, name:qualifier, account:function:name or ARN.
type reference struct {
	region, account string // empty where the reference names none
	name, qualifier string
}

var qualifierName = regexp.MustCompile(`^(\$LATEST|[a-zA-Z0-9-_]{1,128})$`)

// parseReference reads id and the qualifier that was given beside it; both may name the qualifier when they agree.
func parseReference(id, qualifier string) (reference, error) {
	var r reference
	parts := strings.Split(id, ":")
	if len(parts) >= 7 && parts[0] == "arn" && strings.HasPrefix(parts[1], "aws") && parts[2] == "lambda" && parts[5] == "function" {
		r.region, r.account, parts = parts[3], parts[4], parts[6:]
	} else if len(parts) >= 3 && parts[1] == "function" {
		r.account, parts = parts[0], parts[2:]
	}
	r.name = parts[0]
	if len(parts) > 1 {
		r.qualifier = parts[1]
	}
	if len(parts) > 2 || !functionName.MatchString(r.name) {
		return r, event.Errorf(event.InvalidRequest, "The function name is not valid: give a name, name:qualifier or an ARN")
	}
	switch {
	case r.qualifier == "":
		r.qualifier = qualifier
	case qualifier != "" && qualifier != r.qualifier:
		return r, event.Errorf(event.InvalidRequest,
			"The derived qualifier from the function name does not match the specified qualifier.")
	}
	if r.qualifier != "" && !qualifierName.MatchString(r.qualifier) {
		return r, event.Errorf(event.InvalidRequest, "The qualifier is not valid: give a version or an alias")
	}
	return r, nil
}

// ARN gives the Amazon resource name of a function of this host, qualified unless qualifier is empty.
func (h *Host) ARN(function, qualifier string) string {
	arn := "arn:aws:lambda:" + h.cfg.Region + ":" + h.cfg.AccountID + ":function:" + function
	if qualifier != "" {
		arn += ":" + qualifier
	}
	return arn
}
