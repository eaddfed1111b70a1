#!/bin/sh
# Makes the guide's demo stream: two minutes of a moving test picture with a clock and a tone, 768x320, 25 fps,
# H.264 and AAC at about 200 kbps together, a key frame every 2 s.
set -eu
mkdir -p "$(dirname "$1")"
ffmpeg -nostdin -v error -y \
  -f lavfi -i 'testsrc2=size=768x320:rate=25:duration=120' \
  -f lavfi -i 'sine=frequency=440:beep_factor=4:sample_rate=44100:duration=120' \
  -c:v libx264 -preset veryfast -profile:v main -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0 -bf 2 \
  -b:v 160k -maxrate 160k -bufsize 320k -c:a aac -b:a 40k -ac 2 -flvflags no_duration_filesize -f flv "$1"
