package main

import (
	"strings"
	"text/template"

	"bluerose/internal/region"
	"bluerose/internal/sandbox"
)

// bannerText is what `bluerose up` prints when it serves.
var bannerText = template.Must(template.New("banner").Funcs(template.FuncMap{"word": shellWord}).Parse(
	`Bluerose {{.Version}} is up.

  Website     {{.URL}}/
  Console     {{.URL}}/console/ asks for the access key and the secret
  HTTPS API   {{.URL}}/prod/ImageProcessingService
              {{.URL}}/prod/images?args=…&output=…
              {{.URL}}/docs shows it all; /dev is a stage of its own
  Lambda API  {{.URL}}/2015-03-31/functions/image/invocations
  Tables      {{.URL}}/ (DynamoDB's API)
  Metrics     {{.URL}}/metrics
  Libvips     {{.Libvips.Version}} {{.Libvips.Path}}
  ImageMagick {{.ImageMagick}}
  Sandbox     {{.Sandbox}}
  Data        {{.Data}}
  Access key  {{.KeyID}}
  Secret      {{.Secret}}
  Guests      {{if .Pool}}{{.Pool}} (identity pool){{else}}none{{end}}

Try it:

  curl -s -d '{"operation":"getSample"}' {{.URL}}/prod/ImageProcessingService
  {{word .Program}} invoke image --endpoint {{.URL}} --data {{word .Data}} --payload '{"operation":"ping"}'
  curl -s --data-binary @photo.jpg '{{.URL}}/prod/images?args=-resize+512x&output=webp' -o photo.webp
  echo '{"operation":"ping"}' | AWS_SHARED_CREDENTIALS_FILE={{word .Credentials}} aws lambda invoke --region us-east-1 \
    --endpoint-url {{.URL}} --function-name image --payload fileb:///dev/stdin /dev/stdout

Ctrl-C stops it.
`))

func writeBanner(sys system, r *region.Region, data string, found libvips, other string) error {
	return bannerText.Execute(sys.out, map[string]any{
		"Version": version(), "URL": r.URL(), "Libvips": map[string]string{"Version": found.version, "Path": found.path},
		"ImageMagick": other, "Sandbox": sandbox.Supported(), "Data": data, "KeyID": r.Key().ID, "Secret": r.Key().Secret,
		"Credentials": region.CredentialsPath(data), "Pool": r.IdentityPool(), "Program": sys.executable,
	})
}

// shellWord quotes a path where a shell would not take it as one word.
func shellWord(path string) string {
	if !strings.ContainsAny(path, " \t\n'\"\\$`&|;<>()*?[]{}~#!") {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
