// Package policy reads IAM policy documents and decides by them. It is pure: a document, an action and a resource in, a
// Decision out. Guests, callers with AWS credentials and the answers of a function as authorizer are all held to it.
//
// What it understands of IAM's policy language: Version, Id, and statements (an object or a list) of Sid, Effect, Action or
// NotAction, and Resource or NotResource, with the wildcards * and ? anywhere in a value. Both match across the colons and
// slashes of an ARN. Actions match in any case, resources in their own. An explicit Deny wins over every Allow.
//
// What it does not understand never lets anybody in:
//
//   - An element or an Effect that is not known, an element that stands twice, a policy variable (${…}) or a document past
//     the bounds below is an error of Parse.
//   - A statement with a Condition, a NotPrincipal, or a Principal other than "*" (alone or as AWS) cannot be judged: an Allow
//     of it never applies, and a Deny always does where its action and resource match.
//
// Source of the rules: AWS, "IAM JSON policy element reference" and "Policy evaluation logic".
package policy
