package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"text/tabwriter"

	"bluerose/internal/region"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// cacheSettings bound the answers that are kept.
type cacheSettings struct{ memoryMB, diskMB int64 }

func (s *cacheSettings) register(flags *pflag.FlagSet) {
	flags.Int64Var(&s.memoryMB, "cache-memory-mb", 64, "MiB of answers that are kept in memory; 0 is none")
	flags.Int64Var(&s.diskMB, "cache-disk-mb", 1024, "MiB of answers that are kept in the data folder; 0 is none")
}

func (s *cacheSettings) apply(cfg *region.Config) error {
	for _, bound := range []struct {
		flag  string
		value int64
		to    *int64
	}{{"cache-memory-mb", s.memoryMB, &cfg.CacheMemory}, {"cache-disk-mb", s.diskMB, &cfg.CacheDisk}} {
		if bound.value < 0 || bound.value > 1<<20 {
			return refusal{fmt.Errorf("--%s must be between 0 and %d", bound.flag, 1<<20)}
		}
		if *bound.to = bound.value << 20; bound.value == 0 {
			*bound.to = -1 // the flag's 0 is none, the region's is the default
		}
	}
	return nil
}

func newCache(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Purge the cache of a running Bluerose, or show its figures",
		Long: "Purge the cache of a running Bluerose, or show its figures.\n\n" +
			"The HTTPS API keeps answers for as long as their stage says, and gives them again to requests that are the same.",
		Example: "  bluerose cache stats\n" +
			"  bluerose cache purge --source photo.jpg\n" +
			"  bluerose cache purge --tag spring --stage prod\n" +
			"  bluerose cache purge --all",
		Args: refusedArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCachePurge(sys), newCacheStats(sys))
	return cmd
}

func newCachePurge(sys system) *cobra.Command {
	var stage, source, tag string
	var all bool
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "Forget answers: those made of a picture, those of a tag, or all",
		Long: "Forget the kept answers of a stage that were made of a picture (--source), whose requests had a tag in the header\n" +
			"X-Bluerose-Tag (--tag), both, or all (--all). It prints how many there were.",
		Args: refusedArgs(cobra.NoArgs),
	}
	flags := cmd.Flags()
	flags.StringVar(&stage, "stage", "prod", "`name` of the stage")
	flags.StringVar(&source, "source", "", "`FILE` of the picture, or its SHA-256 in hex")
	flags.StringVar(&tag, "tag", "", "`name` that the requests carried")
	flags.BoolVar(&all, "all", false, "every answer of the stage")
	return onRunning(sys, cmd, func(ctx context.Context, api serviceAPI, _ []string) error {
		if all == (source != "" || tag != "") {
			return refusal{errors.New("either --all or --source, --tag or both must be given")}
		}
		query := url.Values{}
		if source != "" {
			digest, err := digestOf(source)
			if err != nil {
				return err
			}
			query.Set("source", digest)
		}
		if tag != "" {
			query.Set("tag", tag)
		}
		var answer struct{ Purged int }
		err := api.send(ctx, "apigateway", http.MethodDelete, query, nil, &answer, "restapis", region.APIID, "stages", stage, "cache", "data")
		if err != nil {
			return err
		}
		fmt.Fprintf(sys.out, "%d answers purged\n", answer.Purged)
		return nil
	})
}

var sha256Form = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// digestOf gives the SHA-256 of a file, or the text itself where it is one.
func digestOf(source string) (string, error) {
	if sha256Form.MatchString(source) {
		return source, nil
	}
	file, err := os.Open(source)
	if err != nil {
		return "", fmt.Errorf("--source is a file, or a SHA-256 in hex: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("--source cannot be read: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func newCacheStats(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Show what the cache holds, and how often it helped",
		Long:  "Show what the cache of a running Bluerose holds, all stages together, and how often it helped since the start.",
		Args:  refusedArgs(cobra.NoArgs),
	}
	return onRunning(sys, cmd, func(ctx context.Context, api serviceAPI, _ []string) error {
		type tier struct{ Entries, Bytes, MaxBytes, Hits, Evictions int64 }
		var s struct {
			Memory, Disk           tier
			Misses, Shared, Errors int64
		}
		if err := api.send(ctx, "apigateway", http.MethodGet, nil, nil, &s, "restapis", region.APIID, "cache"); err != nil {
			return err
		}
		table := tabwriter.NewWriter(sys.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "\tANSWERS\tMB\tOF MB\tHITS\tEVICTIONS")
		for _, row := range []struct {
			name string
			tier
		}{{"memory", s.Memory}, {"disk", s.Disk}} {
			fmt.Fprintf(table, "%s\t%d\t%.1f\t%d\t%d\t%d\n", row.name, row.Entries, float64(row.Bytes)/(1<<20), row.MaxBytes>>20, row.Hits, row.Evictions)
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(sys.out, "%d misses, %d shared, %d errors of the disk\n", s.Misses, s.Shared, s.Errors)
		return nil
	})
}
