package policy

import (
	"strings"
)

// The bounds of a document, and of what is asked of it.
const (
	MaxSize     = 10_240 // bytes of a document, as of the policies of one role in IAM
	maxResource = 2_048  // bytes of a resource, as of an ARN in IAM
)

// Decision is what a document says of an action on a resource.
type Decision int

// The decisions, from the weakest to the strongest.
const (
	NoMatch Decision = iota // nothing allows it: implicitly denied
	Allow
	Deny // a statement denies it, whatever another allows
)

// Document is a policy. It does not change, and is safe for concurrent use. The zero value allows nothing.
type Document struct{ statements []statement }

type statement struct {
	effect    Decision
	unclear   bool // has something that cannot be judged here
	actions   list // lower case
	resources list
}

// list is the values of Action, or, when not is set, of NotAction; the same of Resource.
type list struct {
	patterns []string
	not      bool
}

// Decide gives what the document says of an action, such as "lambda:InvokeFunction", on a resource, such as
// "arn:aws:lambda:us-east-1:123456789012:function:image". A resource longer than 2,048 bytes is denied.
func (d *Document) Decide(action, resource string) Decision {
	if len(resource) > maxResource {
		return Deny
	}
	action = strings.ToLower(action)
	decision := NoMatch
	for _, s := range d.statements {
		if !s.actions.matches(action) || !s.resources.matches(resource) {
			continue
		}
		switch {
		case s.effect == Deny:
			return Deny
		case !s.unclear:
			decision = Allow
		}
	}
	return decision
}

// Allows reports whether the document allows an action on a resource, and no statement of it denies that.
func (d *Document) Allows(action, resource string) bool { return d.Decide(action, resource) == Allow }

func (l list) matches(value string) bool {
	for _, pattern := range l.patterns {
		if match(pattern, value) {
			return !l.not
		}
	}
	return l.not
}

// match tells whether value is of pattern, in which * stands for any number of characters and ? for one. It takes at most
// len(pattern)*len(value) steps: only the last * that was seen is ever tried again.
func match(pattern, value string) bool {
	p, v := 0, 0
	star, from := -1, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, v
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[v]):
			p++
			v++
		case star >= 0:
			from++
			p, v = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
