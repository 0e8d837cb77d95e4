// Package e2e tests the whole service as its users meet it: the real program, started by `bluerose up`, with functions in
// processes of their own, real pictures, an AWS client and a browser.
//
// Tests speak to the service over the network and look at its processes through /proc, so they run on Linux. They need
// libvips (`make deps`), ImageMagick and Chromium (`make test-tools`), and fail with those words where one is missing.
package e2e
