#!/bin/sh
# Lays out the server image's whole root file system in a folder. Runs in the build stage, in the folder with the
# built server.
set -eu
root=$1
srs=/usr/local/srs
. docker/root-fs-parts.sh

mkdir -p "$root/tmp" "$root/root" "$root/var/run" "$root/etc/init.d" "$root$srs"
chmod 1777 "$root/tmp"
take /usr/local/bin/node
# Busybox's netstat cannot name the processes.
take /bin/netstat
take /bin/bash
take /bin/busybox
for package in base-files $(packages_of "$root"); do name "$package"; done
link_applets
add_users

mkdir -p "$srs/objs/nginx"
# The certificate that the https samples name, for trying them out: signed by nobody, made for this image alone.
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost -addext 'subjectAltName=DNS:localhost' \
  -keyout conf/server.key -out conf/server.crt 2>/dev/null
chmod 644 conf/server.key
cp -R dist package.json LICENSE conf docker/etc docker/usr docker/objs "$srs/"
# Two copies: a volume may hide this one, and then the server serves its own.
cp -R dist/pages "$srs/objs/nginx/html"
ln -s "$srs/etc/init.d/srs" "$root/etc/init.d/srs"
chmod 755 "$srs/objs/srs" "$srs/etc/init.d/srs" "$srs/etc/healthcheck"
sh docker/compile-cache.sh "$srs" "$srs/dist/cache"
# Log, pid file and segments go below objs/, whoever the user is.
: >"$srs/objs/srs.log"
chmod -R a+rwX "$srs/objs"
chmod 755 "$srs/objs/srs"
cp -a "$srs" "$root$(dirname "$srs")/"
