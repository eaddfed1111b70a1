# Functions for the scripts that lay out an image's root file system in $root.

# take PROGRAM: the program and the libraries that it is linked with, each at its place.
take() {
  for file in "$1" $(ldd "$1" 2>/dev/null | grep -o '/[^ )]*'); do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
}

# name PACKAGE: lets scanners know a Debian package of which files are in the image.
name() {
  mkdir -p "$root/var/lib/dpkg/status.d" "$root/usr/share/doc/$1"
  dpkg-query --status "$1" >"$root/var/lib/dpkg/status.d/$1"
  cp -L "/usr/share/doc/$1/copyright" "$root/usr/share/doc/$1/"
}

# packages_of FOLDER: the Debian packages that the libraries and programs below it come from. dpkg knows a file of
# /lib as /lib or as /usr/lib.
packages_of() {
  (cd "$1" && find . -type f \( -path './usr/*' -o -path './lib*' -o -path './bin/*' \) ! -path './usr/local/*') |
    sed 's,^\.,,; s,^/usr/,/,' | sed 'p; s,^,/usr,' |
    xargs dpkg-query --search 2>/dev/null | grep -v '^diversion ' | cut -d: -f1 | sort -u
}

# link_applets: busybox under the names of the programs that one looks for in a container. Hard links: `ps` and `top`
# show such a program under its own name.
link_applets() {
  ln "$root/bin/bash" "$root/bin/sh"
  for applet in $(/bin/busybox --list); do
    [ -e "$root/bin/$applet" ] || ln "$root/bin/busybox" "$root/bin/$applet"
  done
}

add_users() {
  mkdir -p "$root/etc"
  cp /etc/os-release "$root/etc/"
  cat >"$root/etc/passwd" <<END
root:x:0:0:root:/root:/bin/sh
srs:x:1000:1000:srs:/usr/local/srs:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
END
  cat >"$root/etc/group" <<END
root:x:0:
srs:x:1000:
nogroup:x:65534:
END
}
