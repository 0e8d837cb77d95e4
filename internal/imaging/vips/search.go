package vips

import (
	"os"
	"path/filepath"
	"runtime"
	"sort"
)

// SearchPaths lists the places where a library may be, best first: the one that is named explicitly and no other; lib/
// beside the executable; the prebuilt one of the npm packages @img/sharp-libvips-* in node_modules beside the executable
// or in the working folder; the system's.
func SearchPaths(explicit, executable string) []string {
	if explicit != "" {
		return []string{explicit}
	}
	folders := []string{filepath.Dir(executable), "."}
	var paths []string
	paths = append(paths, glob(filepath.Join(folders[0], "lib"))...)
	for _, folder := range folders {
		for _, platform := range platforms() {
			paths = append(paths, glob(filepath.Join(folder, "node_modules", "@img", "sharp-libvips-"+platform, "lib"))...)
		}
	}
	if runtime.GOOS == "darwin" {
		return append(paths, "libvips.42.dylib")
	}
	return append(paths, "libvips.so.42")
}

// platforms names the npm packages that may fit this machine. A library for the other C library does not load, and the
// next one is tried.
func platforms() []string {
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	if runtime.GOOS == "linux" {
		return []string{"linux-" + arch, "linuxmusl-" + arch}
	}
	return []string{runtime.GOOS + "-" + arch}
}

// glob finds libvips in a folder, the newest version first. Absolute, because a relative name would be searched for elsewhere.
func glob(folder string) []string {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil
	}
	var found []string
	for _, pattern := range []string{"libvips-cpp.so.*", "libvips.so.42*", "libvips-cpp.*.dylib", "libvips.42.dylib"} {
		names, _ := filepath.Glob(filepath.Join(folder, pattern))
		sort.Sort(sort.Reverse(sort.StringSlice(names)))
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
				found = append(found, name)
			}
		}
	}
	return found
}
