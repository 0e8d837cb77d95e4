package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// serviceTimeout bounds a command to a running Bluerose. Moving an alias waits until the version that it names has started.
const serviceTimeout = 2 * time.Minute

// serviceAPI is the signed APIs of a running Bluerose: Lambda's, and API Gateway's.
type serviceAPI struct {
	sys system
	target
}

// The parts of the Lambda API's answers that the commands show.
type (
	functionVersion struct{ FunctionName, Version, Description, LastModified, CodeSha256 string }
	functionAlias   struct {
		Name, FunctionVersion, Description, PreviousVersion, RevisionID string
		RoutingConfig                                                   struct{ AdditionalVersionWeights map[string]float64 }
	}
)

// apiFailure is an answer of the Lambda API that is none of success.
type apiFailure struct {
	status        int
	kind, message string
}

func (e apiFailure) Error() string { return e.kind + ": " + e.message }

func newFunctions(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "functions",
		Short: "List the functions of a running Bluerose, publish versions, and move aliases",
		Long: "List the functions of a running Bluerose, publish versions of them, and move aliases between versions.\n\n" +
			"A version keeps the program that runs now and its configuration. An alias, such as prod, names a version, or two of\n" +
			"them, of which the second, the canary, gets a part of the requests. No request is lost when an alias moves.",
		Example: "  bluerose functions publish image --description 'sharper thumbnails'\n" +
			"  bluerose functions alias image prod --canary 2=10%\n" +
			"  bluerose functions alias image prod --version 2\n" +
			"  bluerose functions rollback image prod",
		Args: refusedArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newFunctionsList(sys), newFunctionsPublish(sys), newFunctionsAlias(sys), newFunctionsRollback(sys))
	return cmd
}

// onRunning makes a command of run, with the flags that say which Bluerose is meant.
func onRunning(sys system, cmd *cobra.Command, run func(context.Context, serviceAPI, []string) error) *cobra.Command {
	api := serviceAPI{sys: sys}
	api.register(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, release := untilSignal(cmd.Context(), sys.signals())
		defer release()
		ctx, cancel := context.WithTimeout(ctx, serviceTimeout)
		defer cancel()
		return run(ctx, api, args)
	}
	return mirrored(cmd, sys)
}

func newFunctionsList(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List functions with their versions and aliases",
		Args:  refusedArgs(cobra.NoArgs),
	}
	return onRunning(sys, cmd, func(ctx context.Context, api serviceAPI, _ []string) error {
		var all struct{ Functions []functionVersion }
		if err := api.call(ctx, http.MethodGet, nil, &all); err != nil {
			return err
		}
		table := tabwriter.NewWriter(sys.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "FUNCTION\tVERSION\tALIASES\tPUBLISHED\tCODE\tDESCRIPTION")
		for _, f := range all.Functions {
			if err := api.listFunction(ctx, table, f.FunctionName); err != nil {
				return err
			}
		}
		return table.Flush()
	})
}

