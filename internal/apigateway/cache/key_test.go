package cache_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"bluerose/event"
	"bluerose/internal/apigateway/cache"
)

// field is a part of a form.
type field struct{ name, file, body string }

// form makes a request of a form with a boundary.
func form(boundary string, fields ...field) request {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.SetBoundary(boundary)
	for _, f := range fields {
		disposition := fmt.Sprintf("form-data; name=%q", f.name)
		if f.file != "" {
			disposition += fmt.Sprintf("; filename=%q", f.file)
		}
		part, _ := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}})
		_, _ = part.Write([]byte(f.body))
	}
	_ = w.Close()
	return post("", body.String(), "Content-Type", w.FormDataContentType())
}

// Requests that differ in one thing that an answer may depend on get an answer each. Each pair begins with an empty cache.
func TestDifferentRequests(t *testing.T) {
	base := post("args=-negate&output=png", "picture", "Accept", "image/webp")
	with := func(change func(*request)) request {
		r := base
		r.header = base.header.Clone()
		change(&r)
		return r
	}
	header := func(name string, values ...string) request {
		return with(func(r *request) { r.header[name] = values })
	}
	query := func(q string) request { return with(func(r *request) { r.query = q }) }
	picture, logo := field{"image", "p.png", "one"}, field{"logo.png", "l.png", "two"}
	for name, pair := range map[string][2]request{
		"body":                       {base, with(func(r *request) { r.body = "picturf" })},
		"empty body":                 {base, with(func(r *request) { r.body = "" })},
		"Accept":                     {base, header("Accept", "image/avif")},
		"no Accept":                  {base, header("Accept")},
		"Accept, second line":        {base, header("Accept", "image/webp", "image/avif")},
		"output or Accept":           {post("output=webp", "p"), post("", "p", "Accept", "image/webp")},
		"output":                     {base, query("args=-negate&output=jpg")},
		"outputs":                    {base, query("args=-negate&output=png&outputs=first")},
		"args":                       {base, query("args=-flip&output=png")},
		"order in args":              {query("args=-flip+-rotate+90"), query("args=-rotate+90+-flip")},
		"a space that ends args":     {base, query("args=-negate+&output=png")},
		"case of args":               {base, query("args=-Negate&output=png")},
		"args after args":            {query("args=-flip&args=-flop"), query("args=-flop&args=-flip")},
		"args twice":                 {query("args=-flip"), query("args=-flip&args=-flip")},
		"where a value ends":         {query("args=a&args=b"), query("args=ab&args=")},
		"empty output":               {query("args=-flip"), query("args=-flip&output=")},
		"a value in another's place": {query("args=png&output=-negate"), query("args=-negate&output=png")},
		"one parameter or two":       {query("args=a%26output%3Db"), query("args=a&output=b")},
		"a parameter of no meaning":  {base, query("args=-negate&output=png&v=2")},
		"Content-Type":               {base, header("Content-Type", "image/jpeg")},
		"no Content-Type":            {base, header("Content-Type")},
		"form or not":                {form("b", picture), with(func(r *request) { r.query, r.body = "", form("b", picture).body })},
		"slash at the end":           {base, base.at(imagesPath + "/")},
		"stage":                      {base, base.at("/dev/images")},
		"tag":                        {base, header("X-Bluerose-Tag", "spring")},
		"another tag":                {header("X-Bluerose-Tag", "spring"), header("X-Bluerose-Tag", "autumn")},
		"event or picture":           {post("", `{"operation":"getSample"}`, "Content-Type", "application/json"), post("", `{"operation":"getSample"}`, "Content-Type", "application/json").at(servicePath)},
		"GET or HEAD":                {get(), func() request { r := get(); r.method = http.MethodHead; return r }()},
		"GET or POST":                {get(), post("", "").at(servicePath)},
		"form: order":                {form("b", picture, logo), form("b", logo, picture)},
		"form: name":                 {form("b", picture, logo), form("b", picture, field{"logo2.png", "l.png", "two"})},
		"form: body":                 {form("b", picture, logo), form("b", picture, field{"logo.png", "l.png", "owt"})},
		"form: file or text":         {form("b", picture, field{"args", "", "-flip"}), form("b", picture, field{"args", "a", "-flip"})},
		"form: where a part ends":    {form("b", field{"image", "p", "ab"}, field{"x", "x", "c"}), form("b", field{"image", "p", "a"}, field{"x", "x", "bc"})},
		"form: a part in a part":     {form("b", field{"image", "p", "a\r\n--c\r\n\r\nb"}), form("c", field{"image", "p", "a"}, field{"", "", "b"})},
		"form: an argument more":     {form("b", picture), form("b", picture, field{"args", "", ""})},
		"form: twice the same":       {form("b", picture), form("b", picture, picture)},
		"form: charset": {form("b", picture), func() request {
			r := form("b", picture)
			r.header.Set("Content-Type", r.header.Get("Content-Type")+"; charset=latin1")
			return r
		}()},
		"form: boundary that is not": {form("b", picture), func() request {
			r := form("b", picture)
			r.header.Set("Content-Type", "multipart/form-data; boundary=c")
			return r
		}()},
		"form: cut off":               {form("b", picture), func() request { r := form("b", picture); r.body = r.body[:len(r.body)-6]; return r }()},
		"form: query instead of part": {form("b", picture, field{"args", "", "-flip"}), func() request { r := form("b", picture); r.query = "args=-flip"; return r }()},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, setup{stages: func(stages string) string { return strings.ReplaceAll(cachedPings(stages), "ttl: 0s", "ttl: 5m") }})
			one, two := s.do(pair[0]), s.do(pair[1])
			if two.header.Get("X-Cache") == "hit" || s.function.count() != 2 && one.status == 200 && two.status == 200 {
				t.Errorf("both got the answer to the first")
			}
			s.expect("hit", pair[0])
		})
	}
}

