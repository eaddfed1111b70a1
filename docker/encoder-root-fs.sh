#!/bin/sh
# Lays out the encoder image's root file system in a folder: ffmpeg, ffprobe and what they are linked with, busybox,
# and the demo stream.
set -eu
root=$1
srs=$root/usr/local/srs
. docker/root-fs-parts.sh

mkdir -p "$root/tmp" "$root/root" "$srs/objs/ffmpeg/bin"
chmod 1777 "$root/tmp"
take /usr/bin/ffmpeg
take /usr/bin/ffprobe
take /bin/bash
take /bin/busybox
for package in base-files $(packages_of "$root"); do name "$package"; done
link_applets
add_users
cp -R doc "$srs/"
# Where the conf samples of SRS look for it.
ln -s /usr/bin/ffmpeg "$srs/objs/ffmpeg/bin/ffmpeg"