func (api serviceAPI) listFunction(ctx context.Context, table io.Writer, name string) error {
	var versions struct{ Versions []functionVersion }
	if err := api.call(ctx, http.MethodGet, nil, &versions, name, "versions"); err != nil {
		return err
	}
	var aliases struct{ Aliases []functionAlias }
	if err := api.call(ctx, http.MethodGet, nil, &aliases, name, "aliases"); err != nil {
		return err
	}
	for _, v := range versions.Versions {
		published := ""
		if at, err := time.Parse("2006-01-02T15:04:05.000-0700", v.LastModified); err == nil && v.Version != "$LATEST" {
			published = at.UTC().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%.12s\t%s\n", name, v.Version, aliasesOf(v.Version, aliases.Aliases), published, v.CodeSha256, v.Description)
	}
	return nil
}

// aliasesOf names the aliases that name a version, each with its part of the requests where that is not all of them.
func aliasesOf(version string, aliases []functionAlias) string {
	var names []string
	for _, a := range aliases {
		part := 0.0
		if a.FunctionVersion == version {
			part = 1
		}
		for other, weight := range a.RoutingConfig.AdditionalVersionWeights {
			switch version {
			case other:
				part = weight
			case a.FunctionVersion:
				part -= weight
			}
		}
		switch {
		case part == 1:
			names = append(names, a.Name)
		case part > 0:
			names = append(names, a.Name+" "+percent(part))
		}
	}
	return strings.Join(names, ", ")
}

func percent(part float64) string { return strconv.FormatFloat(100*part, 'g', 4, 64) + "%" }

func newFunctionsPublish(sys system) *cobra.Command {
	var description string
	cmd := &cobra.Command{
		Use:   "publish NAME",
		Short: "Publish a version: the program that runs now, and its configuration",
		Long: "Publish a version of the function NAME: the program that runs now, and its configuration, which the version keeps\n" +
			"whatever is installed later. Where nothing has changed since the last version, that one is the answer.",
		Args: refusedArgs(cobra.ExactArgs(1)),
	}
	cmd.Flags().StringVar(&description, "description", "", "`text` to know the version by, at most 256 characters")
	return onRunning(sys, cmd, func(ctx context.Context, api serviceAPI, args []string) error {
		var v functionVersion
		if err := api.call(ctx, http.MethodPost, map[string]string{"Description": description}, &v, args[0], "versions"); err != nil {
			return err
		}
		fmt.Fprintf(sys.out, "%s version %s\n", v.FunctionName, v.Version)
		return nil
	})
}

func newFunctionsAlias(sys system) *cobra.Command {
	var version, canary string
	cmd := &cobra.Command{
		Use:   "alias NAME ALIAS",
		Short: "Move an alias of a function to a version, or give a canary a part of its requests",
		Long: "Move the alias ALIAS of the function NAME to a version, give a second version a part of its requests, or both. An\n" +
			"alias that there is not yet is made. A canary that there was ends, unless --canary names one.",
		Args: refusedArgs(cobra.ExactArgs(2)),
	}
	cmd.Flags().StringVar(&version, "version", "", "`number` of the version, or $LATEST (default: where it is)")
	cmd.Flags().StringVar(&canary, "canary", "", "second version and its part of the requests, as `N=10%`")
	return onRunning(sys, cmd, func(ctx context.Context, api serviceAPI, args []string) error {
		if version == "" && canary == "" {
			return refusal{errors.New("--version, --canary or both must be given")}
		}
		weights, err := parseCanary(canary)
		if err != nil {
			return refusal{err}
		}
		change := map[string]any{"RoutingConfig": map[string]any{"AdditionalVersionWeights": weights}}
		if version != "" {
			change["FunctionVersion"] = version
		}
		var a functionAlias
		err = api.call(ctx, http.MethodPut, change, &a, args[0], "aliases", args[1])
		if failed, ok := errors.AsType[apiFailure](err); ok && failed.status == http.StatusNotFound && version != "" &&
			strings.HasPrefix(failed.message, "Alias not found") {
			change["Name"] = args[1]
			err = api.call(ctx, http.MethodPost, change, &a, args[0], "aliases")
		}
		if err != nil {
			return err
		}
		a.print(sys.out, args[0])
		return nil
	})
}

// parseCanary reads "2=10%", or "2=0.1". An empty text is none.
func parseCanary(text string) (map[string]float64, error) {
	if text == "" {
		return map[string]float64{}, nil
	}
	version, part, _ := strings.Cut(text, "=")
	number, isPercent := strings.CutSuffix(part, "%")
	weight, err := strconv.ParseFloat(number, 64)
	if isPercent {
		weight /= 100
	}
	if version == "" || err != nil || !(weight >= 0 && weight <= 1) {
		return nil, errors.New("--canary must be a version and a part of the requests from 0% to 100%, such as 2=10%")
	}
	return map[string]float64{version: weight}, nil
}

func (a functionAlias) print(out io.Writer, function string) {
	text := "version " + a.FunctionVersion
	for version, weight := range a.RoutingConfig.AdditionalVersionWeights {
		text += ", and version " + version + " for " + percent(weight) + " of the requests"
	}
	fmt.Fprintf(out, "%s:%s is %s\n", function, a.Name, text)
}

func newFunctionsRollback(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rollback NAME ALIAS",
		Short: "Take back the last step of an alias: its canary, or its move",
		Long: "Take back the last step of the alias ALIAS of the function NAME: a canary ends; without one, the alias goes back to\n" +
			"the version that it named before.",
		Args: refusedArgs(cobra.ExactArgs(2)),
	}
	return onRunning(sys, cmd, func(ctx context.Context, api serviceAPI, args []string) error {
		var a functionAlias
		if err := api.call(ctx, http.MethodGet, nil, &a, args[0], "aliases", args[1]); err != nil {
			return err
		}
		change := map[string]any{"RevisionId": a.RevisionID} // what was looked at is what is changed
		switch {
		case len(a.RoutingConfig.AdditionalVersionWeights) > 0:
			change["RoutingConfig"] = struct{}{}
		case a.PreviousVersion != "":
			change["FunctionVersion"] = a.PreviousVersion
		default:
			return fmt.Errorf("%s:%s has always been version %s; there is nothing to go back to", args[0], args[1], a.FunctionVersion)
		}
		var changed functionAlias
		if err := api.call(ctx, http.MethodPut, change, &changed, args[0], "aliases", args[1]); err != nil {
			return err
		}
		changed.print(sys.out, args[0])
		return nil
	})
}

// call calls the Lambda API on the part of it that path names below functions, and reads the answer into answer.
func (api serviceAPI) call(ctx context.Context, method string, body, answer any, path ...string) error {
	query := url.Values{}
	if method == http.MethodGet {
		query.Set("MaxItems", "10000")
	}
	return api.send(ctx, "lambda", method, query, body, answer, append([]string{"2015-03-31", "functions"}, path...)...)
}

// send sends a request that is signed for a service, with body as JSON unless it is nil, and reads the answer into answer.
func (api serviceAPI) send(ctx context.Context, service, method string, query url.Values, body, answer any, path ...string) error {
	base, err := api.base()
	if err != nil {
		return err
	}
	var payload []byte
	if body != nil {
		if payload, err = json.Marshal(body); err != nil {
			return err
		}
	}
	parts := slices.Clone(path)
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	target := base.JoinPath(parts...)
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(payload))
	if err != nil {
		return err
	}
	if err := sign(ctx, api.sys, api.data, service, request, payload); err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	switch {
	case ctx.Err() != nil:
		return errors.New("ended before the answer was there")
	case err != nil:
		return fmt.Errorf("no answer from %s; is `bluerose up` running there? %w", api.endpoint, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxPayload))
	if err != nil {
		return fmt.Errorf("the answer was cut off: %w", err)
	}
	if response.StatusCode >= 300 {
		return failureOf(api.endpoint, response, text)
	}
	return json.Unmarshal(text, answer)
}

// failureOf words an answer that is none of success.
func failureOf(endpoint string, response *http.Response, body []byte) error {
	var refused struct{ Message string } // or message: names match in any case
	if json.Unmarshal(body, &refused) != nil || refused.Message == "" {
		return fmt.Errorf("%s answered %s", endpoint, response.Status)
	}
	return apiFailure{response.StatusCode, response.Header.Get("X-Amzn-ErrorType"), refused.Message}
}
