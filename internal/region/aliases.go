package region

import "bluerose/internal/lambda"

// stageAliases are the aliases of the image function that the stages of the HTTPS API point at.
var stageAliases = []string{"dev", "prod"}

// ensureAliases makes the aliases that there are not yet, for $LATEST: what runs is the program that was started, until its
// owner publishes a version and moves them.
func ensureAliases(host *lambda.Host) error {
	for _, name := range stageAliases {
		if err := host.EnsureAlias(imageFunctionName, name); err != nil {
			return err
		}
	}
	return nil
}
