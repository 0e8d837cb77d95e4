package identity

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bluerose/event"
)

const (
	algorithm       = "AWS4-HMAC-SHA256"
	terminator      = "aws4_request"
	unsignedPayload = "UNSIGNED-PAYLOAD"
	amzTime         = "20060102T150405Z"
	maxExpires      = 7 * 24 * time.Hour // the longest life of a presigned URL
)

// claim is what a request says about its own signature.
type claim struct {
	keyID, day, region, service string
	signedHeaders               []string // lower case
	signature                   string   // hex
	date                        string   // amzTime
	token                       string   // of a session; empty for none
	payload                     string   // the body's hash in hex, or unsignedPayload; empty where it is not said
	expires                     time.Duration
	presigned                   bool
}

// Signed reports whether r carries a signature at all, right or wrong.
func Signed(r *http.Request) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return scheme == algorithm || r.Header.Get("Authorization") == "" && r.URL.Query().Get("X-Amz-Algorithm") == algorithm
}

// readClaim finds the claim in the Authorization header, or else in the query of a presigned URL.
func readClaim(r *http.Request, query url.Values) (c claim, err *event.Refusal) {
	switch header := r.Header.Get("Authorization"); {
	case header != "":
		c, err = parseAuthorization(header)
		c.date, c.token, c.payload = r.Header.Get("X-Amz-Date"), r.Header.Get("X-Amz-Security-Token"), r.Header.Get("X-Amz-Content-Sha256")
	case query.Get("X-Amz-Algorithm") == algorithm:
		c = claim{presigned: true, signature: query.Get("X-Amz-Signature"), date: query.Get("X-Amz-Date"),
			token: query.Get("X-Amz-Security-Token"), payload: cmp.Or(r.Header.Get("X-Amz-Content-Sha256"), query.Get("X-Amz-Content-Sha256"))}
		c.signedHeaders = strings.Split(query.Get("X-Amz-SignedHeaders"), ";")
		seconds, _ := strconv.ParseUint(query.Get("X-Amz-Expires"), 10, 32)
		if c.expires = time.Duration(seconds) * time.Second; c.expires <= 0 || c.expires > maxExpires {
			return c, incomplete("X-Amz-Expires must be between 1 and 604800 seconds.")
		}
		err = c.setCredential(query.Get("X-Amz-Credential"))
	default:
		return c, refuse("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	if err != nil {
		return c, err
	}
	if c.signature == "" || !slices.Contains(c.signedHeaders, "host") {
		return c, incomplete("The request needs a Signature, and SignedHeaders that list host.")
	}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && !slices.Contains(c.signedHeaders, name) {
			return c, incomplete("Every x-amz-* header that is sent must be listed in SignedHeaders.")
		}
	}
	return c, nil
}

// parseAuthorization reads a header of the form
// "AWS4-HMAC-SHA256 Credential=ID/DAY/REGION/SERVICE/aws4_request, SignedHeaders=a;b, Signature=HEX".
func parseAuthorization(header string) (c claim, err *event.Refusal) {
	scheme, list, _ := strings.Cut(header, " ")
	if scheme != algorithm {
		return c, incomplete("Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters of " + algorithm + ".")
	}
	for part := range strings.SplitSeq(list, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case !ok:
			return c, incomplete("A part of the Authorization header is not a valid key=value pair (missing equal-sign).")
		case name == "Credential":
			if err := c.setCredential(value); err != nil {
				return c, err
			}
		case name == "SignedHeaders":
			c.signedHeaders = strings.Split(value, ";")
		case name == "Signature":
			c.signature = value
		}
	}
	if c.keyID == "" {
		return c, incomplete("Authorization header requires 'Credential' parameter.")
	}
	return c, nil
}

func (c *claim) setCredential(text string) *event.Refusal {
	parts := strings.Split(text, "/")
	if len(parts) != 5 || parts[4] != terminator || slices.Contains(parts, "") {
		return incomplete("Credential must have the form KEYID/YYYYMMDD/REGION/SERVICE/" + terminator + ".")
	}
	c.keyID, c.day, c.region, c.service = parts[0], parts[1], parts[2], parts[3]
	return nil
}

// checkTime compares the time of signing with now. A presigned URL lives for its own time, and may be early by skew.
func (c *claim) checkTime(now time.Time, skew time.Duration) *event.Refusal {
	at, err := time.Parse(amzTime, c.date)
	if err != nil {
		return incomplete("The request requires an X-Amz-Date of the form YYYYMMDD'T'HHMMSS'Z'.")
	}
	if c.day != at.Format("20060102") {
		return invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + c.date + "'.")
	}
	age, life := now.Sub(at), skew
	if c.presigned {
		life = c.expires
	}
	stamp := func(t time.Time) string { return t.UTC().Format(amzTime) }
	switch {
	case age > life:
		return invalid(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %g min.)", c.date, stamp(now.Add(-life)), stamp(now), life.Minutes()))
	case age < -skew:
		return invalid(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %g min.)", c.date, stamp(now.Add(skew)), stamp(now), skew.Minutes()))
	}
	return nil
}

// matches tells whether the claim's signature is the one that secret makes of r, whose body has the given payload hash.
func (c *claim) matches(r *http.Request, query url.Values, payload, secret string) bool {
	scope := strings.Join([]string{c.day, c.region, c.service, terminator}, "/")
	canonical := sha256.Sum256([]byte(c.canonicalRequest(r, query, payload)))
	key := []byte("AWS4" + secret)
	for _, part := range []string{c.day, c.region, c.service, terminator,
		strings.Join([]string{algorithm, c.date, scope, hex.EncodeToString(canonical[:])}, "\n")} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	claimed, err := hex.DecodeString(c.signature)
	return err == nil && hmac.Equal(claimed, key)
}

func (c *claim) canonicalRequest(r *http.Request, query url.Values, payload string) string {
	var b strings.Builder
	line := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
		b.WriteByte('\n')
	}
	line(r.Method)
	line(escape(r.URL.EscapedPath(), true)) // the wire path, encoded once more: every service but S3 does so
	line(canonicalQuery(query, c.presigned))
	for _, name := range c.signedHeaders {
		line(name, ":", headerValue(r, name))
	}
	line()
	line(strings.Join(c.signedHeaders, ";"))
	b.WriteString(payload)
	return b.String()
}

// headerValue gives a header as the caller sent it: net/http moves some of them out of Header.
func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	case "transfer-encoding":
		return strings.Join(r.TransferEncoding, ",")
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

func canonicalQuery(query url.Values, presigned bool) string {
	var pairs [][2]string
	for name, values := range query {
		if presigned && name == "X-Amz-Signature" {
			continue
		}
		for _, v := range values {
			pairs = append(pairs, [2]string{escape(name, false), escape(v, false)})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	joined := make([]string, len(pairs))
	for i, p := range pairs {
		joined[i] = p[0] + "=" + p[1]
	}
	return strings.Join(joined, "&")
}

// escape percent-encodes all but RFC 3986's unreserved characters, and the slash where it separates the parts of a path.
func escape(s string, path bool) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		ch := s[i]
		switch {
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9',
			ch == '-', ch == '.', ch == '_', ch == '~', ch == '/' && path:
			b.WriteByte(ch)
		default:
			b.WriteString(string([]byte{'%', hexDigits[ch>>4], hexDigits[ch&15]}))
		}
	}
	return b.String()
}
