package identity

import (
	"slices"
	"testing"
	"time"
)

func FuzzParseAuthorization(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=BR2/20260304/eu-west-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff")
	f.Add("AWS4-HMAC-SHA256 Credential=////,SignedHeaders=,Signature=")
	f.Add("AWS4-HMAC-SHA256 ,,=,")
	f.Add("Bearer abc")
	f.Fuzz(func(t *testing.T, header string) {
		c, refused := parseAuthorization(header)
		if refused != nil {
			if refused.Status != 403 || refused.Message == "" {
				t.Errorf("refused without a reason: %+v", refused)
			}
			return
		}
		if slices.Contains([]string{c.keyID, c.day, c.region, c.service}, "") {
			t.Errorf("took %q with an empty part of its scope: %+v", header, c)
		}
		c.date = "20260304T050607Z"
		c.checkTime(time.Unix(0, 0), time.Minute)
	})
}
