package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"text/tabwriter"
	"time"

	"bluerose/internal/identity/apikey"
	"bluerose/internal/region"

	"github.com/spf13/cobra"
)

// keysTimeout bounds a command about API keys. It waits for other processes that write.
const keysTimeout = 30 * time.Second

func newKeys(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Create, list, disable, enable and delete API keys",
		Long: "Create, list, disable, enable and delete the API keys that let callers into the routes below /key, in the header\n" +
			"x-api-key. They are in the data folder of a Bluerose; where one runs, every change counts from its next request on.",
		Example: "  KEY=$(bluerose keys create acme --plan standard)\n" +
			"  curl -H \"x-api-key: $KEY\" http://127.0.0.1:8080/prod/key/ImageProcessingService\n" +
			"  bluerose keys disable acme",
		Args: refusedArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeysCreate(sys), newKeysList(sys),
		newKeysChange(sys, "disable", "Disable a key, until it is enabled again", func(ctx context.Context, keys *apikey.Store, name string) error {
			return keys.SetEnabled(ctx, name, false)
		}),
		newKeysChange(sys, "enable", "Enable a key that was disabled", func(ctx context.Context, keys *apikey.Store, name string) error {
			return keys.SetEnabled(ctx, name, true)
		}),
		newKeysChange(sys, "delete", "Delete a key for good", func(ctx context.Context, keys *apikey.Store, name string) error {
			return keys.Delete(ctx, name)
		}))
	return cmd
}

// onKeys makes a command of run, with the flag that says which keys are meant.
func onKeys(sys system, cmd *cobra.Command, run func(context.Context, *apikey.Store, []string) error) *cobra.Command {
	data := cmd.Flags().String("data", "./data", "data `folder` of a Bluerose")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := os.Stat(*data); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no data folder %s; name it with --data, or start `bluerose up` once, which makes it", *data)
		}
		ctx, release := untilSignal(cmd.Context(), sys.signals())
		defer release()
		ctx, cancel := context.WithTimeout(ctx, keysTimeout)
		defer cancel()
		keys, err := region.OpenKeys(ctx, *data)
		if err != nil {
			return err
		}
		return errors.Join(run(ctx, keys, args), keys.Close())
	}
	return mirrored(cmd, sys)
}

func newKeysCreate(sys system) *cobra.Command {
	var plan string
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create a key, and print it this once",
		Long: "Create a key for NAME (1 to 64 letters, digits, and any of . _ @ -) and print it, alone, on standard output. It is\n" +
			"shown this once: only its hash is kept.",
		Args: refusedArgs(cobra.ExactArgs(1)),
	}
	cmd.Flags().StringVar(&plan, "plan", "", "usage `plan` of stages.yaml that bounds the key (default: none, and only the stage bounds it)")
	return onKeys(sys, cmd, func(ctx context.Context, keys *apikey.Store, args []string) error {
		key, secret, err := keys.Create(ctx, args[0], plan)
		if err != nil {
			return err
		}
		fmt.Fprintln(sys.out, secret)
		fmt.Fprintf(sys.err, "This is the key of %s, plan %s. It is not shown again. Callers send it in the header x-api-key.\n", key.Name, cmp.Or(key.Plan, "none"))
		return nil
	})
}

func newKeysList(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys, without their secrets",
		Args:  refusedArgs(cobra.NoArgs),
	}
	return onKeys(sys, cmd, func(ctx context.Context, keys *apikey.Store, _ []string) error {
		all, err := keys.List(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(sys.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tID\tPLAN\tSTATE\tCREATED")
		for _, k := range all {
			state := "enabled"
			if !k.Enabled {
				state = "disabled"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", k.Name, k.ID, cmp.Or(k.Plan, "none"), state, k.Created.UTC().Format("2006-01-02 15:04"))
		}
		return table.Flush()
	})
}

// newKeysChange makes a command that changes the key that its argument names.
func newKeysChange(sys system, verb, short string, change func(context.Context, *apikey.Store, string) error) *cobra.Command {
	cmd := &cobra.Command{Use: verb + " NAME", Short: short, Args: refusedArgs(cobra.ExactArgs(1))}
	return onKeys(sys, cmd, func(ctx context.Context, keys *apikey.Store, args []string) error {
		if err := change(ctx, keys, args[0]); err != nil {
			return err
		}
		fmt.Fprintf(sys.out, "%s: %sd\n", args[0], verb)
		return nil
	})
}
