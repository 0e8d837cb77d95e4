// Package region is one region put together: a data folder with the owner's access key, the API keys and the guests' identity
// pool, the function host with the image function, the HTTPS API, the Lambda API behind the signature verifier, the calls that
// guests get their credentials by, and the website, behind one HTTP server; tables of test results, served as DynamoDB's API,
// and a door of its own through which functions reach both APIs.
//
// It wires and decides nothing else. `bluerose up` and the tests start the same Region.
package region
