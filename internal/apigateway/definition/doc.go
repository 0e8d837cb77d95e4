// Package definition reads the definition of the HTTPS API, api/openapi.yaml and api/stages.yaml, into types. It is pure:
// bytes in, a Definition or an error out. The gateway, access control, throttling, the cache and the function's aliases are
// configured from a Definition alone.
//
//	Definition
//	  Routes  []Route      method, path, operation id, access modes, validator, integration, CORS, schemas
//	  Stages  []Stage      name, function alias, throttles, cache, canary, settings of single routes
//	  Plans   []UsagePlan  name, throttle and quota of one API key or caller
//
// What a route is in one stage, Stage.Access, Stage.Throttle and Stage.CacheTTL say by its operation id: the stages file may
// set each of them for a single route, and otherwise the definition's access, no throttle and the stage's TTL hold.
//
// Both files are read strictly. A field that is not known, a route that is named and not there, an integration that the
// local gateway cannot do: each is an error that names the file and the line or the place in it. A definition that is
// read without an error is served as it says.
package definition
