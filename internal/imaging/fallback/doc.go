// Package fallback runs on a real ImageMagick what package render has no row for: programs and picture bytes go in,
// ImageMagick's own pictures come out. Engine stands beside render's, with the same jobs and results.
//
// # What ImageMagick gets
//
// Not the caller's words: a command line rebuilt from the typed program (magick.Step.Args), in which every picture is a
// file of ours, "png:bluerose-in-0", whose format is written before it. What no engine may do was refused by package
// magick before; what follows here holds even where that, or ImageMagick, has a hole.
//
// # What it may do
//
// Each job has a process and a folder of its own. The process is the launcher step of package sandbox and then
// ImageMagick: it reads system libraries, fonts, and ImageMagick's coders and configuration but for its policy and
// delegates; it writes in the job's folder alone; it has no network, makes no process, and only the system calls that
// such work takes; memory, processor time and the sizes of files are bounded. The policy.xml is ours (policy): no
// delegates, no formats but those that the job names, and the service's limits on sides, pixels and lists. A job that
// outlives its context is killed, and its folder goes with it.
//
// # Where it runs
//
// On the command line, in the process that runs everything else. In a region, in a function of its own ("imagemagick"),
// because the image function seals itself: what decodes pictures with libvips can start no program, now or later. The image
// function answers event.NotNative for what it has no row for, and the function host asks this function instead
// (lambda.Function.Instead). So slow jobs here keep no instance of the image function busy. In AWS Lambda there is no
// ImageMagick, and the image function says so itself.
package fallback