// Requests that differ in nothing that matters share an answer.
func TestSameRequests(t *testing.T) {
	picture, args := field{"image", "p.png", "one"}, field{"args", "", "-flip"}
	for name, pair := range map[string][2]request{
		"the same":            {post("args=-flip", "p"), post("args=-flip", "p")},
		"order of parameters": {post("args=-flip&output=png", "p"), post("output=png&args=-flip", "p")},
		"escapes":             {post("args=a+b", "p"), post("args=a%20b", "p")},
		"boundary":            {form("one", picture, args), form("another", picture, args)},
		"other headers":       {post("", "p", "User-Agent", "a"), post("", "p", "User-Agent", "b", "X-Amzn-Trace-Id", "Root=1", "If-None-Match", `"x"`)},
		"no-cache":            {post("", "p"), post("", "p", "Cache-Control", "no-cache")},
		"Authorization":       {post("", "p"), post("", "p", "Authorization", "Bearer of no meaning on a public route")},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, setup{})
			s.expect("miss", pair[0])
			s.expect("hit", pair[1])
		})
	}
}

// Nothing of one stage, build, platform or caller is another's.
func TestDifferentSurroundings(t *testing.T) {
	bearer := event.Caller{Mode: "oauth", ID: "a", Authorizer: map[string]any{"sub": "a", "n": 1}}
	for name, c := range map[string]struct {
		path          string
		before, after func(*service)
		want          string
	}{
		"build":              {imagesPath, nil, func(s *service) { s.build = "two" }, "miss"},
		"version":            {imagesPath, nil, func(s *service) { s.version, s.build = "2", "two" }, "miss"},
		"claims":             {"/prod/oauth/images", func(s *service) { s.caller = bearer }, func(s *service) { s.caller.Authorizer = map[string]any{"sub": "b", "n": 1} }, "miss"},
		"claims that end":    {"/prod/oauth/images", func(s *service) { s.caller = bearer }, func(s *service) { s.caller.Authorizer = nil }, "miss"},
		"the same claims":    {"/prod/oauth/images", func(s *service) { s.caller = bearer }, func(s *service) { s.caller.Authorizer = map[string]any{"n": 1, "sub": "a"} }, "hit"},
		"keys share":         {"/prod/key/images", func(s *service) { s.caller = event.Caller{Mode: "apiKey", ID: "a"} }, func(s *service) { s.caller.ID = "b" }, "hit"},
		"claims of no event": {"/prod/oauth/ImageProcessingService", func(s *service) { s.caller = bearer }, func(s *service) { s.caller.Authorizer = map[string]any{"sub": "b"} }, "hit"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, setup{})
			if c.before != nil {
				s.set(func() { c.before(s) })
			}
			r := post("", `{"operation":"getSample"}`, "Content-Type", "application/json").at(c.path)
			s.expect("miss", r)
			s.expect("hit", r)
			s.set(func() { c.after(s) })
			s.expect(c.want, r)
		})
	}
	dir := t.TempDir()
	on := func(platform string) setup {
		return setup{config: func(c *cache.Config) { c.Dir, c.Disk, c.Platform = dir, 1<<20, platform }}
	}
	s := newService(t, on("libvips 1"))
	s.expect("miss", post("", "p"))
	s.cache.Close()
	newService(t, on("libvips 1")).expect("hit", post("", "p"))
	newService(t, on("libvips 2")).expect("miss", post("", "p"))
}

// Who is not let in is not answered, whatever is kept.
func TestNobodyIsLetInByTheCache(t *testing.T) {
	for path, mode := range map[string]string{
		"/prod/key/images": "apiKey", "/prod/iam/images": "iam", "/prod/oauth/images": "oauth", "/prod/authorizer/images": "authorizer",
	} {
		s := start(t, setup{})
		s.set(func() { s.caller = event.Caller{Mode: mode} })
		r := post("", "p").at(path)
		if a := s.expect("miss", r); a.header.Get("Cache-Control") != "private, max-age=300" {
			t.Errorf("%s: Cache-Control is %q", path, a.header.Get("Cache-Control"))
		}
		s.expect("hit", r)
		s.set(func() { s.caller = event.Caller{} })
		if a := s.expect("", r); a.status != 401 && a.status != 403 {
			t.Errorf("%s: a stranger is answered %d", path, a.status)
		}
	}
}

// A tag is a name, and one.
func TestWrongTag(t *testing.T) {
	s := start(t, setup{})
	for _, tags := range [][]string{{""}, {"a b"}, {strings.Repeat("a", 129)}, {"a", "b"}, {"a,b"}} {
		r := post("", "p")
		r.header["X-Bluerose-Tag"] = tags
		if a := s.expect("", r); a.status != 400 || !strings.Contains(a.body, "X-Bluerose-Tag") {
			t.Errorf("%q: %d %s", tags, a.status, a.body)
		}
	}
	s.expect("miss", post("", "p", "X-Bluerose-Tag", "Spring.2026:a_b-c"))
}
